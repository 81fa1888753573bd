"""How a child's genome comes of the message that it inherits: the mutation operators, shipped and one's own.

Call `operator` for what a `Mutation` names. An operator is a function (message, sigma, random[, parameters]) → genome:
message and genome are [N] float32, sigma is the child's σ, random the child's own generator. One that asks for `shape`
by name is given the network's shape, whose `matrices` are views of a row. Shipped ones keep one rule, so that their
strengths compare: with δ = genome − message, E δ = 0 and E Σδ² = σ²·Σg*².

One of one's own is named in `reproduction.operator`, as `my_mutation.py:scramble`; `on_trial` calls it before anything
is made.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife import plugins
from alife.configuration import operators
from alife.configuration.keys import Reproduction, parse_config
from alife.configuration.operators import LowRank, Sparse
from alife.errors import UserError
from alife.evolution.handed import read_only, row
from alife.organism.shape import Anatomy
from alife.plugins import Found
from alife.streams import Stream, rng

Floats = NDArray[np.float32]
Random = np.random.Generator

KEY: Final = "reproduction.operator"
TAKES: Final = ("message", "sigma", "random")
"""What an operator is called with, before its parameters."""
OFFERS: Final = ("shape",)
"""What it is given too, if it asks for it by name."""

TRIED: Final = 0.05
"""σ of the trial of an operator in a run without birth noise."""


@dataclass(frozen=True)
class Mutation:
    """Which operator newborns are born by: its name, or that of an object of one's own, and its parameters."""

    operator: str
    parameters: Mapping[str, Any]

    @property
    def is_own(self) -> bool:
        """Whether it is an object of one's own."""
        return plugins.is_own(self.operator)


GAUSSIAN: Final = Mutation("gaussian", {})

Operator = Callable[[Floats, float, Random, Callable[[], str]], Floats]
"""(message [N], σ, the child's generator, what says where it failed) → genome [N], a new array."""


def of_rules(rules: Reproduction) -> Mutation:
    """The operator that a configuration names."""
    return Mutation(rules.operator, rules.parameters) if rules.operator != "gaussian" else GAUSSIAN


def dump(mutation: Mutation) -> str:
    """A mutation as JSON."""
    told = {"operator": mutation.operator, "parameters": dict(mutation.parameters)}
    return json.dumps(told, sort_keys=True, allow_nan=False)


def parse(text: str) -> Mutation:
    """What `dump` was given.

    Raises:
        ValueError: It is none, or names no operator that is shipped, nor an object of one's own.
    """
    try:
        told = json.loads(text)
        rules = {"operator": told["operator"], "parameters": told["parameters"]}
        return of_rules(parse_config({"reproduction": rules}).reproduction)
    except (KeyError, TypeError, RecursionError, UserError) as error:
        raise ValueError(f"it names no mutation: {error}") from None


def own_operator(mutation: Mutation, key: str = KEY, again: bool = False) -> Found | None:
    """The object of one's own that a mutation names, None if it names a shipped operator.

    Raises:
        UserError: As of `alife.plugins.find`.
    """
    if not mutation.is_own:
        return None
    return plugins.find(key, mutation.operator, mutation.parameters, TAKES, again, OFFERS)


def operator(mutation: Mutation, shape: Anatomy) -> Operator:
    """What a mutation names, ready to be called.

    Raises:
        UserError: As of `own_operator`; and when it is called, if one of one's own fails or gives no genome.
    """
    own = own_operator(mutation)
    if own is not None:
        return partial(_own_genome, own, shape)
    return _shipped(mutation.operator, json.dumps(dict(mutation.parameters)), shape)


@cache
def _shipped(name: str, parameters: str, shape: Anatomy) -> Operator:
    model, function = operators.OPERATORS[name], OPERATORS[name]
    given: dict[str, Any] = {"parameters": model.model_validate_json(parameters)} if model else {}
    if "shape" in plugins.named_arguments(function):
        given["shape"] = shape
    return lambda message, sigma, random, told: function(message, sigma, random, **given)


def gaussian(message: Floats, sigma: float, random: Random) -> Floats:
    """genome = g* + σ·RMS(g*)·ε, with ε standard normal: every weight alike."""
    genome = random.standard_normal(len(message), dtype=np.float32)
    genome *= np.float32(sigma * _rms(message))
    genome += message
    return genome


def per_matrix(message: Floats, sigma: float, random: Random, *, shape: Anatomy) -> Floats:
    """M + σ·RMS(M)·ε in each matrix M of the network: large weights do not drown those of a matrix of small ones."""
    genome = random.standard_normal(len(message), dtype=np.float32)
    for noise, matrix in zip(shape.matrices(genome), shape.matrices(message), strict=True):
        noise *= np.float32(sigma * _rms(matrix))
    genome += message
    return genome


def sparse(message: Floats, sigma: float, random: Random, parameters: Sparse) -> Floats:
    """g* + σ·RMS(g*)·√(N/k)·ε at k = ⌈share·N⌉ weights drawn without replacement, and g* elsewhere."""
    n = len(message)
    k = max(1, int(np.ceil(parameters.share * n - 1e-9)))
    chosen = random.choice(n, size=k, replace=False, shuffle=False)
    genome = message.copy()
    genome[chosen] += np.float32(sigma * _rms(message) * np.sqrt(n / k)) * random.standard_normal(k, dtype=np.float32)
    return genome


def low_rank(message: Floats, sigma: float, random: Random, parameters: LowRank, *, shape: Anatomy) -> Floats:
    """M + σ·RMS(g*)·U Vᵀ/√r in each matrix M, [a, b], with U [a, r] and V [b, r] standard normal, r the rank."""
    rank = parameters.rank
    genome, scale = message.copy(), np.float32(sigma * _rms(message) / np.sqrt(rank))
    for matrix in shape.matrices(genome):
        left, right = (random.standard_normal((side, rank), dtype=np.float32) for side in matrix.shape)
        matrix += scale * np.einsum("ar,br->ab", left, right)
    return genome


def _rms(weights: Floats) -> float:
    return math.sqrt(np.square(weights, dtype=np.float64).mean())


OPERATORS: Final[Mapping[str, Callable[..., Floats]]] = MappingProxyType(
    {"gaussian": gaussian, "per_matrix": per_matrix, "sparse": sparse, "low_rank": low_rank}
)
"""The shipped operators. Read-only: what is patched in at run time would go on record under the name of another."""

BY_MATRIX: Final = tuple(name for name, each in OPERATORS.items() if "shape" in plugins.named_arguments(each))
"""Those that look at the matrices of a genome."""


def _own_genome(
    own: Found, shape: Anatomy, message: Floats, sigma: float, random: Random, told: Callable[[], str]
) -> Floats:
    """What an operator of one's own makes of a message, if it is a genome."""
    where = told()
    given = own(read_only(message), sigma, random, where=where, shape=shape)
    return row(own, given, {"the message": message}, where, "a new genome")


def on_trial(own: Found, shape: Anatomy, sigma: float) -> None:
    """Call an operator of one's own with a made-up message, so that one that is wrong is found before anything is made.

    Args:
        own: As of `own_operator`.
        shape: Of the run's networks.
        sigma: The run's; 0 is tried as `TRIED`.

    Raises:
        UserError: It fails, what it gives is no genome, or not finite, or other numbers when it is called again.
    """
    where = "on trial, with a made-up message"
    message = np.random.default_rng(0).uniform(-0.1, 0.1, shape.n_weights).astype(np.float32)
    for slot in range(2):
        with np.errstate(invalid="ignore", over="ignore"):
            first, again = (
                _own_genome(
                    own, shape, message, sigma or TRIED, rng(0, Stream.BIRTH_NOISE, 1, 0, slot), lambda: where
                ).copy()
                for _ in range(2)
            )
        wrong = np.flatnonzero(~np.isfinite(first))
        if len(wrong):
            raise own.error(f"gave {first[wrong[0]]} as weight {wrong[0]} {where}: finite weights are expected")
        if not np.array_equal(first, again):
            raise own.error(
                f"gave two genomes for one message and one child {where}: it may depend on nothing but its arguments, "
                "and draw from its random alone, so that a child is born the same again"
            )
