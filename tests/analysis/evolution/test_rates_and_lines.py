"""Heritable rates and lines that last, beside drift: planted selection is found, and neutral records stay inside."""

from dataclasses import replace

import numpy as np
import pytest

from alife.errors import UserError
from analysis.evolution.islands import demes
from analysis.evolution.lines import lines
from analysis.evolution.rates import rates
from tests.support.genealogies import neutral
from tests.support.genealogies import planted as followed
from tests.support.planted import planted, wright_fisher

GENERATIONS, SIZE = 40, 60


def with_rates(seed, selected):
    """A record whose mutation rates step by 0.1 in log, lower ones having more children if `selected`."""
    draw = np.random.default_rng([seed, 3])
    values, parents = [np.log(0.05) + 0.1 * draw.standard_normal(SIZE)], []
    for _ in range(GENERATIONS - 1):
        weight = np.exp(-5 * selected * values[-1])
        parents.append(draw.choice(SIZE, SIZE, p=weight / weight.sum()))
        values.append(values[-1][parents[-1]] + 0.1 * draw.standard_normal(SIZE))
    record = followed(np.array(parents).tolist())
    births = record.tree.births.assign(mutation=np.exp(np.ravel(values)).astype(np.float32))
    return replace(record, traits=(*record.traits, "mutation"), tree=replace(record.tree, births=births))


def test_a_rate_that_is_selected_falls_below_its_shadows():
    table = rates(with_rates(0, selected=True), first=3)
    assert table["trait"].unique().tolist() == ["mutation"]
    last = table.iloc[-1]
    assert last["mean"] < last["low"] < last["neutral"] < last["high"]
    assert last["outside"]
    assert not table["outside"].iloc[0]
    assert (table["low"].iloc[0], table["high"].iloc[0]) == pytest.approx([table["mean"].iloc[0]] * 2)


def test_one_that_only_drifts_stays_among_them():
    ends = [rates(with_rates(seed, selected=False), shadows=19).iloc[-1]["outside"] for seed in range(60)]
    assert 0.02 < np.mean(ends) < 0.25  # 2 of 20 expected


def test_runs_without_heritable_rates_have_none():
    assert rates(followed(neutral(10, 6, 0))).empty
    with pytest.raises(UserError, match="ask for one or more"):
        rates(with_rates(0, False), shadows=0)


def test_lines_of_everybody_with_one_child_last():
    table = lines(followed([list(range(6))] * 9), first=2)
    assert table["generation"].tolist() == list(range(2, 10))
    assert (table["alive"] == 1).all()
    assert (table["hazard"].iloc[1:] == 0).all()
    assert table["neutral"].iloc[-1] < 1


def test_lines_are_counted_by_hand():
    table = lines(followed([[0, 1, 2, 2], [0, 0, 2, 3], [0, 0, 0, 0]]), first=0, shadows=3)
    assert table["alive"].tolist() == [1, 0.75, 0.5, 0.25]
    assert table["hazard"].tolist() == pytest.approx([np.nan, 0.25, 1 / 3, 0.5], nan_ok=True)


def test_lines_under_selection_end_sooner_and_neutral_ones_do_not():
    def below(advantage, seed):
        parents = wright_fisher(30, 80, seed, advantage, founders=1, since=3)
        last = lines(demes(planted(parents)), first=3, shadows=39).iloc[15]
        return last["alive"] < last["low"]

    assert np.mean([below(2.0, seed) for seed in range(8)]) > 0.8
    assert np.mean([below(0.0, seed) for seed in range(40)]) < 0.2
