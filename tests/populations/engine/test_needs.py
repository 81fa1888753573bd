"""What a run takes is said before it starts; what could not end, or not even begin here, is refused in one line."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from alife.cli.main import main
from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from alife.world.projections import make_physics, shape_of
from alife.world.task import Task
from populations import evolve, resume
from populations.engine import needs
from populations.observe.events import Cost
from populations.observe.terminal import Terminal

LOCAL = ["--backend", "local", "--no-figures"]


def refused(capsys, out, *arguments):
    assert main(["run", "--out", str(out), "--task", "none", *arguments, *LOCAL]) == 2
    assert not out.exists()
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_life_that_would_not_end_is_refused(capsys, tmp_path):
    line = refused(capsys, tmp_path / "out", "--life.steps", "1000000000", "--life.coordinates", "10000")
    assert "life.steps: 1000000000: a generation of one island would take some 11 years" in line


def test_features_that_this_machine_cannot_hold_are_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "machine_memory", lambda: 16 * 10**9)
    line = refused(capsys, tmp_path / "out", "--quine.hidden", "1000")
    assert "quine.hidden: 1000: this run takes about 18.5 GB of memory, 16.0 GB of them for this; " in line
    assert "this machine has 16.0 GB: choose less of it" in line


def test_images_of_more_pixels_than_can_be_projected_are_refused(small, tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "machine_memory", lambda: 10**9)
    x, y = np.zeros((60, 1000, 700), np.uint8), np.arange(60) % 2
    config = {key: value for key, value in small.items() if key != "task"}
    with pytest.raises(
        UserError, match=r"task: 700,000 pixels an image: this run takes about 2\.0 GB of memory, 2\.0 GB"
    ):
        evolve(config, tmp_path / "out", backend="local", task=Task.of(x, y, x, y))
    assert not (tmp_path / "out").exists()


def test_the_estimate_of_pixels_is_near_what_they_take():
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 256, (600, 64, 64, 3), dtype=np.uint8), np.arange(600) % 2
    task = Task.of(x, y, x[:60], y[:60])
    config = parse_config({"quine": {"hidden": 12, "coordinate_units": 6}})
    tracemalloc.start()
    make_physics(config, task)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = needs.memory(config, shape_of(config, task), 660, task.pixels)["task"]
    assert 0.6 < peak / estimate < 1.6


def test_genomes_and_batches_are_counted(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "machine_memory", lambda: 16 * 10**9)
    assert "population.size: 1000000: " in refused(capsys, tmp_path / "out", "--population.size", "1000000")
    line = refused(capsys, tmp_path / "out", "--quine.hidden", "800", "--life.coordinates", "1000000")
    assert "life.coordinates: 1000000: " in line


def test_a_resume_is_held_to_it_too(small, tmp_path, monkeypatch):
    run = str(tmp_path / "run")
    evolve({**small, "generations": 2}, run, backend="local")
    monkeypatch.setattr(needs, "machine_memory", lambda: 1000)
    with pytest.raises(UserError, match="this machine has 1 MB"):
        resume(run, generations=3, backend="local")


def test_the_default_run_and_the_largest_reasonable_ones_are_let():
    big = {"population": {"islands": 64, "size": 1000}, "life": {"steps": 1000}}
    for config in (RunConfig(device="cpu"), parse_config({"device": "cuda", **big})):
        assert needs.island_seconds(config) < needs.ABSURD / 1000
    assert 0.5 < needs.generation_seconds(RunConfig()) < 10


@pytest.mark.parametrize(
    ("milliseconds", "keys"),
    [
        (43, {}),
        (41.8, {"life.steps": 100, "life.coordinates": 64, "life.images": 64}),
        (22.8, {"life.steps": 100, "life.coordinates": 64, "task": "none"}),
        (2.5, {"quine.hidden": 32, "quine.coordinate_units": 16, "task": "none"}),
    ],
)
def test_the_estimate_of_an_individual_is_near_what_was_measured(milliseconds, keys):
    """On a core of an AMD EPYC, of an island of 24 whose generation was lived."""
    estimate = needs.island_seconds(parse_config({"device": "cpu", **keys})) / 24
    assert estimate == pytest.approx(milliseconds / 1000, rel=0.2)


def test_newborns_are_scored_as_often_as_they_are():
    def taken(**measures):
        return needs.island_seconds(parse_config({"measures": measures}))

    scoring = 24 * 2 * 21_100 * needs.TESTED / needs.FLOPS["torch"]
    assert taken() - taken(newborn_accuracy={"every": 4}) == pytest.approx(0.75 * scoring)


def test_fused_lives_and_fewer_images_take_less():
    def taken(**asked):
        return needs.island_seconds(parse_config({"life.steps": 0, **asked}))

    ratio = needs.FLOPS["torch"] / needs.FLOPS["fused"]
    assert taken(**{"life.passes": "fused"}) == pytest.approx(ratio * taken())
    spared = 24 * 2 * 2 * 21_100 * (needs.TESTED - 2_000) / needs.FLOPS["torch"]
    assert taken() - taken(**{"selection.images": 2_000}) == pytest.approx(spared)


def test_what_a_generation_takes_is_said_before_it_starts(capsys, tmp_path, small):
    events = []
    evolve({**small, "generations": 1}, str(tmp_path / "run"), backend="local", sinks=[events.append])
    cost, start = events[:2]
    assert (cost.kind, start.kind) == ("cost", "start")
    assert 0 < cost.core_seconds < 1
    assert 0 < cost.memory < 10**8
    assert cost.generations == 1
    assert json.dumps(cost.as_dict())
    say = Terminal()
    say(replace(cost, core_seconds=0.1))
    say(Cost(core_seconds=135, memory=73 * 10**6, generations=30))
    say(Cost(core_seconds=864_000, memory=2 * 10**9, generations=1))
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("a generation takes")]
    assert said == [
        "a generation takes about 2 min 15 s of one core, and 73 MB of memory with one worker; "
        "30 generations, 1.1 core-hours",
        "a generation takes about 240 h 00 min of one core, and 2.0 GB of memory with one worker; "
        "1 generation, 240 core-hours: is that meant?",
    ]


def test_the_estimate_of_features_is_near_what_they_take():
    config = parse_config({"task": "none", "quine": {"hidden": 120, "coordinate_units": 60}})
    tracemalloc.start()
    make_physics(config, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = needs.memory(config, shape_of(config, None), 0)["quine.hidden"]
    assert 0.4 < peak / estimate < 2.5, "rows are drawn in float64, some at a time, not all at once"
