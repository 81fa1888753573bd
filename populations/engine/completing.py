"""What is told of a generation that all islands have lived, from what each has told of it.

Call `completed` where `populations.engine.flow.complete` has found one.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from alife import schema
from alife.format import tested
from alife.format.checkpoints import adults_name, encode_adults
from alife.format.tested import OnTestImages
from populations.engine.messages import Lived
from populations.engine.run_state import RunState, count_clock, over
from populations.engine.worker import SAMPLED
from populations.observe import events
from populations.record import rows

PACE_GENERATIONS: Final = 10
PACE_SECONDS: Final = 3.0
"""What a rate is taken over, at least both: islands run ahead, so many generations may be complete at once."""


def completed(run: RunState, outcomes: Mapping[int, Lived]) -> tuple[events.Generation, Mapping[str, np.ndarray]]:
    """What is told of a generation, and its births where somebody asks for them, which nobody is to write to."""
    number, flow = run.generation, run.flow
    del flow.lived[number]
    flow.generation += 1
    for island, lived in outcomes.items():
        if not lived.children:
            run.tell(events.IslandDied(generation=number, island=island, causes=lived.causes))
    _attach(run, number, outcomes)
    count_clock(run)
    wall, run.since = run.counted - run.since, run.counted
    event = _progress(run, outcomes, wall)
    run.tell(event)
    if over(run) == "extinct":
        run.tell(events.Extinct(generation=number))
    births = rows.concatenate([lived.births for lived in outcomes.values() if lived.births]) if run.watched else {}
    for column in births.values():
        column.flags.writeable = False
    return event, births


def _attach(run: RunState, number: int, outcomes: Mapping[int, Lived]) -> None:
    """Write what was found on test images, and the fittest, beside the record."""
    accuracy = {i: a for lived in outcomes.values() for i, a in (lived.accuracy or {}).items()}
    fittest = dict(lived.fittest for lived in outcomes.values() if lived.fittest)
    if accuracy:
        before = run.recorder.tested()
        found = OnTestImages(number, accuracy, frozenset(fittest))
        run.recorder.attach(tested.file_name(number), tested.dump(found))
        run.tell(events.Tested(generation=number, before=[other for other in before if other != number]))
    if fittest:
        run.recorder.attach(adults_name(number), encode_adults(number, fittest))


def _progress(run: RunState, outcomes: Mapping[int, Lived], seconds: float) -> events.Generation:
    causes = Counter[str]()
    for lived in outcomes.values():
        causes.update(lived.causes)
    medians = {name: _median([lived.samples[name] for lived in outcomes.values()]) for name in SAMPLED}
    if run.config.task == "none":
        medians["accuracy"] = None
    return events.Generation(
        generation=run.generation - 1,
        of=run.config.generations,
        individuals=causes.total(),
        dead=causes.total() - causes[schema.CAUSES[0]],
        **medians,
        individuals_per_second=rate(run.pace, run.since, causes.total()),
        seconds=seconds,
        hosts=run.backend.hosts,
        spent=dict(run.seconds),
    )


def rate(pace: deque[tuple[float, int]], now: float, individuals: int) -> float:
    """Individuals that have lived a second, of late.

    Args:
        pace: When generations were complete, and how many had lived by then, the start included; kept up to date.
        now: When one more was.
        individuals: Of it.
    """
    pace.append((now, pace[-1][1] + individuals))
    while len(pace) > PACE_GENERATIONS + 1 and now - pace[1][0] >= PACE_SECONDS:
        pace.popleft()
    first, before = pace[0]
    return (pace[-1][1] - before) / max(now - first, 1e-9)


def _median(samples: Sequence[np.ndarray]) -> float | None:
    values = np.concatenate(samples)
    return float(np.median(values)) if len(values) else None
