"""Who is told what a run does. Whether a sink fails, which drops it with a word, or hangs, the run goes on."""

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from populations.observe.events import Event
from populations.observe.patience import LATE_SECONDS, Patient

_log = logging.getLogger(__name__)

Sink = Callable[[Event], object]
"""Told of every event; what it returns is nobody's."""


class Listeners:
    """Tells every sink of every event.

    Each is told in a thread of its own, one after the other. A sink that raises is told no more. `KeyboardInterrupt`
    alone passes: it is how a sink stops a run.

    Args:
        sinks: Who is told, in this order.
        own: Of these, those that end with this object: `close` closes them.
    """

    def __init__(self, sinks: Iterable[Sink] = (), own: Iterable[Any] = ()):
        self._own = list(own)
        self._told: list[Patient] = []
        for sink in (*sinks, *self._own):
            self.add(sink)

    def __call__(self, event: Event) -> None:
        """Tell everybody of one event."""
        for patient in list(self._told):
            patient.tell(event)
            if patient.error is not None:
                self._drop(patient, patient.error)

    def add(self, sink: Sink) -> None:
        """Tell one more from now on."""
        name = getattr(sink, "__qualname__", type(sink).__name__)
        self._told.append(Patient(sink, lambda words: warn(f"{name} {words}")))

    def own(self, sink: Any) -> None:
        """Tell one more from now on, before all others; `close` closes it."""
        self._own.append(sink)
        self.add(sink)
        self._told.insert(0, self._told.pop())

    def close(self) -> None:
        """Wait until everything is told that will be, and close those that are this object's own."""
        for patient in self._told:
            patient.close()
        for sink in self._own:
            close(sink)
        self._own = []

    def _drop(self, patient: Patient, error: BaseException) -> None:
        with suppress(ValueError):
            self._told.remove(patient)
        patient.close()
        if not isinstance(error, Exception | SystemExit):
            raise error
        name = getattr(patient.sink, "__qualname__", type(patient.sink).__name__)
        warn(f"{name} is told no more, the run goes on: {reason(error)}")


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

    def close() -> None:
        try:
            sink.close()
        except (Exception, SystemExit) as error:
            warn(f"{type(sink).__name__} could not be closed: {reason(error)}")

    _beside(close, LATE_SECONDS)


def warn(words: str) -> None:
    """Log it; where the log goes may hang, too."""
    _beside(lambda: _log.warning("%s", words), 1.0)


def _beside(do: Callable[[], None], seconds: float) -> None:
    """Do it in a thread, and wait for that so long."""
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(seconds)


def reason(error: BaseException) -> str:
    """What an exception says, in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
