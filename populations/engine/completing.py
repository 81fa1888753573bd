"""What is told of a generation that all islands have lived, from what each has told of it.

Call `completed` where `populations.engine.flow.complete` has found one.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from alife import schema
from alife.format import tested
from alife.format.checkpoints import adults_name, encode_adults
from alife.format.tested import OnTestImages
from populations.engine.messages import Lived
from populations.engine.run_state import RunState, over
from populations.engine.worker import SAMPLED
from populations.observe import events
from populations.record import rows


def completed(run: RunState, outcomes: Mapping[int, Lived]) -> tuple[events.Generation, Mapping[str, np.ndarray]]:
    """What is told of a generation, and its births where somebody asks for them, which nobody is to write to."""
    number, flow = run.generation, run.flow
    del flow.lived[number]
    flow.generation += 1
    for island, lived in outcomes.items():
        if not lived.children:
            run.tell(events.IslandDied(generation=number, island=island, causes=lived.causes))
    _attach(run, number, outcomes)
    now = time.perf_counter()
    wall, run.since = now - run.since, now
    for name, seconds in (("generations", wall), ("hosts", wall * run.backend.hosts)):
        run.seconds[name] = run.seconds.get(name, 0) + seconds
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
    run.pace.append((run.since, run.pace[-1][1] + causes.total()))
    (first, before), (last, now) = run.pace[0], run.pace[-1]
    return events.Generation(
        generation=run.generation - 1,
        of=run.config.generations,
        individuals=causes.total(),
        dead=causes.total() - causes[schema.CAUSES[0]],
        **medians,
        individuals_per_second=(now - before) / max(last - first, 1e-9),
        seconds=seconds,
        hosts=run.backend.hosts,
        spent=dict(run.seconds),
    )


def _median(samples: Sequence[np.ndarray]) -> float | None:
    values = np.concatenate(samples)
    return float(np.median(values)) if len(values) else None
