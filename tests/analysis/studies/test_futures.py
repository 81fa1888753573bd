"""Replays of history: the command that makes them, and whether they went the same way, on planted fans."""

import re
from dataclasses import replace

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from alife.errors import UserError
from analysis import load_run
from analysis.data.run import lived
from analysis.evolution.contingency import contingency
from analysis.figures.futures import futures as fan_of
from analysis.report.of_futures import publish
from analysis.statistics.intervals import FEWEST
from analysis.studies import futures
from populations import evolve
from populations.record.writer import digest
from populations.studies.replicates import replay
from tests.support.synthetic import synthetic_run


@pytest.fixture
def parent(small, tmp_path):
    evolve(small, str(tmp_path / "parent"), backend="local")
    return str(tmp_path / "parent")


def fan(common, apart, replays=16, forked=4, seed=0):
    """An original, and replays of it from generation 4 whose accuracy changes by `common` ± `apart` to generation 9."""
    rng = np.random.default_rng(seed)
    original = synthetic_run(10, islands=2, size=6, death_rate=0)
    runs = []
    for number in range(replays):
        births = original.births[original.births["generation"] >= forked].copy()
        change = common + apart * rng.normal()
        level = np.where(births["generation"] == forked, 0, change * (births["generation"] - forked) / (9 - forked))
        births["accuracy"] = 0.5 + level + np.tile([-0.01, 0.01], len(births) // 2)
        generations = original.generations[original.generations["generation"] >= forked]
        runs.append(replace(original, path=f"fan/seed-{number}", births=births, generations=generations))
    start = original.births.assign(accuracy=0.5)
    return replace(original, births=start), runs


@pytest.mark.parametrize(
    ("common", "apart", "verdict"), [(0.1, 0.01, "convergence"), (0.0, 0.05, "contingency"), (0.05, 0.05, "undecided")]
)
def test_what_was_planted_is_what_is_said(common, apart, verdict):
    original, runs = fan(common, apart)
    (future,) = futures.futures(original, runs, ["accuracy"])
    assert future.verdict == verdict
    assert verdict in futures.say(future)
    assert (future.forked, future.last) == (4, 9)
    assert future.change.value == pytest.approx(
        np.mean([lived(r.births.query("generation == 9")).accuracy.median() for r in runs]) - 0.5
    )
    assert future.among_replays == pytest.approx(apart, rel=0.5)
    assert future.among_individuals == pytest.approx(0.01 * (6 / 5) ** 0.5)
    assert f"n = {len(runs)} replays" in futures.say(future)


@pytest.mark.parametrize("replays", [1, 2])
def test_too_few_replays_bear_no_interval(replays):
    original, runs = fan(0.1, 0.01, replays)
    (future,) = futures.futures(original, runs, ["accuracy"])
    assert future.verdict == "undecided"
    assert f"fewer than {FEWEST} replays bear no interval" in futures.say(future)


@pytest.mark.parametrize("truth", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("replays", [4, 10])
def test_the_interval_covers_the_share_of_chance(truth, replays):
    common = (1 / truth - 1) ** 0.5
    rng = np.random.default_rng(1)
    trials = [contingency(rng.normal(common, 1, replays)) for _ in range(150)]
    covered = np.mean([trial.covers(truth) for trial in trials])
    assert 0.89 < covered <= 1
    assert all(0 <= trial.low <= trial.high <= 1 for trial in trials)


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=3, max_size=12), st.floats(0.1, 10), st.sampled_from([-1, 1]))
def test_the_share_knows_no_unit_and_no_sign(changes, scale, sign):
    one = contingency(changes)
    other = contingency(np.array(changes) * scale * sign)
    if np.std(changes) > 1e-6:
        assert one.value == pytest.approx(other.value, abs=1e-6)
        assert one.low == pytest.approx(other.low, abs=1e-4)
        assert 0 <= one.value <= 1


def test_the_fan_is_drawn(tmp_path):
    original, runs = fan(0.1, 0.02)
    lines = publish(original, runs, str(tmp_path))
    assert len(lines) == 4
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {"futures.png", "futures.svg", "futures.pdf"}
    figure = fan_of(original, runs)
    assert [ax.get_ylabel() for ax in figure.axes[::2]] == [
        "selection accuracy",
        "replication error ρ",
        "copying error",
    ]
    assert len(figure.axes[0].get_lines()) == len(runs) + 2
    assert not publish(original, runs, None)[3:]


def test_replays_of_different_generations_or_runs_are_refused():
    original, runs = fan(0.1, 0.02)
    late = replace(runs[0], births=runs[0].births.query("generation >= 5"))
    with pytest.raises(UserError, match=r"\[4, 5\]"):
        futures.futures(original, [*runs, late])
    with pytest.raises(UserError, match="has no generation 4"):
        futures.futures(replace(original, births=original.births.query("generation < 3")), runs)
    with pytest.raises(UserError, match="no replay"):
        futures.futures(original, [])


def test_without_a_task_accuracy_is_left_out():
    original = synthetic_run(6, has_task=False)
    replays = [replace(original, births=original.births.query("generation >= 2")) for _ in range(3)]
    assert [f.trait for f in futures.futures(original, replays)] == ["replication_error", "copying_error"]


# The command


def test_nothing_changed_is_the_same_history(parent, capsys):
    fork = ["fork", parent, "--generation", "2", "--backend", "local", "--no-figures"]
    assert main(fork) == 0
    assert digest(f"{parent}-fork-2") == digest(parent, 2)
    assert "finished" in capsys.readouterr().out


def test_replicates_differ_by_seed_and_end_in_a_fan(parent, tmp_path, capsys):
    out = tmp_path / "replays"
    fork = ["fork", parent, "--generation", "2", "--out", str(out), "--backend", "local", "--replicates", "3"]
    assert main([*fork, "--selection.accuracy_weight", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("share of chance in it") == 3
    assert re.search(r"seed-3 done in", printed.err)
    assert (out / "figures" / "futures.pdf").exists()
    for seed in (1, 2, 3):
        config = load_run(str(out / f"seed-{seed}")).config
        assert config["seed"] == seed
        assert config["selection"]["accuracy_weight"] == 1
    assert len({digest(str(out / f"seed-{seed}")) for seed in (1, 2, 3)}) == 3
    assert main([*fork, "--selection.accuracy_weight", "1", "--resume"]) == 0
    assert main([*fork, "--selection.accuracy_weight", "1"]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_on_ray_replays_are_the_same(parent, tmp_path, ray_8):
    results = {}
    for backend in ("ray", "local"):
        results[backend] = replay(parent, 3, 1, str(tmp_path / backend), {"seed": 11}, backend=backend)
    assert [r.name for r in results["ray"]] == ["seed-11"]
    (one,), (other,) = results.values()
    assert one.status == other.status == "done"
    assert digest(one.value) == digest(other.value)


def test_changes_come_from_a_file_too(parent, tmp_path):
    file = tmp_path / "changes.yaml"
    file.write_text(yaml.safe_dump({"seed": 5, "selection": {"scheme": "drift"}}))
    out = tmp_path / "fork"
    fork = ["fork", parent, "--generation", "3", "--out", str(out), "--config", str(file), "--seed", "6"]
    assert main([*fork, "--backend", "local", "--no-figures"]) == 0
    config = load_run(str(out)).config
    assert (config["seed"], config["selection"]["scheme"]) == (6, "drift")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--generation", "4", "--replicates", "0"], "--replicates 0"),
        (["--generation", "4", "--replicates", "1000000000"], "--replicates 1000000000: from 1 to 100,000"),
        (["--generation", "77", "--generations", "100", "--replicates", "2"], "no checkpoint of generation 77"),
        (["--generation", "2", "--quine.hidden", "14", "--replicates", "2"], "quine cannot change"),
        (["--generation", "2", "--seed", "x", "--replicates", "2"], "seed: 'x' is not allowed"),
        (["--generation", "2", "--lief.steps", "3"], "did you mean --life.steps?"),
    ],
)
def test_refusals_are_one_line_and_write_nothing(parent, tmp_path, capsys, arguments, says):
    out = tmp_path / "out"
    try:
        code = main(["fork", parent, "--out", str(out), "--backend", "local", *arguments])
    except SystemExit as exit:
        code = exit.code
    assert code == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert not out.exists()
