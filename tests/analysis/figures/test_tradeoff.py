"""Fronts, hypervolume and attainment against slow second implementations, and the figures that show them."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.axes import Axes
from numpy.typing import NDArray

from alife.errors import UserError
from alife.traits import SMALLEST
from analysis.data.run import Run
from analysis.evolution.fronts import attainment_rectangles, attainment_surface, hypervolumes, pareto_front, reference
from analysis.evolution.fronts import hypervolume as dominated
from analysis.figures import canvas, palette
from analysis.figures.attainment import attainment, attainment_difference
from analysis.figures.hypervolume import hypervolume
from analysis.figures.plane import MAX_POINTS, plane
from tests.support.synthetic import EDGES, synthetic_run

Floats = NDArray[np.float64]

GRID = [0.001, 0.004, 0.02, 0.1, 0.5, 1.0, 3.0]
individuals = st.tuples(st.sampled_from(GRID), st.sampled_from([0.0, 0.1, 0.25, 0.6, 0.9]))
populations = st.lists(individuals, min_size=1, max_size=12).map(np.array)


def run_of(points: Sequence[tuple[float, float]] | Floats) -> Run:
    """A run whose only generation is these (ρ, accuracy); nobody survives if there are none."""
    run = synthetic_run(1, 1, max(len(points), 1), death_rate=0 if len(points) else 1)
    if not len(points):
        return run
    values = np.asarray(points, np.float64)
    return replace(run, births=run.births.assign(replication_error=values[:, 0], accuracy=values[:, 1]))


def attained(points: Floats, rho: float, accuracy: float) -> bool:
    return any(p <= rho and a >= accuracy for p, a in points)


def texts(ax: Axes) -> str:
    legend = ax.get_legend()
    parts = [text.get_text() for text in (*ax.texts, *(legend.get_texts() if legend else ()))]
    return "\n".join([*parts, ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")]).replace("\u00a0", " ")


def draw(ax: Axes) -> Axes:
    canvas.figure_of(ax).draw_without_rendering()
    return ax


# numbers


@settings(deadline=None)
@given(populations)
def test_the_front_is_what_nobody_dominates(points: Floats) -> None:
    front = pareto_front(points)
    unbeaten = {
        tuple(p) for p in points if not any((q[0] <= p[0] and q[1] >= p[1]) and tuple(q) != tuple(p) for q in points)
    }
    assert {tuple(p) for p in points[front]} == unbeaten
    assert len(front) == len(unbeaten)
    assert (np.diff(points[front, 0]) > 0).all()
    assert (np.diff(points[front, 1]) > 0).all()


def test_what_is_not_finite_is_on_no_front() -> None:
    points = np.array([[np.nan, 0.9], [0.1, 0.5], [0.2, np.nan], [np.inf, 1.0], [0.05, 0.4]])
    assert pareto_front(points).tolist() == [4, 1]
    assert dominated(points) == dominated(points[[1, 4]])
    assert len(pareto_front(np.full((3, 2), np.nan))) == 0


def area(points: Floats, reference: tuple[float, float] = (1.0, 0.0)) -> float:
    """Hypervolume strip by strip: on each stretch of log ρ, the best accuracy that is attained there."""
    edges = np.unique([np.log10(reference[0]), *np.log10(np.minimum(points[:, 0], reference[0]))])
    total = 0.0
    for left, right in itertools.pairwise(edges):
        best = max((a for p, a in points if np.log10(p) <= left), default=reference[1])
        total += (right - left) * max(best - reference[1], 0)
    return total


@settings(deadline=None)
@given(hnp.arrays(float, st.tuples(st.integers(1, 40), st.just(2)), elements=st.floats(0.001, 4)))
def test_hypervolume_is_the_area_under_the_steps(points: Floats) -> None:
    points[:, 1] = np.minimum(points[:, 1], 1)
    assert dominated(points) == pytest.approx(area(points), abs=1e-9)


def test_hypervolume_is_the_share_of_random_places_that_are_dominated() -> None:
    draw = np.random.default_rng(1)
    points = np.column_stack([10 ** draw.uniform(-2.5, 0.2, 30), draw.uniform(0.2, 0.9, 30)])
    places = np.column_stack([draw.uniform(-3, 0, 40_000), draw.uniform(0, 1, 40_000)])
    better = (np.log10(points[:, 0])[:, None] <= places[:, 0]) & (points[:, 1][:, None] >= places[:, 1])
    assert dominated(points) == pytest.approx(3 * better.any(axis=0).mean(), abs=0.03)


def test_hypervolume_of_one_network_is_decades_times_accuracy() -> None:
    assert dominated([[0.01, 0.5]]) == pytest.approx(2 * 0.5)
    assert dominated([[1.1, 0.9]]) == 0
    assert dominated(np.empty((0, 2))) == 0
    assert dominated([[0.0, 0.5]]) == pytest.approx(-np.log10(SMALLEST) * 0.5)


def test_hypervolumes_of_a_run_are_those_of_its_survivors() -> None:
    run = synthetic_run(6, 3, 8, death_rate=0.2, dead_islands={1: 3})
    table = hypervolumes(run).set_index(["generation", "island"])
    alive = run.births[run.births["cause_of_death"] == "generation_end"]
    for generation in range(6):
        now = alive[alive["generation"] == generation]
        assert table.loc[(generation, -1), "hypervolume"] == dominated(now[["replication_error", "accuracy"]])
        assert table.loc[(generation, -1), "n"] == len(now)
        there = now[now["island"] == 2]
        assert table.loc[(generation, 2), "hypervolume"] == dominated(there[["replication_error", "accuracy"]])
    assert table.loc[(3, 1)].tolist() == [0, 0]
    assert (4, 1) not in table.index


def test_hypervolume_is_measured_from_chance() -> None:
    run = synthetic_run(3, 1, 8)
    assert reference(run) == (1, 0), "nothing is on record of its data"
    task = {"counts": {"select": [30, 10, 10, 50]}}
    tilted = replace(run, manifest=run.manifest | {"task": task})
    assert reference(tilted) == (1, 0.5)
    even = replace(run, manifest=run.manifest | {"task": {"counts": {"select": [20] * 10}}})
    assert reference(even) == (1, 0.1)
    numbers = replace(run, manifest=run.manifest | {"task": task | {"kind": "regression"}})
    assert reference(numbers) == (1, 0)
    now = run.births[(run.births["cause_of_death"] == "generation_end") & (run.births["generation"] == 2)]
    found = hypervolumes(even).set_index(["generation", "island"]).loc[(2, -1), "hypervolume"]
    assert found == dominated(now[["replication_error", "accuracy"]], (1, 0.1))
    assert found < hypervolumes(run).set_index(["generation", "island"]).loc[(2, -1), "hypervolume"]
    assert "accuracy = 0.1 (chance); ρ on" in texts(draw(hypervolume(even))).replace("\n", " ")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(individuals, max_size=6), min_size=1, max_size=5), st.data())
def test_the_attainment_surface_is_where_enough_runs_attain(runs: list, data: st.DataObject) -> None:
    enough = data.draw(st.integers(1, len(runs)))
    surface = attainment_surface([run_of(points) for points in runs], 100 * enough / len(runs))
    for rho in GRID:
        for accuracy in (0.0, 0.1, 0.2, 0.6, 0.7, 0.9):
            count = sum(attained(np.array(points).reshape(-1, 2), rho * (1 + 1e-9), accuracy - 1e-9) for points in runs)
            assert attained(surface, rho * (1 + 2e-6), accuracy - 2e-6) == (count >= enough)


@settings(deadline=None, max_examples=40)
@given(*[st.lists(st.lists(individuals, max_size=5), min_size=1, max_size=4)] * 2)
def test_the_rectangles_are_where_shares_of_runs_differ(a: list, b: list) -> None:
    tiles = attainment_rectangles([run_of(points) for points in a], [run_of(points) for points in b])
    for rho in (0.002, 0.01, 0.05, 0.3, 0.7, 2.0, 9.0):
        for accuracy in (0.05, 0.2, 0.5, 0.8, 0.95):
            shares = [np.mean([attained(np.array(p).reshape(-1, 2), rho, accuracy) for p in runs]) for runs in (a, b)]
            here = (tiles[:, 0] <= rho) & (rho < tiles[:, 2]) & (tiles[:, 1] < accuracy) & (accuracy <= tiles[:, 3])
            assert here.sum() <= 1
            assert tiles[here, 4].sum() == pytest.approx(shares[0] - shares[1])


def test_generations_that_are_not_there_are_refused() -> None:
    long, short = synthetic_run(6, 1, 4), synthetic_run(4, 1, 4)
    assert len(attainment_surface([long, short], 50)) > 0
    with pytest.raises(UserError, match="no generation 5: on record are 0 to 3"):
        attainment_surface([long, short], 50, generation=5)
    with pytest.raises(UserError, match="no committed generation"):
        attainment_surface([synthetic_run(0)], 50)


# figures


def test_the_plane_names_the_floor_and_sets_founders_apart() -> None:
    run = synthetic_run(20, 2, 12, death_rate=0.05)
    ax = draw(plane(run))
    words = texts(ax)
    alive = (run.births["cause_of_death"] == "generation_end").sum()
    assert ax.get_xscale() == "log"
    assert "noise floor ρ = σ² = 0.0025" in words
    assert any(line.get_xdata()[0] == pytest.approx(0.0025) for line in ax.lines)
    assert "generation 0: founders" in words
    assert f"{alive} individuals ({len(run.births) - alive} more died early)" in words.replace("\n", " ")
    assert "Pareto fronts of generations 0, 1, 10, 19" in words
    drawn = sorted(len(cloud.get_offsets()) for cloud in ax.collections)
    founders = ((run.births["generation"] == 0) & (run.births["cause_of_death"] == "generation_end")).sum()
    assert drawn == sorted([founders, alive - founders])


def test_the_plane_shows_a_sample_of_many_and_says_so() -> None:
    run = synthetic_run(30, 2, 400)
    ax = draw(plane(run))
    assert sum(len(cloud.get_offsets()) for cloud in ax.collections) == MAX_POINTS
    assert f"({MAX_POINTS:,} of them drawn, at random)" in texts(ax).replace("\n", " ")
    assert all(cloud.get_rasterized() for cloud in ax.collections)


def test_a_floor_far_away_is_told_in_words() -> None:
    words = texts(plane(synthetic_run(5, 1, 8, mutation=1e-6)))
    assert "noise floor ρ = σ² = 1e-12, outside this axis" in words
    assert "noise floor" not in texts(plane(synthetic_run(5, 1, 8, mutation=0)))
    assert "at founding" in texts(plane(synthetic_run(5, 1, 8, heritable=("mutation",))))


def test_the_fronts_of_the_plane_are_steps_over_the_best() -> None:
    run = synthetic_run(8, 1, 30)
    ax = plane(run)
    last = run.births.query("generation == 7 and cause_of_death == 'generation_end'")
    best = last[["replication_error", "accuracy"]].to_numpy(float)
    steps = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    np.testing.assert_allclose(np.asarray(steps[-1].get_xydata()), best[pareto_front(best)])


def test_hypervolume_states_its_reference_point_and_counts() -> None:
    ax = draw(hypervolume(synthetic_run(10, 3, 8)))
    words = texts(ax)
    assert "reference point: ρ = 1, accuracy = 0; ρ on a log10 scale" in words.replace("\n", " ")
    assert "all survivors together, n ≤ 24" in words
    assert "each of 3 islands, n ≤ 8" in words


def test_hypervolume_of_treatments_has_named_intervals() -> None:
    groups = {f"w = {w}": [synthetic_run(6, 1, 8, s, accuracy_weight=w) for s in range(4)] for w in (0, 1)}
    words = texts(draw(hypervolume(groups))).replace("\n", " ")
    assert "w = 0: mean and its 95 % interval, n = 4 runs" in words
    assert "w = 1: mean and its 95 % interval, n = 4 runs" in words


def test_attainment_says_how_many_runs_and_which_generation() -> None:
    runs = [synthetic_run(5, 1, 10, seed) for seed in range(4)]
    ax = attainment({"w = ½": runs})
    attainment({"alone": runs[:1]}, ax, color=palette.OKABE_ITO["vermillion"])
    words = texts(draw(ax))
    assert "w = ½: from what all to what one of n = 4 runs attain" in words
    assert "w = ½: attained by half of n = 4 runs, generation 4" in words
    assert "alone: attained by half of n = 1 run," in words


def test_attainment_difference_names_both_treatments() -> None:
    a, b = ([synthetic_run(5, 1, 10, seed, accuracy_weight=w) for seed in range(3)] for w in (0, 1))
    ax = draw(attainment_difference({"w = 0": a, "w = 1": b[:2]}))
    words = texts(ax)
    assert "w = 0: attained by half of n = 3 runs" in words
    assert "w = 1: attained by half of n = 2 runs" in words
    assert len(ax.collections[0].get_paths()) > 0
    bars = [other.get_ylabel() for other in canvas.figure_of(ax).axes if other is not ax]
    assert bars == ["% of runs that attain it: w = 1 minus w = 0"]


def test_equal_treatments_differ_nowhere() -> None:
    runs = [synthetic_run(3, 1, 6, seed) for seed in range(2)]
    assert "both attain the same" in texts(draw(attainment_difference({"a": runs, "b": runs})))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("world", EDGES.values(), ids=EDGES)
def test_odd_runs_have_sensible_figures(world: dict) -> None:
    run = synthetic_run(**world)
    for figure in (plane, hypervolume):
        draw(figure(run))
    draw(hypervolume([run, run, run]))
    draw(attainment([run, run]))
    draw(attainment_difference({"a": [run], "b": [run, run]}))
    if "all dead" in str(world) or world.get("death_rate") == 1:
        assert "nobody survived" in texts(plane(run))


@pytest.mark.filterwarnings("error")
def test_a_fork_is_drawn_from_where_it_thawed() -> None:
    run = synthetic_run(12, 2, 8)
    fork = replace(
        run, births=run.births.query("generation >= 8"), generations=run.generations.query("generation >= 8")
    )
    assert "Pareto fronts of generations 8, 9, 11" in texts(draw(plane(fork)))
    low, high = draw(hypervolume(fork)).get_xlim()
    assert 7 < low < 8 < 11 < high < 12


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (synthetic_run(0), "no committed generation yet"),
        (synthetic_run(3, 1, 4, has_task=False), "a run without a task has no accuracy"),
    ],
    ids=["empty", "no task"],
)
def test_runs_without_a_trade_off_are_one_line(run: Run, words: str) -> None:
    for figure in (plane, hypervolume, lambda run: attainment([run])):
        with pytest.raises(UserError, match=words):
            figure(run)


def test_births_are_asked_for_where_they_are_needed() -> None:
    run = synthetic_run(3, 1, 4)
    without = replace(run, births=pd.DataFrame(run.births.head(0)))
    with pytest.raises(UserError, match="births=True"):
        plane(without)
