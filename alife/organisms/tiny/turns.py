"""What individuals of a soup do in an epoch, and what of it can be computed together: call `turns`, then `schedule`.

The paper's soups go round: one after another, each individual attacks, learns from another, and trains itself, and
sees what those before it have done. `schedule` puts what does not touch the same individuals into the same step, so
that many train at once and everybody still meets what he would have met in turn.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Kind = Literal["attack", "learn", "train"]
KINDS: Final[tuple[Kind, ...]] = ("attack", "learn", "train")
"""Steps are of these kinds, in turns."""


@dataclass(frozen=True)
class Turn:
    """What one individual does with others in an epoch, before it trains itself.

    Attributes:
        victim: Whom it attacks, if anybody; it may be itself.
        teacher: Whom it learns from, likewise.
    """

    victim: int | None
    teacher: int | None


@dataclass(frozen=True)
class Step:
    """Acts of one kind: attacks come one after another, others at once.

    Attributes:
        kind: Which.
        acts: (who, on whom); who trains itself has itself.
    """

    kind: Kind
    acts: tuple[tuple[int, int], ...]


def turns(randoms: Sequence[np.random.Generator], dish: int, attack: float, learn_from: float) -> list[Turn]:
    """What each of R individuals is about to do, drawn from its own generator.

    Args:
        randoms: [R].
        dish: Individuals of a soup: the first so many are one, the next so many another.
        attack: Chance of an attack.
        learn_from: Chance to learn from another.
    """
    out = []
    for slot, random in enumerate(randoms):
        first = slot - slot % dish
        attacks, learns = (random.random(2) < (attack, learn_from)).tolist()
        victim, teacher = (first + random.integers(dish, size=2)).tolist()
        out.append(Turn(victim if attacks else None, teacher if learns else None))
    return out


def schedule(plans: Sequence[Turn]) -> Iterator[Step]:
    """Steps that do what individuals do in turn, in the order of the plans.

    An act takes the first step of its kind in which all that comes before it, of those whom it touches, is done.
    """
    free = [0] * len(plans)
    steps: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def put(kind: Kind, who: int, whom: int, taken: int) -> None:
        earliest = max(free[who], free[whom])
        number = earliest + (KINDS.index(kind) - earliest) % len(KINDS)
        steps[number].append((who, whom))
        free[who], free[whom] = number + taken, max(number, free[whom]) if who != whom else number + taken

    for slot, plan in enumerate(plans):
        if plan.victim is not None:
            put("attack", slot, plan.victim, taken=0)  # attacks of a step come in turn
        if plan.teacher is not None:
            put("learn", slot, plan.teacher, taken=1)  # who is learned from may still change in the same step
        put("train", slot, slot, taken=1)
    for number in sorted(steps):
        yield Step(KINDS[number % len(KINDS)], tuple(steps[number]))
