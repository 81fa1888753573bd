"""What all that is said to a person has in common: lines on standard error, and bars while there is a terminal."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn

from populations.observe import events
from populations.observe.events import Event


class View:
    """Prints events for a person; a context that leaves the terminal as it was.

    Args:
        console: Where to, standard error if None.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True, force_jupyter=False)
        self.bars: Progress | None = None
        self._said = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Say what happened, if it is worth saying; others say more than what is told by all alike."""
        match event:
            case events.Connecting(address=address):
                self.line(f"joining Ray at {address}…" if address else "starting Ray…")
            case events.Warned(text=text):
                self.line(f"warning: {text}")
            case events.Note(text=text):
                self.line(text)

    def line(self, text: str) -> None:
        """Print a line, above the bars."""
        self._said = time.monotonic()
        (self.bars.console if self.bars else self.console).print(text, highlight=False, markup=False, soft_wrap=True)

    @property
    def silence(self) -> float:
        """Seconds since the last line."""
        return time.monotonic() - self._said

    def show(self, *columns: ProgressColumn) -> Progress | None:
        """Begin to show bars, if there is a terminal."""
        if self.console.is_terminal:
            self.bars = Progress(*columns, console=self.console, transient=True)
            self.bars.start()
        return self.bars

    def close(self) -> None:
        """Take the bars away."""
        if self.bars:
            self.bars.stop()
            self.bars = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def once_more(signal: str) -> str:
    """What else to say of a signal that was heard: a second one stops at once, but for a scheduler's notice."""
    return "" if signal.startswith("SIGUSR") else "; once more to stop at once"
