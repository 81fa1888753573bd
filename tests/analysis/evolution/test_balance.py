"""Balance of trees: textbook shapes, Yule's expectation, and neutral reproduction of the same demography."""

import math

import numpy as np
import pandas as pd
import pytest

from alife.errors import UserError
from analysis.evolution.balance import against_neutral
from analysis.evolution.islands import Demes, demes
from analysis.evolution.neutral import shadow
from analysis.lineage.metrics import metrics_through_time, yule_sackin
from analysis.lineage.phylogeny import phylogeny
from tests.support.genealogies import planted, record
from tests.support.synthetic import synthetic_run

CATERPILLAR = [[0, 0], [0, 0, 1], [0, 0, 1, 2], [0, 0, 1, 2, 3]]
BALANCED = [[0, 0], [0, 0, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3]]
STAR = [[0] * 6]


@pytest.mark.parametrize(
    ("parents", "sackin", "tips"),
    [
        (CATERPILLAR, 5 * 6 // 2 - 1, 5),  # n(n + 1)/2 − 1, the least balanced
        (BALANCED, 8 * 3, 8),  # n·log₂ n, the most balanced that forks in two
        (STAR, 6, 6),
    ],
)
def test_textbook_trees(parents, sackin, tips):
    found = metrics_through_time(phylogeny(record(parents)), [len(parents)], by_island=False).iloc[0]
    assert (found["sackin_index"], found["size"]) == (sackin, tips)
    assert found["sackin_yule"] == pytest.approx(2 * tips * sum(1 / j for j in range(2, tips + 1)))
    assert found["sackin_ratio"] == pytest.approx(sackin / found["sackin_yule"])


def test_yule_by_hand_and_summed_over_founders():
    assert yule_sackin(1) == 0
    assert yule_sackin(2) == 2
    assert yule_sackin(4) == pytest.approx((1 * 8 + 2 * 9) / 3), (
        "of four tips a third are balanced (8), the rest not (9)"
    )
    two = phylogeny(record([[0, 0, 1, 1, 1]]))
    assert metrics_through_time(two, [1], by_island=False)["sackin_yule"].iloc[0] == 2 + yule_sackin(3)


def test_coalescents_of_large_populations_have_yules_mean():
    """Kingman's: any two of the lineages that are left are the next to meet."""
    draw, n = np.random.default_rng(3), 12
    found = []
    for _ in range(300):
        depth, lineages = np.zeros(n), [[i] for i in range(n)]
        while len(lineages) > 1:
            i, j = sorted(draw.choice(len(lineages), 2, replace=False).tolist())
            merged = lineages[i] + lineages.pop(j)
            lineages[i] = merged
            depth[merged] += 1
        found.append(depth.sum())
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - yule_sackin(n)) < 3 * error


def wright_fisher(seed: int, size: int = 24, generations: int = 80, inherited: float = 0.0) -> Demes:
    """Parents drawn in proportion to exp(fitness), which children inherit with a step of `inherited`."""
    draw = np.random.default_rng(seed)
    fitness, parents = np.zeros(size), []
    for _ in range(generations):
        weights = np.exp(fitness - fitness.max())
        chosen = draw.choice(size, size, p=weights / weights.sum())
        fitness = fitness[chosen] + inherited * draw.standard_normal(size)
        parents.append(chosen.tolist())
    return planted(parents)


def test_neutral_reproduction_is_within_its_own_bounds_and_below_yule():
    found = pd.concat([against_neutral(wright_fisher(seed), shadows=40) for seed in range(14)])
    inside = (found["low"] <= found["sackin_index"]) & (found["sackin_index"] <= found["high"])
    assert inside.mean() > 0.7
    assert found["ratio"].mean() == pytest.approx(1, abs=0.1)
    assert 0.35 < found["p"].mean() < 0.75
    assert (found["neutral"] < yule_sackin(24)).all(), "polytomies of a small population are no sign of balance"


def test_sweeps_of_inherited_success_are_out_of_neutral_bounds():
    found = pd.concat([against_neutral(wright_fisher(seed, inherited=0.5), shadows=40) for seed in range(8)])
    assert found["ratio"].mean() < 0.9
    assert (found["p"] < 0.1).any()


def test_a_line_that_keeps_having_more_children_is_less_balanced_than_neutral():
    """The first of a generation has two children, the others one, but the last, who has none: a caterpillar."""
    size = 12
    found = against_neutral(planted([[0, *range(size - 1)]] * 60), shadows=40).iloc[0]
    assert found["sackin_index"] == size * (size + 1) // 2 - 1
    assert found["sackin_index"] > found["high"]
    assert found["p"] < 0.06


def test_dealt_keeps_the_demography_and_the_draws_are_keyed():
    known_of = demes(synthetic_run(10, 3, 8, migrate_every=2, death_rate=0.1))
    tree = known_of.tree
    other, again, third = (shadow(known_of, number, 1, "permuted") for number in (0, 0, 1))
    assert (other == again).all()
    assert (other != third).any()
    births = tree.births
    known = tree.parent >= 0
    assert (known == (other >= 0)).all()
    for column in ("island", "generation", "cause_of_death"):
        values = births[column].to_numpy()
        assert (values[other[known]] == values[tree.parent[known]]).all()
    for deme in births.groupby(["island", "generation"]).indices.values():
        counts = [np.sort(np.bincount(parent[known], minlength=len(tree))[deme]) for parent in (tree.parent, other)]
        assert (counts[0] == counts[1]).all()


def test_one_alone_has_no_balance_and_no_replicate_is_refused():
    tree = planted([[0], [0]])
    assert np.isnan(against_neutral(tree, shadows=2)[["ratio", "p"]]).all(axis=None)
    with pytest.raises(UserError, match="one replicate or more"):
        against_neutral(tree, shadows=0)
    with pytest.raises(UserError, match="generation 9 is not on record"):
        against_neutral(tree, [9], shadows=1)
