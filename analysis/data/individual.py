"""One individual of a run: its scores, its family, the genome that it was born with, the network that it became.

`Run.individual` and `Run.fittest` give it. Scores and family are of the table of births, the genome is read from the
run folder when it is asked for. The network alone needs torch, which nothing here imports: the front door has it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife import schema
from alife.configuration.networks import DENSE
from alife.errors import UserError
from alife.format import checkpoints, shards, stored
from alife.format import manifest as manifests
from alife.traits import TRAITS, spoken
from analysis.data.derived import DERIVED
from analysis.data.source import Source
from analysis.data.validation import survived

Floats = NDArray[np.float32]

MOST_ADULTS: Final = 1 << 32
"""Bytes that a file of dominants may hold."""

_SCORES: Final = tuple(name for name in (*schema.SCORES, *DERIVED, *schema.LIFE_HISTORY) if name != "birth_island")


@dataclass(frozen=True, eq=False, repr=False)
class Individual:
    """One of those who lived, in one generation.

    Attributes:
        run: The run's folder or address.
        id: Of `births`.
        generation: When it lived.
        island: Where it lived.
        birth_island: Where it was conceived, or survived: another island if it is a migrant.
        parent: Its parent's id; None for a founder, and where its birth is not on record. Of the first generation of a
            fork the parent lived in the run that was forked.
        children: Ids of those that it is a parent of, conceived in that generation and on record, in order.
        line: Its line of descent: ids from itself up to its founder, or to its ancestor in the first generation on
            record; its earlier lives, and those of its ancestors, are in it. Of two parents it follows the first.
        cause_of_death: A name in `schema.CAUSES`.
        scores: Name → value of each score, derived ones (`fitness`, `replication_loss`, `test_accuracy`), heritable
            traits and measures of the run's own among them; NaN where it has none.
        age: Generations that it lived before, in a run with survivors.
        lives: Its ids in these, the last first, as far as they are on record.
        second_parent: The id of its other parent, in a run with crossover, if it has two.

    Example:
        >>> import alife
        >>> fittest = alife.load_run("runs/first").fittest()
        >>> fittest.generation, fittest.cause_of_death, len(fittest.line)
        (5, 'generation_end', 6)
        >>> fittest.genome().shape, fittest.network().emit().shape
        ((688,), torch.Size([688]))
    """

    run: str
    id: int
    generation: int
    island: int
    birth_island: int
    parent: int | None
    children: tuple[int, ...]
    line: tuple[int, ...]
    cause_of_death: str
    scores: Mapping[str, float]
    age: int = 0
    lives: tuple[int, ...] = ()
    second_parent: int | None = None

    def __repr__(self) -> str:
        """A line: who, when and where, and how it did."""
        known = {name: self.scores[name] for name in ("accuracy", "replication_error") if name in self.scores}
        scores = "".join(f", {spoken(name.replace('_', ' '))} {value:.3g}" for name, value in known.items())
        return f"<Individual {self.id} of {self.run}: generation {self.generation}, island {self.island}{scores}>"

    def genome(self) -> Floats:
        """[N] float32, the genome that it was born with: what its parent printed, and birth noise. Exact.

        Raises:
            UserError: It is not kept, which is so but for generations with a checkpoint, if it lived in one of these,
                and the fittest of each island in a run's last generation; the line says how to have it. Or its file is
                damaged.
        """
        there = Source(self.run)
        manifest = manifests.parse(there.read(manifests.NAME, manifests.MOST), f"{self.run}/{manifests.NAME}")
        for identity in (self.id, *self.lives):
            island, generation, _ = schema.unpack_id(identity)
            if stored_in := shards.of(manifest, generation):
                data = there.read(stored.CONFIG, stored.MOST_CONFIG)
                quine = stored.parse_stored_config(data, manifest, f"{self.run}/{stored.CONFIG}").quine
                hidden = quine.hidden if quine.network == DENSE else None
                newborns = shards.thaw(there.read, stored_in, {island}, self.run)[0]
                genome = checkpoints.born(newborns, identity, hidden)
            else:
                genome = _of_dominant(there, generation, identity)
            if genome is not None:
                return genome
        raise checkpoints.not_kept(self.run, manifest, self.generation)

    def network(self, device: str | None = None, task: Any = None) -> Any:
        """The adult that it became, a `torch.nn.Module`: `network(images)` classifies, `network.emit()` prints.

        Args:
            device: As of `alife.load_network`, which this calls.
            task: Likewise.

        Raises:
            UserError: As `alife.load_network`.
        """
        import alife

        return alife.load_network(self.run, self.id, device=device, task=task)


def individual(births: pd.DataFrame, first: int, last: int, identity: int, path: str) -> Individual:
    """An individual of a run.

    Args:
        births: Of `load_run`, in its order.
        first: The first generation on record.
        last: The last one committed.
        identity: An id.
        path: The run's.

    Raises:
        UserError: Nobody has that id, or the births were read in part, and its family is not among them.
    """
    if not isinstance(identity, int | np.integer):
        raise UserError(f"{path}: {identity!r} is no id: choose a whole number of its births' column id")
    identity = int(identity)
    if "ancestor_id" not in births or "cause_of_death" not in births or "n_offspring" not in births:
        raise _in_part(path)
    if births.empty and last >= first:
        raise _in_part(path)
    generation = schema.unpack_id(identity)[1] if 0 <= identity < 1 << 62 else -1
    row = _find(births, generation, identity)
    if row is None:
        if first <= generation <= last and not len(_rows(births, generation)):
            raise _in_part(path)
        raise UserError(f"{path}: nobody with id {identity} has lived here")
    birth = births.iloc[row]
    below = _rows(births, generation + 1)
    born = births.iloc[below[~survived(births.iloc[below])]]
    mine = np.zeros(len(born), bool)
    for name in ("ancestor_id", schema.SECOND):
        mine |= (born[name] == identity).to_numpy() if name in born else False
    children = born["id"].to_numpy()[mine]
    if generation < last and len(children) != birth["n_offspring"]:
        raise _in_part(path)
    age, line = int(birth[schema.AGE]) if schema.AGE in births else 0, tuple(_line(births, first, identity, path))
    lives = line[1 : age + 1]
    parent, other = _parents(births, line[len(lives)])
    return Individual(
        run=path,
        id=identity,
        generation=generation,
        island=int(birth["island"]),
        birth_island=schema.unpack_id(identity)[0],
        parent=parent,
        children=tuple(sorted(children.tolist())),
        line=line,
        cause_of_death=str(birth["cause_of_death"]),
        scores={name: float(birth[name]) for name in (*_SCORES, *_own(births)) if name in births},
        age=age,
        lives=lives,
        second_parent=other,
    )


def _own(births: pd.DataFrame) -> list[str]:
    """Columns of measures of the run's own."""
    return [name for name, trait in TRAITS.items() if trait.own and name in births]


def fittest(births: pd.DataFrame, generation: int | None = None, path: str = "births") -> int:
    """The id of the highest fitness among those that lived to the end, the first in order among equals.

    Args:
        births: Of `load_run`: fitness is relative to an individual's island (`analysis.data.derived`).
        generation: Whose; the last with survivors if None.
        path: What to name in an error.

    Raises:
        UserError: Nobody survived, or the births have no fitness.
    """
    if "fitness" not in births or "cause_of_death" not in births:
        raise UserError(f"{path}: no column fitness: read them with load_run, which derives it")
    fitness = births["fitness"].to_numpy(np.float64)
    alive = (births["cause_of_death"] == schema.CAUSES[0]).to_numpy() & np.isfinite(fitness)
    when = births["generation"].to_numpy()
    if generation is not None:
        alive &= when == generation
    if not alive.any():
        which = "a generation" if generation is None else f"generation {generation}"
        raise UserError(f"{path}: nobody lived to the end of {which}: there is no dominant")
    rows = np.flatnonzero(alive & (when == when[alive].max()))
    return int(births["id"].iloc[rows[np.argmax(fitness[rows])]])


def _parents(births: pd.DataFrame, born: int) -> tuple[int | None, int | None]:
    """The two parents of one by its first id on record; None of a founder, and of one that was born before."""
    row = _find(births, schema.unpack_id(born)[1], born)
    assert row is not None
    parent, older = int(births["ancestor_id"].iloc[row]), survived(births.iloc[[row]])[0]
    other = int(births[schema.SECOND].iloc[row]) if schema.SECOND in births else schema.NO_ANCESTOR
    return None if parent == born or older else parent, None if other == schema.NO_ANCESTOR else other


def _line(births: pd.DataFrame, first: int, identity: int, path: str) -> Iterator[int]:
    """Ids from an individual up."""
    generation = schema.unpack_id(identity)[1]
    while True:
        row = _find(births, generation, identity)
        if row is None:
            raise _in_part(path)
        yield identity
        if generation <= first:
            return
        identity, generation = int(births["ancestor_id"].iloc[row]), generation - 1


def _rows(births: pd.DataFrame, generation: int) -> NDArray[np.int64]:
    """Rows of a generation, none if it was not read."""
    start, stop = np.searchsorted(births["generation"].to_numpy(), [generation, generation + 1])
    return np.arange(start, stop)


def _find(births: pd.DataFrame, generation: int, identity: int) -> int | None:
    rows = _rows(births, generation)
    found = rows[births["id"].to_numpy()[rows] == identity]
    return int(found[0]) if len(found) else None


def _in_part(path: str) -> UserError:
    return UserError(
        f"{path}: its births were read in part, and who is whose parent is not among them: load_run({path!r}) reads all"
    )


def _of_dominant(there: Source, generation: int, identity: int) -> Floats | None:
    name = checkpoints.adults_name(generation)
    if name not in there.names():
        return None
    adult = checkpoints.decode_adults(there.read(name, MOST_ADULTS), f"{there.uri}/{name}").get(identity)
    return None if adult is None else adult.genome
