"""What an assay says while it goes on: a bar on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

QUIET_SECONDS: Final = 15.0
"""Between two lines where there is no terminal."""


class Steps:
    """Called with (steps done, steps in all); a context that leaves the terminal as it was.

    Args:
        name: Of what goes on.
        console: Where to.
    """

    def __init__(self, name: str, console: Console | None = None):
        self.name, self.console = name, console or Console(stderr=True, force_jupyter=False)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._said = time.monotonic()

    def __enter__(self) -> "Steps":
        """Show an empty bar, if there is a terminal."""
        if self.console.is_terminal:
            columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}")
            self._bar = Progress(*columns, TimeRemainingColumn(), console=self.console, transient=True)
            self._task = self._bar.add_task(self.name, total=None)
            self._bar.start()
        return self

    def __call__(self, done: int, of: int) -> None:
        """Say how far it is."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, total=of)
        elif time.monotonic() - self._said > QUIET_SECONDS:
            self._said = time.monotonic()
            self.console.print(f"{self.name}: step {done} of {of}", highlight=False, markup=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()
