"""Survival against a textbook's table, on runs that die, and of lines of descent."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.data.run import Run
from analysis.evolution.islands import Demes, demes
from analysis.studies.survival import extinct_by, hazards, kaplan_meier, lineages, survival
from tests.support.synthetic import synthetic_run

REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
"""Weeks of 21 patients under 6-MP, of whom the first nine relapsed (Freireich et al. 1963)."""


def ended(last: int, status: str) -> Run:
    run = synthetic_run(last + 1, 1, 4)
    return replace(run, manifest={**run.manifest, "status": status})


def test_it_is_the_product_limit_estimate_of_the_remissions_of_freireich():
    table = kaplan_meier(REMISSION, [True] * 9 + [False] * 12).set_index("generation")
    died = table[table["died"] > 0]
    assert died.index.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert died["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert died["survival"].round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert (died["low"] < died["survival"]).all()
    assert table.loc[23, ["low", "high"]].round(3).tolist() == [0.188, 0.68], "0.448 to the powers exp(±1.96 · 0.374)"


def test_runs_that_ended_alive_are_censored():
    groups = {"a": [ended(3, "extinct"), ended(5, "finished"), ended(5, "finished"), ended(4, "extinct")]}
    table = survival(groups)
    assert table["generation"].tolist() == [3, 4, 5]
    assert table["survival"].tolist() == pytest.approx([0.75, 0.5, 0.5])
    assert table["at_risk"].tolist() == [4, 3, 2]


def test_the_share_that_is_extinct_counts_those_of_whom_it_is_known():
    groups = {"a": [ended(3, "extinct"), ended(5, "finished"), ended(4, "interrupted"), ended(5, "extinct")]}
    early, late = extinct_by(groups, [3, 5])
    assert (early.value, early.n) == (0.25, 4)
    assert (late.value, late.n) == (pytest.approx(2 / 3), 3)
    assert early.low == pytest.approx(0.0063, abs=1e-4)
    assert early.high == pytest.approx(0.8059, abs=1e-4)


def test_lines_last_as_long_as_somebody_descends():
    record = demes(synthetic_run(9, 2, 6, seed=3))
    rows, table = record.tree.rows(2), lineages(synthetic_run(9, 2, 6, seed=3), 2)
    assert table["last"].tolist() == [last_by_walking(record, row) for row in rows]
    assert (table["died"] == (table["last"] < 8)).all()
    assert 0 < table["died"].sum() < len(table)


def last_by_walking(record: Demes, row: int) -> int:
    line, last = [row], int(record.tree.generation[row]) - 1
    while len(line):
        if record.living[line].any():
            last = int(record.tree.generation[line[0]])
        line = np.flatnonzero(np.isin(record.tree.parent, line)).tolist()
    return last


def test_hazards_are_deaths_over_generations_lived_with_the_exact_interval():
    """Of 9 deaths Poisson's interval is 4.115 to 17.085, of none 0 to 3.689."""
    runs = [ended(19, "extinct")] * 9 + [ended(19, "finished")]
    many, none = hazards({"a": runs, "b": runs[-1:]})
    assert (many.value, many.low, many.high) == pytest.approx((45, 20.58, 85.43), abs=0.01)
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, 184.44), abs=0.01)
    assert (many.treatment, many.n) == ("a", 10)
