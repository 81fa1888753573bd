"""The individuals that a page shows: which, where each stands in the lineage, and whose descendants they are.

Call `shown` for those of a run: all, or of a large run a sample by a rule that the page states, so that a page of 6
million births stays as small as one of a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife import schema
from alife.errors import UserError
from alife.traits import drawn
from analysis.data.run import Run
from analysis.lineage.layout import arrange
from analysis.lineage.phylogeny import NOBODY, Phylogeny, dominant, line_of_descent, of_run, with_descendants
from analysis.numbers import finite_or_none

Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST: Final = 4_000
"""Individuals on a page."""
LATEST: Final = 1_000
"""Of these, how many may be of the last generation."""
MOST_GENERATIONS: Final = 600
"""Generations on a page; of more, every k-th back from the last."""
DIGITS: Final = 5
"""Significant digits of a score."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Individuals ready for a page.

    Attributes:
        table: A row each: id, ancestor (text: a JavaScript number holds 53 bits), in a run with crossover
            second_ancestor_id (text), in one with survivors age, island, born_on, generation, scores, L_SR, fitness,
            heritable traits, measures of the run's own, offspring, cause; first and beyond, so that b descends from a,
            or is a, if a.first <= b.first < a.beyond; y, the place in the lineage; from_generation and from_y, where
            its nearest ancestor shown stands, None if there is none.
        chosen: Row of the dominant; of the first individual if nobody survived.
        rule: What is shown of how many, in words.
    """

    table: pd.DataFrame
    chosen: int
    rule: str


def shown(run: Run, most: int = MOST, latest: int = LATEST) -> Shown:
    """The individuals of a run for a page: all, or a stated sample.

    Args:
        run: With births.
        most: Rows, about.
        latest: Rows of the last generation, about.

    Raises:
        UserError: The record is damaged.
    """
    tree = of_run(run)
    try:
        line = line_of_descent(tree, dominant(tree))["id"].to_numpy()
    except UserError:
        line = tree.births["id"].to_numpy()[:1]
    keep, rule = _sample(tree, np.flatnonzero(np.isin(tree.births["id"].to_numpy(), line)), most, latest, every(run))
    rows = np.flatnonzero(keep)
    first, beyond = descent_intervals(tree)
    y = arrange(tree, max_tips=len(tree), max_extinct=len(tree)).y
    near = _nearest(tree, keep)[rows]
    rooted = near == NOBODY
    place = {
        "first": first[rows],
        "beyond": beyond[rows],
        "y": y[rows].round(2),
        "from_generation": np.where(rooted, np.nan, tree.generation[near]),
        "from_y": np.where(rooted, np.nan, y[near].round(2)),
    }
    table = pd.concat([_records(tree.births.iloc[rows], run.measures), pd.DataFrame(place)], axis=1)
    chosen = int(np.flatnonzero(tree.births["id"].to_numpy()[rows] == line[-1])[0])
    return Shown(table, chosen, rule)


def every(run: Run) -> int:
    """1, or k if a page shows every k-th generation, counted back from the last."""
    return max(-(-(run.last - run.first + 1) // MOST_GENERATIONS), 1)


def descent_intervals(tree: Phylogeny) -> tuple[Rows, Rows]:
    """[n] numbers in an order in which everybody's descendants follow at once, and where these end."""
    size = with_descendants(tree, np.ones(len(tree), np.int64))
    first = np.zeros(len(tree), np.int64)
    for layer in tree.layers:
        parent = tree.parent[layer]
        start = np.where(parent == NOBODY, 0, first[parent] + 1)
        order = np.argsort(start, kind="stable")
        inside = np.cumsum(size[layer][order]) - size[layer][order]
        _, begin, which = np.unique(start[order], return_index=True, return_inverse=True)
        place = np.empty(len(order), np.int64)
        place[order] = start[order] + inside - inside[begin][which]
        first[layer] = place
    return first, first + size


def _sample(tree: Phylogeny, line: Rows, most: int, latest: int, step: int) -> tuple[Bools, str]:
    n, last = len(tree), tree.rows()
    if n <= most and step == 1:
        return np.ones(n, bool), f"all {n:,} individuals" if n > 1 else "the only individual"
    rng = np.random.default_rng(0)
    keep = np.zeros(n, bool)
    keep[last if len(last) <= latest else rng.choice(last, latest, replace=False)] = True
    generations = tree.generations[::-1][step::step]
    quota = max((most - int(keep.sum())) // max(len(generations), 1), 1)
    for generation in generations:
        rows = tree.rows(generation)
        keep[rows if len(rows) <= quota else rng.choice(rows, quota, replace=False)] = True
    keep[line[(tree.last - tree.generation[line]) % step == 0]] = True
    keep[line[-1]] = True
    of_last = f"all {len(last):,}" if len(last) <= latest else f"{latest:,} of {len(last):,}"
    rule = (
        f"{keep.sum():,} of {n:,} individuals: {of_last} of the last generation, the dominant's line of descent, and "
        f"at most {quota:,} of each other generation, drawn at random; lineage lines lead to the nearest ancestor shown"
    )
    return keep, f"one generation in {step}, and of these {rule}" if step > 1 else rule


def _nearest(tree: Phylogeny, keep: Bools) -> Rows:
    """[n] the row of the nearest ancestor that is kept, or `NOBODY`."""
    near = np.full(len(tree), NOBODY, np.int64)
    for layer in tree.layers[1:]:
        parent = tree.parent[layer]
        near[layer] = np.where(keep[parent], parent, near[parent])
    return near


def _records(births: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    heritable = [name for name in schema.LIFE_HISTORY if name in births]
    scores = [*schema.SCORES, "replication_loss", "fitness", *heritable, *measures]
    scores += ["test_accuracy"] if births["test_accuracy"].notna().any() else []
    founder, second = births["ancestor_id"] == births["id"], births.get(schema.SECOND, births["id"])
    return pd.DataFrame(
        {
            "id": births["id"].astype(str),
            "ancestor": births["ancestor_id"].astype(str).where(~founder, "none: a founder"),
            **({schema.SECOND: second.astype(str).where(second >= 0, "none")} if schema.SECOND in births else {}),
            **({schema.AGE: births[schema.AGE]} if schema.AGE in births else {}),
            "island": births["island"],
            "born_on": births["birth_island"],
            "generation": births["generation"],
            **{name: significant(drawn(name, births[name])) for name in scores},
            "offspring": births["n_offspring"],
            "cause": births["cause_of_death"].astype(str),
        }
    ).reset_index(drop=True)


def significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[n] rounded to `DIGITS` significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(values))))
        rounded = np.round(values * power) / power
    return np.where(np.isfinite(power) & np.isfinite(values), rounded, np.where(values == 0, 0.0, values))


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON takes it: plain values, None where a number is not finite."""
    return [finite_or_none(row) for row in table.to_dict("records")]
