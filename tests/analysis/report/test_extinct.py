"""What the page of a sweep says of populations that died out."""

from dataclasses import replace
from pathlib import Path

import pytest

from alife.errors import UserError
from analysis import make
from analysis.data.run import Run
from analysis.data.sweep import Sweep
from analysis.report import statements
from analysis.report.of_sweep import page
from analysis.report.page import render
from analysis.studies.survival import Extinct, extinct
from tests.support.synthetic import synthetic_run


def lived(seed: int, weight: float, dies: int | None = None) -> Run:
    """A run of 8 generations, or one that dies out before."""
    gone = {} if dies is None else {"dead_islands": {0: dies}}
    return synthetic_run(8, 1, 8, seed=seed, accuracy_weight=weight, path=f"s/{weight}/{seed}", **gone)


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    heavy = [lived(0, 1.0, 3), lived(1, 1.0, 5), lived(2, 1.0)]
    return Sweep("s", {"w=0": [lived(seed, 0.0) for seed in range(3)], "w=1": heavy})


def test_how_many_died_by_when_is_counted(sweep: Sweep) -> None:
    (found,) = extinct(sweep.groups)
    ends = [run.last for run in sweep.groups["w=1"] if run.is_extinct]
    assert found == Extinct("w=1", 2, 3, max(ends))


def test_where_too_few_live_the_page_says_who_died(sweep: Sweep) -> None:
    said = "2 of 3 runs of w=1 are extinct, by generation"
    text = " ".join(render(page(sweep, [], [], Path("s"))).split())
    assert f"Too few runs that live to say whether this trade-off is there: {said}" in text
    assert "Extinct: 2 of 3 runs of w=1 by generation" in text
    assert f"({said}" in statements.among_treatments_in_short(sweep)


def test_where_nobody_died_nothing_is_said_of_it(sweep: Sweep) -> None:
    alive = Sweep("s", {label: [run for run in runs if not run.is_extinct] for label, runs in sweep.groups.items()})
    text = render(page(alive, [], [], Path("s")))
    assert "xtinct" not in text
    assert "Too few runs to say whether this trade-off is there." in " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("survival", "survival: a figure of sweeps, and this is a run: 'alife report SWEEP' draws it"),
        ("garden", "garden: a figure of assays, and this is a run"),
        ("portrait", "portrait: no such figure: known are plane"),
    ],
)
def test_a_figure_that_is_none_of_a_run_is_said_to_be_whose_it_is(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=why):
        make(replace(synthetic_run(2, 1, 4), path=str(tmp_path)), [name])
