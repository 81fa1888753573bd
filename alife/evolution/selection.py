"""Who reproduces and who survives: the fitness mix, the schemes of selection, and what each leads one to expect.

Call `select` with scores. A scheme turns the scores of an island into each individual's chance to be the parent of a
child, and children draw their parents independently. So what a scheme does (`select`) and what is expected of it
(`expected_offspring`) cannot drift apart, and equals share their chances instead of being put in an order. With
`selection.shuffled` any scheme deals its chances out at random within the island: its matched control.
`selection.survivors` of the living live on, the fittest first, whatever children they have.

A scheme of one's own is a function (columns, living[, parameters]) → chances that `selection.scheme` names, as
`my_selection.py:fewest`; a shipped one is a function in `alife.evolution.schemes.SCHEMES`, and the command and the
tests walk that registry. Chances that do not follow from scores on record go on record with each birth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alife import plugins, schema
from alife.configuration.schemes import UNUSED
from alife.evolution import schemes
from alife.evolution.fitness import Bools, Doubles, Ints, Rules, mixed, objectives, share
from alife.evolution.handed import numbers, read_only
from alife.plugins import Found
from alife.streams import Stream, rng

KEY: Final = "selection.scheme"
IDS: Final = ("id", "ancestor_id")
"""Columns of whole numbers that a scheme of one's own is given; with survivors `schema.AGE`, too."""
TAKES: Final = ("columns", "living")
"""What a scheme of one's own is called with, before its parameters."""
OFFERS: Final = ("answers",)
"""What it is given too, if it asks for it by name."""

CHANCE: Final[Mapping[str, Any]] = {
    "name": "chance",
    "dtype": "float32",
    "noun": "chance of parenthood",
    "symbol": "",
    "scale": "share",
    "direction": 0,
    "meaning": "chance that a child of the island is this one's, as the scheme has it before any shuffling",
    "unit": "",
    "every": 1,
}
"""The column of births that a scheme adds whose chances do not follow from other columns, or that is one's own: who
reads the run need not have the scheme."""


def fitness(accuracy: ArrayLike, replication_error: ArrayLike, weight: float, scheme: str) -> Doubles:
    """w·z(accuracy) + (1−w)·z(−log ρ), or its exponential under roulette.

    Args:
        accuracy: [..., P] of the individuals to compare, most often the living of one island.
        replication_error: [..., P] ρ of the same; raw L_SR plays no part in any scheme.
        weight: w in [0, 1].
        scheme: A name in `alife.evolution.schemes.SCHEMES`; only roulette changes the scale.

    Returns:
        [..., P] float64. z-scores are over the last axis: 0 where all are equal up to `DUST`, and 0, the mean, for one
        whose score is not finite.
    """
    everyone = np.ones(np.broadcast(accuracy, replication_error).shape, bool)
    mix = mixed(objectives(accuracy, replication_error), everyone, weight)
    return np.exp(mix) if scheme == "roulette" else mix


@dataclass(frozen=True)
class Choice:
    """Who reproduces on an island, and who survives.

    Attributes:
        parents: [C] int64 slots, one a child, in no order; empty if none lives.
        columns: What goes on record of it beside the scores: `CHANCE`, [P] float32, if `is_recorded`.
        survivors: [S] int64 slots in order, of those who live on in the next generation.
        mates: [C] int64 slots of second parents, negative for a child that has none; or empty if none has.
    """

    parents: Ints
    columns: Mapping[str, NDArray[np.float32]]
    survivors: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    mates: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def crossed(self) -> Ints:
        """Which children have two parents."""
        return np.flatnonzero(self.mates >= 0)


def is_control(rules: Rules) -> bool:
    """Whether nobody is selected: chances are dealt out at random within the island, or equal."""
    return rules.shuffled or rules.scheme == "drift"


def is_recorded(scheme: str) -> bool:
    """Whether chances are on record, as `CHANCE`: of a scheme of one's own, or one that asks for more than scores."""
    return plugins.is_own(scheme) or bool(schemes.asks(scheme))


def asked(rules: Rules) -> tuple[str, ...]:
    """What the scheme asks for by name, shipped or one's own.

    Raises:
        UserError: As of `own_scheme`.
    """
    own = own_scheme(rules)
    return schemes.asks(rules.scheme) if own is None else own.asks


def back(rules: Rules) -> int:
    """Generations back to which newborns carry their line of ancestors: 0 if the scheme does not ask for clades."""
    if plugins.is_own(rules.scheme) or "clades" not in schemes.asks(rules.scheme):
        return 0
    return int(schemes.parameters(rules).back)


def named(rules: Rules) -> str:
    """What to call the scheme: "truncation", "shuffled" of the shuffled tournament, "shuffled truncation" of others."""
    scheme = plugins.short(rules.scheme)
    return "shuffled" if rules.shuffled and scheme == "tournament" else f"{'shuffled ' * rules.shuffled}{scheme}"


def own_scheme(rules: Rules, again: bool = False) -> Found | None:
    """The scheme of one's own that the configuration names, None if it names a shipped one.

    Raises:
        UserError: As of `alife.plugins.find`.
    """
    if not plugins.is_own(rules.scheme):
        return None
    return plugins.find(KEY, rules.scheme, rules.parameters, TAKES, again, OFFERS)


def select(
    rules: Rules,
    columns: Mapping[str, NDArray[Any]],
    living: ArrayLike,
    size: int,
    seed: int,
    generation: int,
    island: int,
    own: Found | None = None,
    offered: Mapping[str, Any] = MappingProxyType({}),
    crossover: float = 0.0,
) -> Choice:
    """Who lives on in an island's next generation, and the parents of its children.

    Args:
        rules: Scheme and its parameters.
        columns: By name, [P] each, by slot: accuracy and replication_error (ρ), and whatever else a scheme of one's own
            may read; anything for the dead.
        living: [P] bool, who can be chosen.
        size: Of the next generation: children are conceived for the places that survivors leave.
        seed: The run's.
        generation: The parents'.
        island: Where they live.
        own: As of `own_scheme`.
        offered: What the scheme asks for by name: answers, [P, C, C] float32; clades, [P] int64.
        crossover: Share of children for whom a second parent is drawn, by the same chances. One that is drawn twice is
            the only parent.

    Raises:
        UserError: A scheme of one's own failed, or what it gave are no chances.
    """
    alive = np.asarray(living, bool)
    slots = np.flatnonzero(alive)
    if own is None:
        random = rng(seed, Stream.SCHEME, generation, island)
        scores = columns["accuracy"], columns["replication_error"]
        chance = probabilities(rules, *scores, alive, random=random, **offered)
    else:
        where = f"in generation {generation} on island {island}"
        chance = _own_chances(own, columns, alive, where, offered) if len(slots) else np.zeros(len(alive))
    noted = {CHANCE["name"]: chance.astype(np.float32)} if is_recorded(rules.scheme) else {}
    if not len(slots):
        return Choice(slots, noted)
    survivors = slots[:0]
    if rules.survivors:  # equals in an order that is drawn
        order = rng(seed, Stream.SURVIVAL, generation, island).permutation(slots)
        best = np.argsort(-_merit(rules, columns, alive, chance)[order], kind="stable")
        survivors = np.sort(order[best][: rules.survivors])
    if rules.shuffled:
        chance[slots] = chance[rng(seed, Stream.SHUFFLE, generation, island).permutation(slots)]
    draw = rng(seed, Stream.SELECTION, generation, island)
    parents = draw.choice(len(alive), size=size - len(survivors), p=chance).astype(np.int64)
    if not crossover:
        return Choice(parents, noted, survivors)
    draw = rng(seed, Stream.PAIRING, generation, island)
    two = draw.random(len(parents)) < crossover
    mates = draw.choice(len(alive), size=len(parents), p=chance).astype(np.int64)
    return Choice(parents, noted, survivors, np.where(two & (mates != parents), mates, schema.NO_ANCESTOR))


def _merit(rules: Rules, columns: Mapping[str, NDArray[Any]], living: Bools, chance: Doubles) -> Doubles:
    """[P] by which one survives: the fitness mix, or the chance where a scheme looks at no w; in a control nothing."""
    if is_control(rules):
        return np.zeros(len(living))
    if "accuracy_weight" in UNUSED.get(rules.scheme, UNUSED["drift"]):
        return chance
    return mixed(objectives(columns["accuracy"], columns["replication_error"]), living, rules.accuracy_weight)


def _own_chances(
    own: Found, columns: Mapping[str, NDArray[Any]], living: Bools, where: str, offered: Mapping[str, Any]
) -> Doubles:
    """[P] chances that a scheme of one's own gives, summing to 1."""
    columns = _Given({name: read_only(values) for name, values in columns.items()})
    given = own(columns, read_only(living), where=where, **{name: read_only(offered[name]) for name in own.asks})
    expected = f"chances of parenthood, an array of {len(living)} numbers, one an individual, are expected"
    chance = numbers(own, given, len(living), where, expected).astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(chance) | (chance < 0))
    if len(wrong):
        raise own.error(
            f"gave {chance[wrong[0]]:g} to individual {wrong[0]} {where}: chances are finite and at least 0"
        )
    if chance[~living].any():
        raise own.error(f"gave chances to the dead {where}: only the living (living[i] is true) reproduce")
    if not 0 < chance.sum() < np.inf:
        raise own.error(f"gave nobody a chance {where}: somebody who lives must have one above 0")
    return chance / chance.sum()


class _Given(dict[str, NDArray[Any]]):
    """Columns by name, which say what there is where one is asked for that is not there."""

    def __missing__(self, name: str) -> NDArray[Any]:
        raise KeyError(f"{name}: there are {', '.join(self)}; of measures those of every generation (every: 1)")


def on_trial(own: Found, size: int, names: Iterable[str], classes: int, survivors: int = 0) -> None:
    """Call a scheme of one's own with made-up scores, so that one that is wrong is found before anything is made.

    Args:
        own: As of `own_scheme`.
        size: Individuals of an island.
        names: Columns that it will be given.
        classes: Of the task; 0 without one.
        survivors: Of an island.

    Raises:
        UserError: It fails, what it gives are no chances, or it asks for what there is not.
    """
    if "answers" in own.asks and not classes:
        raise own.error("asks for answers, which nobody gives without a task: name a task, or another scheme")
    draw = np.random.default_rng(0)
    columns: dict[str, NDArray[Any]] = {name: draw.random(size, dtype=np.float32) for name in names}
    columns |= {name: np.arange(size, dtype=np.int64) for name in (*IDS, *([schema.AGE] if survivors else []))}
    made_up = {name: draw.dirichlet(np.ones(classes), (size, classes)).astype(np.float32) for name in own.asks}
    half = np.arange(size) % 2 == 0
    for living in (np.ones(size, bool), half):
        lived = {n: np.where(living, v, np.nan) if v.dtype.kind == "f" else v for n, v in columns.items()}
        offered = {name: values * living[:, None, None] for name, values in made_up.items()}
        once, again = (_own_chances(own, lived, living, "on trial, with made-up scores", offered) for _ in range(2))
        if not np.array_equal(once, again):
            raise own.error("gives other chances when it is called again: a scheme draws no random numbers")


def expected_offspring(
    rules: Rules, accuracy: ArrayLike, replication_error: ArrayLike, living: ArrayLike, n_children: ArrayLike
) -> Doubles:
    """The number of children that the scheme leads one to expect of each, given the scores and nothing else.

    Args:
        rules: A shipped scheme and its parameters; under no control, one whose chances follow from scores alone.
        accuracy: [..., P], leading axes being islands or generations that do not compete.
        replication_error: [..., P] ρ.
        living: [..., P] bool; the dead may also pad a short row.
        n_children: [...] children of each row: its size less its survivors, who are no children.

    Returns:
        [..., P] float64; a row sums to its n_children, or to 0 if none lives; 0 for the dead. Under a
        control (`is_control`) it is the same for all of the living.
    """
    alive = np.asarray(living, bool)
    chance = share(alive) if is_control(rules) else probabilities(rules, accuracy, replication_error, alive)
    return np.asarray(n_children)[..., None] * chance


def probabilities(
    rules: Rules, accuracy: ArrayLike, replication_error: ArrayLike, living: ArrayLike, **offered: Any
) -> Doubles:
    """[..., P] chances that a child is this one's under a shipped scheme; a row sums to 1, or to 0 if none lives.

    With `shuffled` they are what is dealt out at random within the island. A scheme that asks for more than scores
    (`alife.evolution.schemes.OFFERS`) is given it by name, of one island.
    """
    alive = np.asarray(living, bool)
    if not alive.any():
        return np.zeros(alive.shape)
    return schemes.chances(rules, objectives(accuracy, replication_error), alive, offered)
