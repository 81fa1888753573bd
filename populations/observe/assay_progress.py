"""What an assay says while it goes on: a bar on a terminal, a line now and then elsewhere."""

from typing import Final

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn

from populations.observe import events
from populations.observe.events import Event
from populations.observe.view import View

QUIET_SECONDS: Final = 15.0
"""Between two lines where there is no terminal."""


class AssayTerminal(View):
    """Prints an assay's events for a person."""

    def __init__(self, console: Console | None = None):
        super().__init__(console)
        self._task = TaskID(0)

    def __call__(self, event: Event) -> None:
        """Say how far it is."""
        match event:
            case events.AssayStarted(assay=assay):
                columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}")
                if bars := self.show(*columns, TimeRemainingColumn()):
                    self._task = bars.add_task(assay, total=None)
            case events.AssayProgress(assay=assay, done=done, of=of):
                if self.bars:
                    self.bars.update(self._task, completed=done, total=of)
                elif self.silence > QUIET_SECONDS:
                    self.line(f"{assay}: step {done} of {of}")
            case _:
                super().__call__(event)
