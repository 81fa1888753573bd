"""Traits through the generations: quantiles, intervals over runs, windows of long runs, and the figure."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alife.errors import UserError
from alife.traits import TRAITS
from alife.words import count
from analysis.data.run import Run, lived
from analysis.evolution.trajectories import deaths, quantiles
from analysis.figures import canvas
from analysis.figures.bands import MAX_GENERATIONS, fewer, over_runs, there, windows
from analysis.figures.hypervolume import hypervolume
from analysis.figures.trajectories import SHOWN, traits
from tests.support.synthetic import EDGES, synthetic_run


def panels(figure: Figure) -> dict[str, Axes]:
    """Axes by their y label."""
    return {ax.get_ylabel(): ax for ax in figure.axes}


def legend(figure: Figure) -> str:
    labels = [text.get_text() for ax in figure.axes if ax.get_legend() for text in ax.get_legend().get_texts()]
    return "\n".join(label.replace("\n", " ").replace("\u00a0", " ") for label in labels)


def draw(figure: Figure) -> Figure:
    figure.draw_without_rendering()
    return figure


@settings(deadline=None)
@given(st.sampled_from([name for name in SHOWN if name != "early_deaths"]), st.integers(0, 3))
def test_quantiles_are_over_those_that_lived_and_have_a_value(trait: str, seed: int) -> None:
    run = synthetic_run(6, 3, 7, seed, death_rate=0.2)
    found = quantiles(run, trait).set_index("generation")
    by = lived(run.births).groupby("generation")[trait]
    np.testing.assert_allclose(found[["q05", "median", "q95"]], by.quantile([0.05, 0.5, 0.95]).unstack(), rtol=1e-5)
    assert found["n"].tolist() == by.count().tolist()


def test_without_births_quantiles_are_the_islands() -> None:
    run = synthetic_run(6, 3, 7)
    bare = replace(run, births=run.births.head(0))
    found = quantiles(bare, "accuracy").set_index("generation")
    by = lived(run.births).groupby(["generation", "island"])["accuracy"]
    expected = by.median().groupby("generation").median()
    np.testing.assert_allclose(found["median"], expected, rtol=1e-5)
    assert (found["n"] == 3).all()


def test_deaths_are_shares_of_the_newborns() -> None:
    run = synthetic_run(10, 2, 20, death_rate=0.3)
    births = run.births
    for cause in ("diverged", "collapsed"):
        expected = (births["cause_of_death"] == cause).groupby(births["generation"]).mean()
        np.testing.assert_allclose(deaths(run)[cause], expected)
    assert (deaths(run)["n"] == 40).all()


def test_an_interval_over_runs_covers_the_median_of_its_population() -> None:
    draw_from = np.random.default_rng(0)
    covered = []
    for _ in range(60):
        _, low, high = over_runs(draw_from.normal(3, 1, (15, 5)))
        covered.append((low <= 3) & (high >= 3))
    assert 0.88 <= np.mean(covered) <= 1


def test_an_interval_needs_three_runs_and_differences() -> None:
    middle, low, high = over_runs(np.array([[1.0, 2, np.nan], [1, 4, np.nan], [1, np.nan, np.nan]]))
    np.testing.assert_array_equal(middle, [1, 3, np.nan])
    np.testing.assert_array_equal(low, [1, np.nan, np.nan])
    np.testing.assert_array_equal(high, [1, np.nan, np.nan])


def test_long_runs_are_shown_in_windows_with_founders_apart() -> None:
    table = pd.DataFrame({"x": np.arange(5.0 * MAX_GENERATIONS)})
    short, note = windows(table)
    assert len(short) <= MAX_GENERATIONS + 1
    assert (short.index[0], short["x"].iloc[0]) == (0, 0)
    assert short["x"].iloc[1] == 3
    assert "means of 5 generations" in note
    same, nothing = windows(table.head(MAX_GENERATIONS))
    assert len(same) == MAX_GENERATIONS
    assert nothing == ""


def test_the_figure_of_a_run_names_its_band_its_islands_and_the_floor() -> None:
    run = synthetic_run(12, 3, 8, death_rate=0.1)
    figure = draw(traits(run))
    words = legend(figure)
    assert "median and 5–95 % of individuals that lived to the end, n ≤ 24 a generation" in words
    assert "median of each of 3 islands" in words
    assert "noise floor ρ = σ²" in words
    assert "died early: diverged" in words
    assert "generation 0: founders" in words
    shown = panels(figure)
    assert {TRAITS[name].axis for name in SHOWN} <= shown.keys()
    floor = [line.get_ydata()[0] for line in shown["replication error ρ"].lines if len(set(line.get_ydata())) == 1]
    assert any(value == pytest.approx(0.0025) for value in floor)
    assert shown["replication error ρ"].get_yscale() == "log"
    assert "seed 0" in figure.get_suptitle()


def test_the_line_of_a_run_is_the_median_of_its_individuals() -> None:
    run = synthetic_run(12, 2, 9)
    ax = panels(traits(run, names=["accuracy"]))["selection accuracy"]
    line = max(ax.lines, key=lambda line: line.get_linewidth())
    expected = lived(run.births).groupby("generation")["accuracy"].median()
    np.testing.assert_allclose(line.get_ydata(), expected[1:], rtol=1e-6)
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 12))


def test_runs_that_ended_early_are_said_to_have() -> None:
    """Six runs, of which two end early: from there on the line is the mean of four."""
    runs = [synthetic_run(6 if seed < 2 else 12, 1, 8, seed, death_rate=0) for seed in range(6)]
    words = legend(draw(traits(runs)))
    assert "mean and its 95 % interval, n = 6 runs, 4 from generation 6 on" in words
    figure = canvas.figure_of(hypervolume(runs))
    assert "n = 6 runs, 4 from generation 6 on" in legend(draw(figure))
    two = legend(draw(traits({"a": runs[1:3], "b": runs[2:3]})))
    assert "a: mean of 2 runs, 1 from generation 6 on" in two
    assert "b: mean of 1 run" in two
    many = pd.DataFrame({k: np.where(np.arange(12) < 2 * k + 1, 1.0, np.nan) for k in range(6)})
    assert there(many, "run") == "6 runs, 0 to 6 by generation"
    dead = legend(draw(traits(synthetic_run(9, 2, 6, dead_islands={0: 3}))))
    assert "median of each of 2 islands, 1 from generation" in dead


def test_networks_that_diverged_are_said_to_have() -> None:
    values = pd.Series([1.0, 1.0, 1.0, 1.0, np.nan, 1.0])
    when = pd.Series([0, 0, 0, 1, 1, 1])
    assert fewer(values, when, "networks") == " (2 of 3 networks at the end)"
    assert fewer(values.fillna(1.0), when, "networks") == ""


def test_treatments_are_told_apart_and_counted() -> None:
    groups = {"selected": [synthetic_run(6, 1, 8, s) for s in range(4)], "shuffled": [synthetic_run(5, 1, 8)]}
    figure = draw(traits(groups))
    words = legend(figure)
    assert "selected: mean and its 95 % interval, n = 4 runs" in words
    assert "shuffled: mean of 1 run" in words
    lines = {str(line.get_color()) for line in panels(figure)["selection accuracy"].lines if line.get_linewidth() > 1}
    assert len(lines) == 2


def test_two_runs_are_shown_as_they_are_without_an_interval() -> None:
    figure = draw(traits([synthetic_run(6, 1, 8, seed) for seed in range(2)]))
    assert "interval" not in legend(figure)
    assert "mean of 2 runs" in legend(figure)
    assert "each run" in legend(figure)
    assert not panels(figure)["selection accuracy"].collections


def test_runs_of_different_length_share_a_figure() -> None:
    runs = [synthetic_run(length, 1, 8) for length in (4, 6, 9, 9)]
    line = max(panels(draw(traits(runs)))["selection accuracy"].lines, key=lambda line: line.get_linewidth())
    assert line.get_xdata()[-1] == 8
    assert np.isfinite(line.get_ydata()).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("world", EDGES.values(), ids=EDGES)
def test_odd_runs_have_sensible_figures(world: dict) -> None:
    run = synthetic_run(**world)
    figure = draw(traits(run))
    draw(traits([run, run, run]))
    if world.get("death_rate") == 1:
        assert [text.get_text() for text in panels(figure)["copying error"].texts] == ["no finite value"]
    if not run.generations[["diverged", "collapsed"]].any(axis=None):
        texts = [text.get_text() for text in panels(figure)["early deaths (share)"].texts]
        assert texts == [f"none among\n{count(len(run.births), 'newborn')}"]
    assert ("extinct" in legend(figure)) == (run.manifest["status"] == "extinct")


@pytest.mark.filterwarnings("error")
def test_one_generation_is_points_and_no_line() -> None:
    figure = draw(traits(synthetic_run(1, 2, 8), names=["accuracy", "self_error"]))
    assert all(line.get_linestyle() == "None" for line in panels(figure)["selection accuracy"].lines)
    assert "median and 5–95 % of individuals that lived to the end, n ≤ 16 a generation" in legend(figure)


@pytest.mark.filterwarnings("error")
def test_long_runs_without_births_are_drawn_from_their_generations() -> None:
    run = synthetic_run(2 * MAX_GENERATIONS + 3, 2, 4)
    figure = draw(traits(replace(run, births=run.births.head(0))))
    words = legend(figure)
    assert "medians of n = 2 islands; means of 3 generations" in words
    assert TRAITS["replication_loss"].label not in panels(figure)


def test_runs_without_a_task_show_no_accuracy() -> None:
    shown = panels(draw(traits(synthetic_run(4, 1, 6, has_task=False))))
    assert not {"selection accuracy", "newborn accuracy"} & shown.keys()
    assert "copying error" in shown


def test_several_runs_without_deaths_say_so() -> None:
    figure = draw(traits([synthetic_run(3, 1, 4, seed, death_rate=0) for seed in range(3)]))
    assert [text.get_text() for text in panels(figure)["early deaths (share)"].texts] == ["none among\n36 newborns"]


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (synthetic_run(0), "no committed generation yet"),
        ([], "no run to draw"),
        ({"a": []}, "no run to draw"),
    ],
)
def test_nothing_to_draw_is_one_line(runs: Run | list, words: str) -> None:
    with pytest.raises(UserError, match=words):
        traits(runs)


def test_an_unknown_trait_names_the_known() -> None:
    with pytest.raises(UserError, match="beauty: no such trait: known are accuracy, "):
        traits(synthetic_run(2, 1, 4), names=["accuracy", "beauty"])
    with pytest.raises(UserError, match="it has no accuracy, nothing to draw: name other"):
        traits(synthetic_run(2, 1, 4, has_task=False), names=["accuracy"])
