"""The course of a run: an iterator of its generations, on which evolving, resuming and forking stand.

`populations.engine.evolve.Evolution` is the one that users make. `run` goes to the end; a loop goes as far as it likes.
"""

import atexit
import signal
import threading
import weakref
from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import Self

from alife import plugins
from populations.engine.choosing import BackendName
from populations.engine.drive import Plan, Progress, live
from populations.engine.eventlog import EventLog
from populations.engine.run_state import ended_by
from populations.engine.signals import stop_on_signals
from populations.engine.usage import Meter
from populations.observe import events
from populations.observe.asking import Callbacks
from populations.observe.callbacks import within
from populations.observe.listeners import Sink, hearing
from populations.observe.steps import Step
from populations.observe.terminal import for_a_person


class Course(Iterator[Step]):
    """Generations of a run, each lived when it is asked for; nothing is made before the first is.

    Args:
        plan: What is to be lived.
        backend: As of `evolve`.
        callbacks: As of `evolve`.
        sinks: As of `evolve`.
        quiet: As of `evolve`.
        max_hours: As of `evolve`.
    """

    def __init__(
        self,
        plan: Plan,
        backend: BackendName,
        callbacks: Sequence[object],
        sinks: Sequence[Sink] | None,
        quiet: bool,
        max_hours: float | None = None,
    ):
        self._plan, self._backend = plan, backend
        self._progress = Progress()
        self._asked = threading.Event()
        self._signal = ""
        self._callbacks = Callbacks(callbacks, self._asked.is_set, within(max_hours))
        self._tell = hearing(sinks, quiet, for_a_person)
        self._tell.own(Meter())
        self._tell.own(EventLog())
        self._steps: Generator[Step, None, None] | None = None

    @property
    def status(self) -> str:
        """How the run stands: "new", "running", "finished", "extinct", "interrupted" or "failed"."""
        return self._progress.status

    def run(self) -> str:
        """Live all that is left; the first SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2 ends it well.

        Returns:
            The status.

        Raises:
            UserError: Something the user can mend; what is complete is committed.
        """
        steps = self._begun()
        with stop_on_signals(self._hear, self._asked):
            for _ in steps:
                pass
        return self.status

    def __next__(self) -> Step:
        """Live one more generation.

        A signal that comes meanwhile ends the run well, and is then delivered as if nobody had caught it.

        Raises:
            UserError: As `run`.
        """
        self._progress.watched = True
        steps = self._begun()
        with stop_on_signals(self._hear, self._asked):
            step = next(steps, None)
        if self._signal:
            name, self._signal = self._signal, ""
            self.close()
            signal.raise_signal(signal.Signals[name])
        if step is None:
            raise StopIteration
        if self not in _OPEN:
            _OPEN.add(self)
            atexit.unregister(_close_all)
            atexit.register(_close_all)  # again, so that it goes before Ray's own, which came with the first generation
        return step

    def close(self) -> None:
        """End here: what is complete is committed, and nothing stays open; the run can be resumed.

        Raises:
            UserError: It could not be committed; the folder is at its last commit.
        """
        if self._steps is None:
            self._steps = _none()
        self._steps.close()
        _OPEN.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_steps"):  # an argument of another name does not get as far
            self.close()

    def _begun(self) -> Generator[Step, None, None]:
        """The generations, of a plan that is made with the first; signals do then what they always do."""
        plugins.refuse_amid_import()
        if self._steps is None:
            self._steps, plan = _none(), self._plan
            del self._plan
            try:
                begin = plan(self._tell)
            except BaseException as error:
                self._progress.status = ended_by(error)
                self._tell.close()
                raise
            how = self._backend, self._tell, self._callbacks, self._asked.is_set, self._progress
            self._steps = live(begin, *how)
        return self._steps

    def _hear(self, name: str) -> None:
        self._signal = name
        self._tell(events.Stopping(signal=name))


def _none() -> Generator[Step, None, None]:
    """No generations."""
    yield from ()


_OPEN: weakref.WeakSet[Course] = weakref.WeakSet()
"""Those that have begun and not ended, which end with the process at the latest."""


def _close_all() -> None:
    for course in list(_OPEN):
        course.close()
