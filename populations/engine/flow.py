"""How far a run has come, from what its workers tell: plain data, and what follows from it.

The coordinator makes a `Flow` and `hear`s news with it; `complete` is the next generation that all islands have lived,
`sealed` the next that all have written. What is told twice, because a lost worker's islands lived it again, counts
once.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from populations.engine.messages import Founded, Halted, Lived, Lost, Merged, News, Sealed


@dataclass
class Flow:
    """What is known of a run's islands.

    Attributes:
        islands: How many there are.
        generation: All have lived the generations before this one.
        start: The generation that islands start from if their worker is lost.
        stored: Whether newborns of it are on record.
        gone: Islands that are extinct, and from which generation on.
        lived: By generation, from `generation` on, and island.
        norms: Of founders, by island.
        halted: Where islands stand, once they were told to halt.
        written: The last generation of which any has written newborns then.
        seals: What is written and not on record, in order; changed by `hear` and `drop` alone.
        told: Islands in `seals` by generation.
        wrote: Up to which generation each island has written.
        losses: How often islands have lost their worker.
        merged: Parts that were merged, not on record.
        merging: Names of parts that are being merged.
    """

    islands: int
    generation: int
    start: int
    stored: bool
    gone: dict[int, int] = field(default_factory=dict)
    lived: defaultdict[int, dict[int, Lived]] = field(default_factory=lambda: defaultdict(dict))
    norms: dict[int, object] = field(default_factory=dict)
    halted: dict[int, int] = field(default_factory=dict)
    written: int = -1
    seals: list[Sealed] = field(default_factory=list)
    told: Counter[int] = field(default_factory=Counter)
    wrote: dict[int, int] = field(default_factory=dict)
    losses: int = 0
    merged: list[Merged] = field(default_factory=list)
    merging: set[str] = field(default_factory=set)

    @property
    def alive(self) -> list[int]:
        """Islands that are not extinct, as far as is known."""
        return [island for island in range(self.islands) if island not in self.gone]


def hear(flow: Flow, news: News) -> None:
    """Take what a worker tells."""
    match news:
        case Founded(norms=norms):
            flow.norms |= norms
        case Lived(island=island, generation=generation, children=children):
            if generation >= flow.generation:
                flow.lived[generation][island] = news
            if not children:
                flow.gone[island] = generation + 1
        case Halted(generations=generations, written=written):
            flow.halted |= generations
            flow.written = max(flow.written, written)
        case Sealed(generation=generation, islands=islands):
            flow.seals.append(news)
            flow.told[generation] += len(islands)
            flow.wrote |= dict.fromkeys(islands, generation)
        case Merged(names=names):
            flow.merging -= set(names)
            if news.entry is not None:
                flow.merged.append(news)
        case Lost(islands=islands):
            flow.losses += 1
            forget(flow, islands)


def forget(flow: Flow, islands: Sequence[int]) -> None:
    """Islands have to live again from where the record ends: what they had written since belongs to nobody."""
    lost = set(islands)
    drop(flow, [seal for seal in flow.seals if not lost.isdisjoint(seal.islands)])
    for island in lost:
        flow.wrote[island] = flow.start if flow.stored else flow.start - 1
        if flow.gone.get(island, 0) > flow.start:
            del flow.gone[island]


def drop(flow: Flow, seals: Sequence[Sealed]) -> None:
    """Some seals are on record, or belong to nobody."""
    if seals:
        gone = set(map(id, seals))
        flow.seals = [seal for seal in flow.seals if id(seal) not in gone]
        for seal in seals:
            flow.told[seal.generation] -= len(seal.islands)
        flow.told = +flow.told


def complete(flow: Flow) -> Mapping[int, Lived] | None:
    """What all islands came to in the next generation, by island in order; None while some have not lived it."""
    there = flow.lived.get(flow.generation, {})
    missing = flow.islands - len(there)
    if missing > len(flow.gone) or not there:
        return None
    if missing and sum(1 for i, since in flow.gone.items() if since <= flow.generation and i not in there) < missing:
        return None
    return dict(sorted(there.items()))


def sealed(flow: Flow) -> int | None:
    """The next generation whose newborns, and all rows before it, all islands have written; None if there is none."""
    for generation in sorted(flow.told):
        if generation > flow.generation or flow.told[generation] + len(flow.gone) < flow.islands:
            return None
        if all(has_written(flow, island, generation) for island in range(flow.islands)):
            return generation
    return None


def has_written(flow: Flow, island: int, generation: int) -> bool:
    """Whether an island has written all that it has of the generations before one, and its newborns of it."""
    wrote = flow.wrote.get(island, -1)
    return wrote >= generation or (island in flow.gone and wrote >= flow.gone[island])
