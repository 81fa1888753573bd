"""Planted clades are found with their advantage, and neutral ones are outside of the band as rarely as said."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from alife.errors import UserError
from analysis.evolution.clades import coefficients, shares
from analysis.evolution.islands import demes
from analysis.evolution.sweeps import rivals, sweep_rate
from tests.support.planted import planted, wright_fisher


def test_shares_by_hand():
    record = demes(planted([[0, 0, 1, 1], [0, 0, 1, 2]]))
    assert shares(record, 0, 9).tolist() == [[0.25] * 4, [0.5, 0.5, 0, 0], [0.75, 0.25, 0, 0]]
    assert shares(record, 1, 1).tolist() == [[0.25] * 4, [0.5, 0.25, 0.25, 0]]


def test_no_shadow_is_nothing_to_be_held_against():
    record = demes(planted([[0, 0, 1, 1], [0, 0, 1, 2]]))
    for measure in (coefficients, sweep_rate, rivals):
        with pytest.raises(UserError, match="shadows = 0: ask for one or more"):
            measure(record, shadows=0)


def test_a_clade_is_of_all_islands_and_counts_the_early_dead():
    deaths = np.zeros((3, 4), bool)
    deaths[2, 3] = True
    record = demes(planted([[0, 0, 2, 2], [0, 0, 2, 2]], islands=[0, 0, 1, 1], deaths=deaths))
    assert shares(record, 0, 2)[-1].tolist() == [0.5, 0, 0.5, 0]


def winners(generations: int, size: int, advantage: float, seeds: int) -> Iterator[NDArray[np.int64]]:
    """Parents of the records, among so many, in which the planted clade of the first founder takes over."""
    for seed in range(seeds):
        parents = wright_fisher(generations, size, seed, advantage)
        clade = np.arange(size)
        for each in parents:
            clade = clade[each]
        if (clade == 0).mean() > 0.95:
            yield parents


def test_a_planted_advantage_is_found():
    """Clades of one founder with s = 0.15: the mean is as planted, and the spread is what `drift` says of each."""
    found = []
    for parents in winners(100, 1_000, 0.15, seeds=40):
        table = coefficients(demes(planted(parents)), back=99, first=0, shadows=1)
        found += table.loc[table["id"] == 0, ["s", "drift"]].to_numpy().tolist()
    s, drift = np.array(found).T
    assert len(s) >= 5
    assert s.mean() == pytest.approx(0.15, abs=4 * drift.mean() / np.sqrt(len(s)))
    assert 0.3 < np.sqrt(np.mean(np.square((s - 0.15) / drift))) < 2


def test_a_planted_clade_leaves_the_band():
    parents = next(winners(80, 500, 0.2, seeds=40))
    table = coefficients(demes(planted(parents)), back=79, first=0)
    best = table.loc[table["peak"].idxmax()]
    assert (best["id"], best["outside"], best["p"]) == (0, True, 0.01)
    assert abs(best["s"]) > best["band"] > 0
    assert (table["outside"] == (table["s"].abs() > table["band"])).all()


def test_neutral_cohorts_leave_the_band_as_rarely_as_stated():
    """120 cohorts of neutral records: the number with a clade outside is binomial with 5 %."""
    outside = cohorts = 0
    for seed in range(2):
        record = demes(planted(wright_fisher(1_201, 40, seed)))
        table = coefficients(record, back=20, first=0, seed=seed)
        outside += table.groupby("founded")["outside"].any().sum()
        cohorts += 60
    assert stats.binomtest(int(outside), cohorts, 0.05).pvalue > 0.001


def test_unequal_chances_that_are_not_inherited_are_allowed_for():
    """A tenth of each generation, drawn anew, has nearly all children: lineages drift ten times as fast."""
    draw, size = np.random.default_rng(0), 40
    chance = np.array([draw.permutation(np.where(np.arange(size) < 4, 0.24, 0.04 / 36)) for _ in range(201)])
    parents = [draw.choice(size, size, p=each) for each in chance[:-1]]
    record = demes(planted(parents, {"chance": chance}, scheme="lexicase"))
    uniform, dealt = (
        coefficients(record, back=10, first=0, chances=chances).groupby("founded")["outside"].any()
        for chances in ("uniform", "dealt")
    )
    assert uniform.mean() > 0.4
    assert stats.binomtest(int(dealt.sum()), 20, 0.05).pvalue > 0.001


def test_short_records_have_no_coefficients():
    table = coefficients(demes(planted([[0, 1, 2]])), shadows=9)
    assert table.empty
    assert list(table)[-3:] == ["band", "p", "outside"]
