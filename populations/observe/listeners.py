"""Who is told what a run does. A sink that fails is dropped with a word, and the run goes on."""

import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

_log = logging.getLogger(__name__)

Sink = Callable[[dict[str, Any]], None]
"""Told of every event, as plain JSON values under "event"."""


class Listeners:
    """Tells every sink of every event.

    A sink that raises is told no more. `KeyboardInterrupt` alone passes: it is how a sink stops a run.

    Args:
        sinks: Who is told, in this order.
        own: Of these, those that end with this object: `close` closes them.
    """

    def __init__(self, sinks: Iterable[Sink] = (), own: Iterable[Any] = ()):
        self._sinks = [*sinks, *own]
        self._own = list(own)

    def __call__(self, event: str, **values: Any) -> None:
        """Tell everybody of one event."""
        for sink in list(self._sinks):
            try:
                sink({"event": event, **values})
            except (Exception, SystemExit) as error:  # rich raises SystemExit when the reader of its output has gone
                self._drop(sink, error)

    def add(self, sink: Sink) -> None:
        """Tell one more from now on."""
        self._sinks.append(sink)

    def close(self) -> None:
        """Close those that are this object's own."""
        for sink in self._own:
            close(sink)
        self._own = []

    def _drop(self, sink: Sink, error: BaseException) -> None:
        with suppress(ValueError):
            self._sinks.remove(sink)
        name = getattr(sink, "__qualname__", type(sink).__name__)
        _log.warning("%s is told no more, the run goes on: %s", name, _reason(error))


def hearing(sinks: Iterable[Sink] | None, quiet: bool, terminal: Callable[[], Any]) -> Listeners:
    """Who is to hear of what begins.

    Args:
        sinks: They alone, if not None.
        quiet: If there are none given, nobody.
        terminal: Makes the one that tells a person, who watches on a terminal or in a notebook.
    """
    if sinks is not None:
        return Listeners(sinks)
    return Listeners(own=[terminal()] if not quiet and watched() else [])


def watched() -> bool:
    """Whether a person sees what is printed now: standard error is a terminal, or this is a notebook."""
    try:
        return in_notebook() or sys.stderr.isatty()
    except (AttributeError, ValueError):  # closed: None, or a closed file
        return False


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def close(sink: Any) -> None:
    """Close a sink; what it cannot write any more is said, and harms nobody."""
    try:
        sink.close()
    except (Exception, SystemExit) as error:
        _log.warning("%s could not be closed: %s", type(sink).__name__, _reason(error))


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
