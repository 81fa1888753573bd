"""Sweeps and rivals by hand, planted, and in neutral records."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.evolution.islands import demes
from analysis.evolution.sweeps import rivals, sweep_rate, sweeps
from tests.support.planted import planted, wright_fisher


def test_sweeps_by_hand():
    """Number 3 takes over in two generations, and then number 0 at once."""
    size = 20
    half = [3] * 10 + list(range(10, 20))
    rest = [0] * 20
    record = demes(planted([list(range(size)), half, rest, rest, list(range(size))]))
    table = sweeps(record, first=0)
    assert table.to_dict("list") == {
        "founded": [0, 3],
        "id": [3, 3 << 20],
        "begins": [1, 3],
        "ends": [3, 4],
        "duration": [2, 1],
    }
    assert sweeps(record, first=-1).equals(table)
    assert sweeps(record, first=4).empty
    assert sweeps(record, first=5).empty


def test_selected_clades_sweep_more_often_than_neutral_ones():
    parents = np.concatenate([wright_fisher(31, 100, seed, advantage=1.0) for seed in range(6)])
    rate = sweep_rate(demes(planted(parents)), first=0, shadows=39)
    assert rate["per_100"] > rate["high"]
    assert rate["p"] <= 0.05
    neutral = sweep_rate(demes(planted(wright_fisher(1_501, 30, 1))), first=0, shadows=39)
    assert neutral["low"] <= neutral["per_100"] <= neutral["high"]
    assert 0.5 < neutral["neutral"] * 2 * 30 / 100 < 2


def test_rivals_by_hand():
    table = rivals(demes(planted([[0, 0, 0, 1, 1], [0, 1, 2, 3, 4]])), back=1, first=0, shadows=19)
    assert table[["lead", "second"]].to_numpy().tolist() == [[0.6, 0.4], [0.2, 0.2]]
    assert not table["interference"].any()


def test_two_clades_that_rise_together_interfere_and_one_alone_does_not():
    size, both, alone = 200, [], []
    draw = np.random.default_rng(0)
    for favoured, out in ((2, both), (1, alone)):
        clade = np.arange(size)
        for _ in range(12):
            weight = np.where(clade < favoured, 2.0, 1.0)
            kept = np.arange(favoured)
            out.append(np.concatenate([kept, draw.choice(size, size - favoured, p=weight / weight.sum())]))
            clade = clade[out[-1]]
    last = [rivals(demes(planted(parents)), back=8, first=0, shadows=39).iloc[0] for parents in (both, alone)]
    assert [bool(row["interference"]) for row in last] == [True, False]
    assert last[1]["lead"] > last[1]["lead_band"]


def test_neutral_records_have_little_interference():
    table = pd.concat(rivals(demes(planted(wright_fisher(206, 50, seed))), back=5, first=0) for seed in range(4))
    independent = table.iloc[::6]
    above = int((independent["lead"] > independent["lead_band"]).sum())
    assert stats.binomtest(above, len(independent), 0.05, alternative="greater").pvalue > 0.001
    assert table["interference"].mean() < 0.05


def test_too_short_for_rivals():
    assert rivals(demes(planted([[0, 1, 2]])), back=5, shadows=3).empty
