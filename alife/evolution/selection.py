"""Who reproduces: the fitness mix, the schemes of selection, and what each scheme leads one to expect.

Call `select` with scores. A scheme turns the scores of an island into each individual's chance to be the parent of a
child, and children draw their parents independently. So what a scheme does (`select`) and what is expected of it
(`expected_offspring`) cannot drift apart, and equals share their chances instead of being put in an order. With
`selection.shuffled` any scheme deals its chances out at random within the island: its matched control.

A scheme of one's own is a function (columns, living[, parameters]) → chances that `selection.scheme` names, as
`my_selection.py:fewest`; a shipped one is a function in `SCHEMES`, and the command and the tests walk that registry.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

import moocore
import numpy as np
from numpy.typing import ArrayLike, NDArray

from alife import plugins
from alife.plugins import Found
from alife.streams import Stream, rng

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DUST: Final = 1e-6
"""Scores of an island that span no more than this (accuracy, or log ρ) are float32 rounding, and count as equal."""

KEY: Final = "selection.scheme"
IDS: Final = ("id", "ancestor_id")
TAKES: Final = ("columns", "living")
"""What a scheme of one's own is called with, before its parameters."""

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
"""The column of births that a scheme of one's own adds, so that who reads the run need not have the scheme."""


class Rules(Protocol):
    """What selection reads of a configuration; `alife.configuration.keys.Selection` is one."""

    @property
    def scheme(self) -> str: ...
    @property
    def shuffled(self) -> bool: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def accuracy_weight(self) -> float: ...
    @property
    def tournament_size(self) -> int: ...
    @property
    def truncation(self) -> float: ...


def fitness(accuracy: ArrayLike, replication_error: ArrayLike, weight: float, scheme: str) -> Doubles:
    """w·z(accuracy) + (1−w)·z(−log ρ), or its exponential under roulette.

    Args:
        accuracy: [..., P] of the individuals to compare, most often the living of one island.
        replication_error: [..., P] ρ of the same; raw L_SR plays no part in any scheme.
        weight: w in [0, 1].
        scheme: A name in `SCHEMES`; only roulette changes the scale.

    Returns:
        [..., P] float64. z-scores are over the last axis: 0 where all are equal up to `DUST`, and 0, the mean, for one
        whose score is not finite.
    """
    everyone = np.ones(np.broadcast(accuracy, replication_error).shape, bool)
    mix = _mix(_objectives(accuracy, replication_error), everyone, weight)
    return np.exp(mix) if scheme == "roulette" else mix


@dataclass(frozen=True)
class Choice:
    """Who reproduces on an island.

    Attributes:
        parents: [n_children] int64 slots, one a child, in no order; empty if none lives.
        columns: What goes on record of it beside the scores: with a scheme of one's own, `CHANCE`, [P] float32.
    """

    parents: Ints
    columns: Mapping[str, NDArray[np.float32]]


def is_control(rules: Rules) -> bool:
    """Whether nobody is selected: chances are dealt out at random within the island, or equal."""
    return rules.shuffled or rules.scheme == "drift"


def named(rules: Rules) -> str:
    """What to call the scheme: "truncation", "shuffled" of the shuffled tournament, "shuffled truncation" of others."""
    scheme = plugins.short(rules.scheme)
    return "shuffled" if rules.shuffled and scheme == "tournament" else f"{'shuffled ' * rules.shuffled}{scheme}"


def own_scheme(rules: Rules, again: bool = False) -> Found | None:
    """The scheme of one's own that the configuration names, None if it names a shipped one.

    Raises:
        UserError: As of `alife.plugins.find`.
    """
    return plugins.find(KEY, rules.scheme, rules.parameters, TAKES, again) if plugins.is_own(rules.scheme) else None


def select(
    rules: Rules,
    columns: Mapping[str, NDArray[Any]],
    living: ArrayLike,
    n_children: int,
    seed: int,
    generation: int,
    island: int,
    own: Found | None = None,
) -> Choice:
    """Parents of an island's children.

    Args:
        rules: Scheme and its parameters.
        columns: By name, [P] each, by slot: accuracy and replication_error (ρ), and whatever else a scheme of one's own
            may read; anything for the dead.
        living: [P] bool, who can be chosen.
        n_children: How many children to conceive.
        seed: The run's.
        generation: The parents'.
        island: Where they live.
        own: As of `own_scheme`.

    Raises:
        UserError: A scheme of one's own failed, or what it gave are no chances.
    """
    alive = np.asarray(living, bool)
    slots = np.flatnonzero(alive)
    if own is None:
        chance = probabilities(rules, columns["accuracy"], columns["replication_error"], alive)
        noted: dict[str, NDArray[np.float32]] = {}
    else:
        where = f"in generation {generation} on island {island}"
        chance = _own_chances(own, columns, alive, where) if len(slots) else np.zeros(len(alive))
        noted = {CHANCE["name"]: chance.astype(np.float32)}
    if not len(slots):
        return Choice(slots, noted)
    if rules.shuffled:
        chance[slots] = chance[rng(seed, Stream.SHUFFLE, generation, island).permutation(slots)]
    draw = rng(seed, Stream.SELECTION, generation, island)
    return Choice(draw.choice(len(alive), size=n_children, p=chance).astype(np.int64), noted)


def _own_chances(own: Found, columns: Mapping[str, NDArray[Any]], living: Bools, where: str) -> Doubles:
    """[P] chances that a scheme of one's own gives, summing to 1."""
    given = own(_Given({n: _read_only(values) for n, values in columns.items()}), _read_only(living), where=where)
    expected = f"chances of parenthood, an array of {len(living)} numbers, one an individual, are expected"
    try:
        chance = np.asarray(given)
    except Exception:
        raise own.error(f"gave a {type(given).__name__} {where}: {expected}") from None
    if chance.shape != living.shape or chance.dtype.kind not in "fiub":
        what = f"{chance.dtype} of shape {chance.shape}" if chance.dtype.kind != "O" else type(given).__name__
        raise own.error(f"gave {what} {where}: {expected}")
    chance = chance.astype(np.float64)
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


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    view = values.view()
    view.flags.writeable = False
    return view


def on_trial(own: Found, size: int, names: Iterable[str]) -> None:
    """Call a scheme of one's own with made-up scores, so that one that is wrong is found before anything is made.

    Args:
        own: As of `own_scheme`.
        size: Individuals of an island.
        names: Columns that it will be given.

    Raises:
        UserError: It fails, or what it gives are no chances.
    """
    draw = np.random.default_rng(0)
    columns: dict[str, NDArray[Any]] = {name: draw.random(size, dtype=np.float32) for name in names}
    columns |= {name: np.arange(size, dtype=np.int64) for name in IDS}
    half = np.arange(size) % 2 == 0
    for living in (np.ones(size, bool), half):
        lived = {n: np.where(living, v, np.nan) if v.dtype.kind == "f" else v for n, v in columns.items()}
        _own_chances(own, lived, living, "on trial, with made-up scores")


def expected_offspring(
    rules: Rules, accuracy: ArrayLike, replication_error: ArrayLike, living: ArrayLike, n_children: ArrayLike
) -> Doubles:
    """The number of children that the scheme leads one to expect of each, given the scores and nothing else.

    Args:
        rules: A shipped scheme and its parameters.
        accuracy: [..., P], leading axes being islands or generations that do not compete.
        replication_error: [..., P] ρ.
        living: [..., P] bool; the dead may also pad a short row.
        n_children: [...] children of each row.

    Returns:
        [..., P] float64; a row sums to its n_children, or to 0 if none lives; 0 for the dead. Under a
        control (`is_control`) it is the same for all of the living.
    """
    alive = np.asarray(living, bool)
    chance = _share(alive) if is_control(rules) else probabilities(rules, accuracy, replication_error, alive)
    return np.asarray(n_children)[..., None] * chance


def probabilities(rules: Rules, accuracy: ArrayLike, replication_error: ArrayLike, living: ArrayLike) -> Doubles:
    """[..., P] chances that a child is this one's under a shipped scheme; a row sums to 1, or to 0 if none lives.

    With `shuffled` they are what is dealt out at random within the island.
    """
    alive = np.asarray(living, bool)
    if not alive.any():
        return np.zeros(alive.shape)
    return SCHEMES[rules.scheme](_objectives(accuracy, replication_error), alive, rules)


def _objectives(accuracy: ArrayLike, replication_error: ArrayLike) -> tuple[Doubles, Doubles]:
    rho = np.maximum(np.asarray(replication_error, np.float64), np.finfo(np.float32).tiny)
    return np.asarray(accuracy, np.float64), -np.log(rho)


def _mix(scores: tuple[Doubles, Doubles], living: Bools, weight: float) -> Doubles:
    accuracy, fidelity = (_standardise(score, living) for score in scores)
    return weight * accuracy + (1 - weight) * fidelity


def _standardise(score: Doubles, living: Bools) -> Doubles:
    counted = living & np.isfinite(score)
    value = np.where(counted, score, 0.0)
    number = np.maximum(counted.sum(-1, keepdims=True), 1)
    deviation = np.where(counted, value - value.sum(-1, keepdims=True) / number, 0.0)
    sd = np.sqrt(np.square(deviation).sum(-1, keepdims=True) / number)
    span = np.ptp(deviation, axis=-1, keepdims=True)
    return np.divide(deviation, sd, out=np.zeros_like(deviation), where=span > DUST)


def _places(value: Doubles, living: Bools) -> tuple[Ints, Ints, Ints]:
    """How many of the living are worse than each, [..., P], how many no better, and how many there are, [..., 1]."""
    value = np.where(living, value, -np.inf)
    order = np.argsort(value, axis=-1)
    ranked = np.take_along_axis(value, order, -1)
    here = np.broadcast_to(np.arange(value.shape[-1]), value.shape)
    step = ranked[..., 1:] != ranked[..., :-1]
    edge = np.ones((*value.shape[:-1], 1), bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, step], -1), here, 0), axis=-1)
    last = np.where(np.concatenate([step, edge], -1), here, value.shape[-1])
    last = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
    worse, no_better = np.empty_like(order), np.empty_like(order)
    np.put_along_axis(worse, order, first, -1)
    np.put_along_axis(no_better, order, last + 1, -1)
    dead = (~living).sum(-1, keepdims=True)
    return worse - dead, no_better - dead, value.shape[-1] - dead


def _winners(value: Doubles, living: Bools, size: int) -> Doubles:
    """The best of `size` drawn with replacement; equals share: ((no better)^k − (worse)^k) / n^k / ties."""
    worse, no_better, number = _places(value, living)
    number = np.maximum(number, 1)
    chance = ((no_better / number) ** size - (worse / number) ** size) / np.maximum(no_better - worse, 1)
    return np.where(living, chance, 0.0)


def _tournament(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    return _winners(_mix(scores, living, rules.accuracy_weight), living, rules.tournament_size)


def _truncation(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Uniform over the best share of the living, rounded up; equals at its edge share what is left."""
    worse, no_better, number = _places(_mix(scores, living, rules.accuracy_weight), living)
    kept = np.maximum(np.ceil(rules.truncation * number - 1e-9), 1)
    inside = np.clip(no_better - np.maximum(worse, number - kept), 0, None)
    return np.where(living, inside / np.maximum(no_better - worse, 1) / kept, 0.0)


def _roulette(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    mix = np.where(living, _mix(scores, living, rules.accuracy_weight), -np.inf)
    best = mix.max(-1, keepdims=True, initial=-np.inf)
    weight = np.exp(mix - np.where(np.isfinite(best), best, 0.0))
    total = weight.sum(-1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def _nsga2(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    """Binary tournament on Pareto rank, then crowding distance (Deb et al. 2002); no weight."""
    points = np.stack([_standardise(score, living) for score in scores], axis=-1)
    order = np.zeros(living.shape)
    for row in np.ndindex(living.shape[:-1]):
        alive = living[row]
        if alive.any():
            order[row][alive] = _crowded_order(points[row][alive])
    return _winners(order, living, 2)


def _crowded_order(points: Doubles) -> Ints:
    """[P] integers that are larger for a better point of [P, 2], both coordinates maximised, and equal for equals.

    Crowding is over distinct points (Fortin & Parizeau, GECCO 2013), so that clones are equals instead of being
    favoured by their order.
    """
    unique, inverse = np.unique(points, axis=0, return_inverse=True)
    front = moocore.pareto_rank(unique, maximise=True)
    along = np.lexsort((unique[:, 0], front))
    span = np.ptp(unique, axis=0)
    gap = np.abs(unique[along[2:]] - unique[along[:-2]]) / np.where(span > 0, span, 1.0)
    inner = front[along[2:]] == front[along[:-2]]
    crowding = np.full(len(unique), np.inf)
    crowding[along[1:-1]] = np.where(inner, gap.sum(axis=-1), np.inf)
    _, place = np.unique(np.stack([-front.astype(np.float64), crowding], axis=-1), axis=0, return_inverse=True)
    return place.reshape(-1)[inverse.reshape(-1)]


def _drift(scores: tuple[Doubles, Doubles], living: Bools, rules: Rules) -> Doubles:
    return _share(living)


def _share(living: Bools) -> Doubles:
    return living / np.maximum(living.sum(-1, keepdims=True), 1)


SCHEMES: Final[Mapping[str, Callable[[tuple[Doubles, Doubles], Bools, Rules], Doubles]]] = MappingProxyType(
    {
        "tournament": _tournament,
        "truncation": _truncation,
        "roulette": _roulette,
        "nsga2": _nsga2,
        "drift": _drift,
    }
)
"""Chances of parenthood, [..., P], from (accuracy, −log ρ), who lives, and the rules. Read-only: what is patched in at
run time would go on record under the name of the shipped one."""
