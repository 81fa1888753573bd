"""How a child of two parents gets its message from what both printed: crossover operators, shipped and one's own.

Call `operator` for what a configuration names. An operator is a function (message, other, random) → message, all [N]
float32, random being the child's own generator; one that asks for `shape` by name is given the network's shape, whose
`matrices` are views of a row. Neither what is given first nor second is preferred by the shipped ones: each weight of
the child is one parent's or the other's, with equal chance. Mutation strikes afterwards, at birth.

One of one's own is named in `reproduction.crossover_operator`, as `my_crossover.py:mean`; `on_trial` calls it before
anything is made.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from alife import plugins
from alife.evolution.handed import read_only, row
from alife.evolution.mutation import Floats, Random
from alife.organism.shape import Anatomy
from alife.plugins import Found
from alife.streams import Stream, rng

KEY: Final = "reproduction.crossover_operator"
TAKES: Final = ("message", "other", "random")
"""What an operator is called with."""
OFFERS: Final = ("shape",)
"""What it is given too, if it asks for it by name."""

Operator = Callable[[Floats, Floats, Random, str], Floats]
"""(message [N], the other's [N], the child's generator, where it would fail) → the child's message [N], a new array."""


def own_operator(name: str, again: bool = False) -> Found | None:
    """The object of one's own that a configuration names, None if it names a shipped operator.

    Raises:
        UserError: As of `alife.plugins.find`.
    """
    return plugins.find(KEY, name, {}, TAKES, again, OFFERS) if plugins.is_own(name) else None


def operator(name: str, shape: Anatomy) -> Operator:
    """What a configuration names, ready to be called.

    Raises:
        UserError: As of `own_operator`; and when it is called, if one of one's own fails or gives no message.
    """
    own = own_operator(name)
    if own is not None:
        return partial(_own_message, own, shape)
    function = OPERATORS[name]
    given: dict[str, Any] = {"shape": shape} if "shape" in plugins.named_arguments(function) else {}
    return lambda message, other, random, where: function(message, other, random, **given)


def units(message: Floats, other: Floats, random: Random, *, shape: Anatomy) -> Floats:
    """Each unit's incoming weights, a row of a matrix, as a whole from either parent (Montana and Davis 1989)."""
    child = message.copy()
    for mine, theirs in zip(shape.matrices(child), shape.matrices(other), strict=True):
        taken = _coins(random, len(mine))
        mine[taken] = theirs[taken]
    return child


def weights(message: Floats, other: Floats, random: Random) -> Floats:
    """Each weight by itself from either parent: uniform crossover (Syswerda 1989)."""
    return np.where(_coins(random, len(message)), other, message)


def matrices(message: Floats, other: Floats, random: Random, *, shape: Anatomy) -> Floats:
    """Each matrix, a whole layer or head, from either parent."""
    child = message.copy()
    for mine, theirs in zip(shape.matrices(child), shape.matrices(other), strict=True):
        if _coins(random, 1)[0]:
            mine[:] = theirs
    return child


def _coins(random: Random, count: int) -> np.ndarray:
    """[count] bool, each true with a chance of one half."""
    return random.random(count) < 0.5


OPERATORS: Final[Mapping[str, Callable[..., Floats]]] = MappingProxyType(
    {"units": units, "weights": weights, "matrices": matrices}
)
"""The shipped operators. Read-only: what is patched in at run time would go on record under the name of another."""


def _own_message(own: Found, shape: Anatomy, message: Floats, other: Floats, random: Random, where: str) -> Floats:
    """What an operator of one's own makes of two messages, if it is a message that can be handed on."""
    given = own(read_only(message), read_only(other), random, where=where, shape=shape)
    child = row(own, given, {"the message": message, "the other message": other}, where, "a new message")
    wrong = np.flatnonzero(~np.isfinite(child))
    if len(wrong):
        raise own.error(f"gave {child[wrong[0]]} as weight {wrong[0]} {where}: finite weights are expected")
    return child


def on_trial(own: Found, shape: Anatomy) -> None:
    """Call an operator of one's own with made-up messages, so that one that is wrong is found before anything is made.

    Args:
        own: As of `own_operator`.
        shape: Of the run's networks.

    Raises:
        UserError: It fails, what it gives is no message, or not finite, or other numbers when it is called again.
    """
    where = "on trial, with made-up messages"
    pair = np.random.default_rng(0).uniform(-0.1, 0.1, (2, shape.n_weights)).astype(np.float32)
    for slot in range(2):
        with np.errstate(invalid="ignore", over="ignore"):
            first, again = (
                _own_message(own, shape, pair[0], pair[1], rng(0, Stream.MATE, 1, 0, slot), where).copy()
                for _ in range(2)
            )
        if not np.array_equal(first, again):
            raise own.error(
                f"gave two messages for one child {where}: it may depend on nothing but its arguments, and draw from "
                "its random alone, so that a child is conceived the same again"
            )
