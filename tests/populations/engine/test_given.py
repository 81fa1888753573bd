"""Data handed over in Python: the births are those of the same bytes in a folder, wherever they live and die."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import alife
from alife.world.idx import ROLES
from alife.world.projections import make_physics
from populations.record.writer import digest, read_config, read_manifest
from tests.support.idx_folders import make_arrays, write_folder

ARRAYS = make_arrays(train=120, test=30, shape=(6, 6), classes=4)
X, Y, TX, TY = (ARRAYS[role] for role in ROLES)
LOCAL: dict[str, Any] = {"backend": "local", "quiet": True}
CONFIG: dict[str, Any] = {
    "generations": 6,
    "quine": {"hidden": 12, "coordinate_units": 6},
    "life": {"steps": 6, "coordinates": 32, "images": 16},
    "population": {"islands": 2, "size": 6},
    "migration": {"every": 2},
    "checkpoint": {"every": 1, "keep": 9},
}


def pets() -> alife.Task:
    return alife.Task.of(X, Y, TX, TY, name="pets")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run from an IDX folder."""
    place = tmp_path_factory.mktemp("folder")
    data = write_folder(place / "data", ARRAYS)
    alife.evolve(CONFIG | {"task": str(data)}, place / "run", **LOCAL)
    return str(place / "run")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of data that were handed over."""
    out = tmp_path_factory.mktemp("given") / "run"
    alife.evolve(CONFIG, out, task=pets(), **LOCAL)
    return str(out)


def test_the_births_are_those_of_an_idx_folder(run: str, folder: str) -> None:
    assert digest(run) == digest(folder)
    assert read_config(run).task == "given"
    assert read_manifest(run)["task"] == read_manifest(folder)["task"] | {"name": "pets"}


def test_on_ray_with_two_workers_too(run: str, tmp_path: Path, ray_8: None) -> None:
    out = tmp_path / "run"
    assert alife.evolve(CONFIG | {"ray.hosts": 2}, out, task=pets(), backend="ray", quiet=True) == "finished"
    assert digest(str(out)) == digest(run)


KILLED = """
import os, signal, sys
import alife
from tests.populations.engine.test_given import CONFIG, pets

def listen(event):
    if event.kind == "generation" and event.generation == 3:
        os.kill(os.getpid(), signal.SIGKILL)

alife.evolve(CONFIG, sys.argv[1], task=pets(), backend="local", sinks=[listen])
"""


def test_killed_and_resumed_with_the_data_again_the_births_are_the_same(run: str, tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    assert subprocess.run([sys.executable, "-c", KILLED, out]).returncode == -signal.SIGKILL
    assert read_manifest(out)["generation"] < 5
    assert alife.evolve(CONFIG, out, resume=True, task=pets(), **LOCAL) == "finished"
    assert digest(out) == digest(run)


def test_resumed_forked_assayed_and_looked_at_as_a_run_of_a_folder_is(run: str, folder: str, tmp_path: Path) -> None:
    data, found = pets(), []
    for name, run_, task in (("a", run, data), ("b", folder, data), ("c", folder, None)):
        out = str(tmp_path / name)
        alife.fork(run_, 3, out, {"generations": 5}, task=task, **LOCAL)
        alife.resume(out, generations=6, task=task, **LOCAL)
        assay = alife.assay(out, "mutation", sample=2, replicates=2, figures=False, task=task, quiet=True)
        network = alife.load_network(out, int(alife.load_run(out).births["id"].iloc[0]), task=task)
        with torch.no_grad():
            logits = network(torch.from_numpy(TX))
        found.append((digest(out), [str((row.quantity, row.value)) for row in assay.rows], logits))
    for other in found[1:]:
        assert other[0] == found[0][0]
        assert other[1] == found[0][1]
        assert torch.equal(other[2], found[0][2])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("projection", ["unit", "centred", "paper"])
def test_floats_are_seen_in_float64(dtype: str, projection: str) -> None:
    x, tx = ((each / 255).astype(dtype) for each in (X, TX))
    config = alife.parse_config(CONFIG | {"quine.projection": projection} | {"quine": CONFIG["quine"]})
    seen = make_physics(config, alife.Task.of(x, Y, tx, TY))
    known = make_physics(config, pets())
    scale = 1e-12 if dtype == "float64" else 1e-6
    assert seen.optics is not None
    assert known.optics is not None
    np.testing.assert_allclose(seen.optics.projection, known.optics.projection, rtol=scale)
    for name, features in seen.images.items():
        np.testing.assert_allclose(features, known.images[name], rtol=0, atol=max(scale, 3e-7) * 5)


def test_a_scale_makes_no_difference_but_to_what_a_network_is_shown(run: str, tmp_path: Path) -> None:
    """Of floats from 0 to 255 the lowest and highest to learn from count as 0 and 1."""
    wide = X.copy()
    wide[0, 0, :2] = 0, 255
    byte, real = (alife.Task.of(wide.astype(dtype), Y, TX.astype(dtype), TY) for dtype in (np.uint8, np.float32))
    assert real.span == (0, 255)
    shown = []
    for name, task in (("byte", byte), ("real", real)):
        out = str(tmp_path / name)
        alife.evolve(CONFIG | {"generations": 2}, out, task=task, **LOCAL)
        network = alife.load_network(out, int(alife.load_run(out).births["id"].iloc[-1]), task=task)
        with torch.no_grad():
            shown.append(
                [network(torch.from_numpy(TX)), network(torch.from_numpy(TX).float() / (255 if name == "byte" else 1))]
            )
    assert digest(str(tmp_path / "byte")) == digest(str(tmp_path / "real"))
    assert torch.equal(shown[0][0], shown[1][0])
    assert all(torch.allclose(logits, shown[0][0], atol=1e-6) for each in shown for logits in each)
    assert read_manifest(str(tmp_path / "real"))["task"]["dtype"] == "float32"


def ways(run: str, out: str, task: alife.Task | None) -> dict[str, Any]:
    """Everything that takes the data of a run again."""
    return {
        "resume": lambda: alife.resume(run, generations=9, task=task, **LOCAL),
        "evolve": lambda: alife.evolve(CONFIG, run, resume=True, task=task, **LOCAL),
        "fork": lambda: alife.fork(run, 2, out, task=task, **LOCAL),
        "assay": lambda: alife.assay(run, "mutation", sample=2, replicates=2, task=task, quiet=True),
        "load_network": lambda: alife.load_network(run, 0, task=task),
    }


@pytest.mark.parametrize("way", list(ways("", "", None)))
def test_without_the_data_it_says_which_to_hand_over(run: str, tmp_path: Path, way: str) -> None:
    before = Path(run, "manifest.json").read_bytes()
    with pytest.raises(alife.UserError) as caught:
        ways(run, str(tmp_path / "out"), None)[way]()
    message = str(caught.value)
    assert message.startswith("task: given: this run learned pets (150 images of 6 × 6 pixels, 4 classes, SHA-256")
    assert message.endswith("hand them over again (task=)")
    assert pets().digest[:12] in message
    assert "\n" not in message
    assert not (tmp_path / "out").exists()
    assert Path(run, "manifest.json").read_bytes() == before, "nobody has written there"


@pytest.mark.parametrize("way", list(ways("", "", None)))
@pytest.mark.parametrize("other", ["pixels", "labels", "dtype", "split"])
def test_other_data_are_refused_by_both_names(run: str, tmp_path: Path, way: str, other: str) -> None:
    data = {
        "pixels": lambda: alife.Task.of(X ^ 1, Y, TX, TY),
        "labels": lambda: alife.Task.of(X, (Y + 1) % 4, TX, TY),
        "dtype": lambda: alife.Task.of(X / 255, Y, TX / 255, TY),
        "split": lambda: alife.Task.of(X, Y, TX, TY, split="tail"),
    }[other]()
    with pytest.raises(alife.UserError, match=r"^task: handed over are .*, but this run has on record pets ") as caught:
        ways(run, str(tmp_path / "out"), data)[way]()
    assert data.digest[:12] in str(caught.value)
    assert pets().digest[:12] in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert read_manifest(run)["epoch"] == 1


@pytest.mark.parametrize(
    ("config", "task", "says"),
    [
        ({"task": "glyphs"}, pets(), "task: glyphs: data are handed over beside it"),
        ({"task": "none"}, pets(), "task: none: data are handed over beside it"),
        ({}, X, "task: of type ndarray, which is no task: make one, alife.Task.of(train_x"),
        (
            {"task": "given"},
            None,
            "task: given: such data are handed over in Python: alife.evolve(config, out, task=task)",
        ),
    ],
)
def test_what_cannot_begin_leaves_nothing(tmp_path: Path, config: Any, task: Any, says: str) -> None:
    with pytest.raises(alife.UserError) as caught:
        alife.evolve(CONFIG | config, tmp_path / "out", task=task, **LOCAL)
    assert str(caught.value).startswith(says)
    assert not (tmp_path / "out").exists()


def test_a_run_without_a_task_takes_no_data(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    alife.evolve(CONFIG | {"task": "none", "generations": 2}, out, **LOCAL)
    with pytest.raises(alife.UserError, match="task: none: this run learns no data: leave task= out"):
        alife.resume(out, generations=3, task=pets(), **LOCAL)


def test_a_configuration_may_say_that_data_are_handed_over(run: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alife.evolve(Path(run, "config.yaml"), out, task=pets(), **LOCAL)
    assert digest(str(out)) == digest(run)


def test_the_command_says_what_to_do(run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from alife.cli.main import main

    out = tmp_path / "out"
    for words in (["run", "--task", "given", "--out", str(out)], ["resume", run, "--generations", "9"]):
        assert main(words) == 2
        line = capsys.readouterr().err
        assert line.startswith("alife: error: task: given: ")
        assert "task=" in line
        assert line.count("\n") == 1
    assert not out.exists()


def test_show_says_what_was_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from alife.cli.main import main

    x, tx = (np.repeat(each[:, None], 3, 1) / np.float32(255) for each in (X, TX))
    names = np.array(["ant", "bee", "cat", "dog"])
    task = alife.Task.of(x, names[Y], tx, names[TY], name="a\x1b[31mnts")
    alife.evolve(CONFIG | {"generations": 1}, tmp_path / "run", task=task, **LOCAL)
    known = read_manifest(str(tmp_path / "run"))["task"]
    assert (known["shape"], known["dtype"], known["names"]) == ([6, 6, 3], "float32", names.tolist())
    main(["show", str(tmp_path / "run")])
    shown = " ".join(capsys.readouterr().out.split())
    assert f"(150 float32 images of 6 × 6 pixels in 3 channels, 4 classes, SHA-256 {task.digest[:12]}…)" in shown
    assert "\x1b" not in shown
