"""Lexicase selection: who is left when cases filter the living one after another, in random order.

`lexicase` is a scheme of `alife.evolution.schemes`. Its chances are NP-hard in general (Dolson 2023); with some ten
cases they are found exactly: which pools can be left, and how probably, is worked out from the largest to the smallest,
each pool once however many orders lead to it.
"""

from collections import defaultdict
from typing import Final

import numpy as np

from alife.configuration.schemes import Lexicase
from alife.evolution.fitness import DUST, Bools, Doubles, Floats, Ints, Rules

LARGEST: Final = 1 << 16
"""Members of all pools together, up to which chances are exact."""

ORDERS: Final = 4096
"""Random orders of cases that chances are estimated from beyond that; a chance p then has the sd √(p(1 − p)/ORDERS)."""

Share = dict[tuple[bytes, bool], float]
"""How probably a pool is left, by its members (int64 as bytes) and whether −log ρ had its turn."""


def lexicase(
    scores: tuple[Doubles, Doubles],
    living: Bools,
    rules: Rules,
    parameters: Lexicase,
    *,
    answers: Floats,
    random: np.random.Generator,
) -> Doubles:
    """Who is left when the accuracy on each class, and −log ρ, filter in random order; ties share.

    Lexicase selection (Spector 2012; Helmuth, Spector and Matheson 2015): each case in turn keeps the best of those
    that are left. Cases are the classes, and −log ρ, so that nobody is selected without replicating. That one is
    continuous, and would keep a single one: it keeps all within `tolerance` median absolute deviations (over the
    living) of the best of those that are left. This is the epsilon-lexicase of La Cava, Spector and Danai (2016), the
    semi-dynamic one of La Cava et al. (2019).

    Args:
        scores: Accuracy, which is not looked at, and −log ρ, [P] each.
        living: [P].
        rules: Not looked at.
        parameters: The tolerance.
        answers: [P, C, C] shares of class a that are answered b.
        random: Draws `ORDERS` orders if the pools that can be left have more than `LARGEST` members together (many
            classes with many ties); chances are estimated from these then, and exact otherwise.

    Returns:
        [P] chances.
    """
    slots = np.flatnonzero(living)
    fidelity = scores[1][slots]
    deviation = np.median(np.abs(fidelity - np.median(fidelity)))
    cases = np.column_stack([np.diagonal(answers[slots], axis1=1, axis2=2), fidelity])
    tolerance = np.zeros(cases.shape[1])
    tolerance[-1] = max(parameters.tolerance * deviation, DUST)
    chance = np.zeros(len(living))
    exact = by_all_orders(cases, tolerance)
    chance[slots] = by_some_orders(cases, tolerance, random) if exact is None else exact
    return chance


def by_all_orders(cases: Doubles, tolerance: Doubles) -> Doubles | None:
    """[n] chances over all orders of the cases, exactly; None if pools have more than `LARGEST` members together.

    A case without tolerance no longer tells apart those whom it has passed, so that a pool, and whether the last case
    has had its turn, say all. Of the cases that do tell a pool apart each is as likely to come first.

    Args:
        cases: [n, m] values, more is better; n at least 1.
        tolerance: [m] below the best that pass, too; 0 but for the last case.
    """
    n, m = cases.shape
    chance, members = np.zeros(n), 0
    pools: defaultdict[int, Share] = defaultdict(dict, {n: {(np.arange(n).tobytes(), False): 1.0}})
    for size in range(n, 0, -1):
        for (pool, had), probability in pools.get(size, {}).items():
            who = np.frombuffer(pool, np.int64)
            passing = _passing(cases[who], tolerance)
            telling = [case for case in np.flatnonzero(~passing.all(0)).tolist() if not (had and case == m - 1)]
            if not telling:
                chance[who] += probability / size
            for case in telling:
                left = who[passing[:, case]]
                after = pools[len(left)]
                key = left.tobytes(), had or case == m - 1
                members += 0 if key in after else len(left)
                after[key] = after.get(key, 0.0) + probability / len(telling)
            if members > LARGEST:
                return None
    return chance


def by_some_orders(cases: Doubles, tolerance: Doubles, random: np.random.Generator) -> Doubles:
    """[n] chances over `ORDERS` random orders of the cases; arguments as of `by_all_orders`."""
    n, m = cases.shape
    chance = np.zeros(n)
    first = [np.flatnonzero(passes) for passes in _passing(cases, tolerance).T]
    for order in random.permuted(np.tile(np.arange(m), (ORDERS, 1)), axis=1).tolist():
        who: Ints = first[order[0]]
        for case in order[1:]:
            if len(who) == 1:
                break
            values = cases[who, case]
            who = who[values >= values.max() - tolerance[case]]
        chance[who] += 1 / len(who)
    return chance / ORDERS


def _passing(values: Doubles, tolerance: Doubles) -> Bools:
    """[n, m] who passes each case first."""
    return values >= values.max(0) - tolerance
