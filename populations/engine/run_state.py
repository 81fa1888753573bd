"""A run under way, as plain data; whether it is over, and how it has ended."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from populations.engine.backend import Backend, Interrupted
from populations.engine.flow import Flow, hear
from populations.engine.messages import Cadence, Horizon, Lived, News, Source
from populations.observe.asking import Callbacks
from populations.observe.listeners import Listeners
from populations.record.writer import Recorder


@dataclass
class RunState:
    """A run under way.

    Attributes:
        config: Resolved.
        recorder: Where it is written.
        backend: Where it lives.
        weights: N of its networks.
        source: What its islands start from.
        meta: What goes into the next checkpoint beside newborns; its "collapse_norm" is ‖θ‖ below which an adult has
            collapsed, None until founders are drawn.
        tell: Who is told.
        warned: What the configuration says in vain.
        callbacks: Who is asked.
        watched: Whether somebody looks at each generation, so that none begins before they have.
        seconds: Wall-clock so far by what it went into, summed over workers for what happens on workers.
        committed: The last generation on record.
        since: When the last generation was complete; 0 before the first is lived.
        counted: Up to when the wall-clock is in `seconds`.
        pace: When generations were complete, and how many individuals had lived by then: as of `completing.rate`.
        flow: How far islands have come.
    """

    config: RunConfig
    recorder: Recorder
    backend: Backend
    weights: int
    source: Source
    meta: Mapping[str, Any]
    tell: Listeners = field(default_factory=Listeners)
    warned: Sequence[str] = ()
    callbacks: Callbacks = field(default_factory=Callbacks)
    watched: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    committed: int = -1
    since: float = 0.0
    counted: float = 0.0
    pace: deque[tuple[float, int]] = field(default_factory=deque)
    flow: Flow = field(init=False)

    def __post_init__(self) -> None:
        source = self.source
        stored = bool(source.entries)
        islands, start = self.config.population.islands, source.generation
        self.flow = Flow(islands, start, start, stored, dict(source.gone))
        self.flow.wrote = dict.fromkeys(range(islands) if stored else source.gone, start)

    @property
    def cadence(self) -> Cadence:
        """Which generations go on record, as the configuration has it now."""
        return Cadence(self.config.checkpoint.every, self.config.generations)

    @property
    def generation(self) -> int:
        """The next generation that is not complete."""
        return self.flow.generation


def look_to(run: RunState, until: int, writes: int) -> None:
    """Tell workers how far islands may live, and up to which generation they may write."""
    until = min(until, run.config.generations)
    run.backend.order(Horizon(until, writes, run.cadence, run.flow.start - 1, run.meta))


def start_clock(run: RunState) -> None:
    """From now on the wall-clock counts; what it took to settle on workers does not."""
    run.since = run.counted = time.perf_counter()
    run.pace.append((run.since, 0))
    run.seconds.clear()


def count_clock(run: RunState) -> None:
    """Take the wall-clock since this was done last into account, once, and once for each worker there is now."""
    if not run.since:
        return
    now = time.perf_counter()
    wall, run.counted = now - run.counted, now
    for name, seconds in (("generations", wall), ("hosts", wall * run.backend.hosts)):
        run.seconds[name] = run.seconds.get(name, 0) + seconds


def heard(run: RunState) -> list[News]:
    """What has happened, with the seconds that it took."""
    news = run.backend.news()
    count_clock(run)
    for each in news:
        hear(run.flow, each)
        if isinstance(each, Lived):
            for phase, seconds in each.seconds.items():
                run.seconds[phase] = run.seconds.get(phase, 0) + seconds
    return news


def over(run: RunState) -> str:
    """The status of a run that has nothing left to live; "" while it has."""
    gone = run.flow.gone
    if len(gone) == run.flow.islands and max(gone.values()) <= run.generation:
        return "extinct"
    return "finished" if run.generation == run.config.generations else ""


def ended_by(error: BaseException) -> str:
    """The status of a run that an exception has ended."""
    wishes = KeyboardInterrupt | UserError | Interrupted | GeneratorExit
    return "interrupted" if isinstance(error, wishes) else "failed"
