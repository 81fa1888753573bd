"""What islands say to each other, what the coordinator orders, and what it hears: plain data, whatever carries them.

Islands tell their neighbours that they are `Here`, which `Guests` they send, or that they are `Gone`. The coordinator
places islands by a `Source`, orders `Settle`, `Withdraw`, `Horizon`, `Resend`, `Halt` and `Seal`, and hears `Founded`,
`Lived`, `Halted`, `Sealed`, `Merged`, `Lost` and `Failed`. No news holds a genome, but for the fittest of a run's last
generation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError
from alife.evolution.reproduction import Floats, Newborns
from alife.format.checkpoints import Adult, fossil

Entry = dict[str, Any]
"""What a manifest says of one of its files."""


@dataclass(frozen=True)
class Source:
    """What islands start from: their founders, newborns at hand, or those of a generation on record.

    Attributes:
        generation: Which the newborns are of.
        genomes: [n, N] of founders that the user gives.
        newborns: At hand, by island.
        entries: Of the shards that hold them, as the manifest lists them; then they are on record.
        gone: Islands that are extinct, and from which generation on.
    """

    generation: int = 0
    genomes: Floats | None = None
    newborns: Mapping[int, Newborns] | None = None
    entries: Sequence[Entry] = ()
    gone: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Here:
    """An island has come to a generation in which it meets its neighbours."""

    sender: int
    receiver: int
    generation: int


@dataclass(frozen=True)
class Guests:
    """Newborns of a generation who have left the sender for the receiver, in the order in which they are swapped."""

    sender: int
    receiver: int
    generation: int
    newborns: Newborns


@dataclass(frozen=True)
class Gone:
    """Nobody lives on the sender from a generation on."""

    sender: int
    receiver: int
    generation: int


Message = Here | Guests | Gone


@dataclass(frozen=True)
class Settle:
    """Keep islands from now on.

    Attributes:
        generation: That their newborns are of.
        newborns: By island.
        stored: Whether they are on record.
        gone: Islands that are extinct, and from which generation on.
    """

    generation: int
    newborns: Mapping[int, Newborns]
    stored: bool
    gone: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Withdraw:
    """Keep islands no more."""

    islands: Sequence[int]


@dataclass(frozen=True)
class Cadence:
    """Which generations go on record: each `every`-th, those of the fossil record, and the last, `generations`."""

    every: int
    generations: int

    def is_due(self, generation: int) -> bool:
        """Whether newborns of a generation go on record."""
        return generation % self.every == 0 or fossil(generation) or generation == self.generations

    def next_due(self, generation: int) -> int:
        """The first generation from this one on whose newborns go on record."""
        while not self.is_due(generation):
            generation += 1
        return generation


@dataclass(frozen=True)
class Horizon:
    """How far islands may live.

    Attributes:
        until: Generations before this one may be lived.
        writes: Newborns of generations up to this one may be written where they are due.
        cadence: Which generations go on record.
        committed: The last generation on record; nobody will have to live it again.
        meta: What goes into checkpoints beside the newborns; "collapse_norm" is among it.
    """

    until: int
    writes: int
    cadence: Cadence
    committed: int
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Resend:
    """Say again to islands all that they were told since the last commit: another worker keeps them now."""

    islands: Sequence[int]


@dataclass(frozen=True)
class Halt:
    """Live no further, and say where that leaves each island."""


@dataclass(frozen=True)
class Seal:
    """Write what is not yet written of the generations before this one, with its newborns."""

    generation: int


Order = Settle | Withdraw | Horizon | Resend | Halt | Seal


@dataclass(frozen=True)
class Founded:
    """Founders were drawn: ‖g‖ of each, [P] by island."""

    norms: Mapping[int, Floats]


@dataclass(frozen=True)
class Lived:
    """An island has lived a generation.

    Attributes:
        island: Which.
        generation: Which.
        causes: Individuals by cause of death.
        children: How many live on it next.
        samples: Of traits of those that lived to the end: all values of 32 or fewer, else as many quantiles.
        seconds: By phase.
        births: Columns of `schema.birth_columns`, where somebody looks at each generation; else None.
        accuracy: On test images by id of those that lived, in the last generation; else None.
        fittest: Id and adult of the fittest, likewise.
    """

    island: int
    generation: int
    causes: Mapping[str, int]
    children: int
    samples: Mapping[str, Floats]
    seconds: Mapping[str, float]
    births: Mapping[str, NDArray[Any]] | None = None
    accuracy: Mapping[int, float] | None = None
    fittest: tuple[int, Adult] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """As few bytes as there can be: of these messages a coordinator hears most."""
        samples = {name: np.asarray(values, np.float32).tobytes() for name, values in self.samples.items()}
        rest = self.births, self.accuracy, self.fittest
        return _lived, (self.island, self.generation, self.causes, self.children, samples, self.seconds, *rest)


@dataclass(frozen=True)
class Halted:
    """Where a worker's islands stand.

    Attributes:
        generations: That their newborns are of, by island; without those that are extinct.
        written: The last generation whose newborns are written, or about to be.
    """

    generations: Mapping[int, int]
    written: int


@dataclass(frozen=True)
class Sealed:
    """What a worker has written of islands.

    Attributes:
        generation: Rows are of generations before it, newborns of it.
        islands: Which; with those that went extinct.
        parts: What the manifest is to list of it, by kind.
        seconds: That it took.
    """

    generation: int
    islands: Sequence[int]
    parts: Mapping[str, Sequence[Entry]]
    seconds: float = 0.0


@dataclass(frozen=True)
class Merged:
    """Parts of a kind were merged.

    Attributes:
        kind: Of `schema.ROWS`.
        names: Of the parts that were.
        entry: Of the one that is; None if the worker that was to do it is gone.
    """

    kind: str
    names: Sequence[str]
    entry: Entry | None


@dataclass(frozen=True)
class Lost:
    """Islands have lost their worker, and all that it had not written of them."""

    islands: Sequence[int]


@dataclass(frozen=True)
class Failed:
    """Something of the user's own has failed on an island, which cannot live on."""

    error: UserError


News = Founded | Lived | Halted | Sealed | Merged | Lost | Failed


def _lived(
    island: int,
    generation: int,
    causes: Mapping[str, int],
    children: int,
    samples: Mapping[str, bytes],
    seconds: Mapping[str, float],
    *rest: Any,
) -> Lived:
    known = {name: np.frombuffer(values, np.float32) for name, values in samples.items()}
    return Lived(island, generation, causes, children, known, seconds, *rest)


def sample(values: Floats, most: int = 32) -> Floats:
    """All finite values where they are few, else as many quantiles, from which medians of many islands are made."""
    known = values[np.isfinite(values)]
    if len(known) <= most:
        return known
    return np.quantile(known, (np.arange(most) + 0.5) / most).astype(np.float32)
