"""Studies of data that were handed over: each run gets them, on Ray too, and none other."""

from pathlib import Path
from typing import Any

import pytest

import alife
from alife.world.idx import ROLES
from populations.record.writer import digest, read_config
from tests.support.idx_folders import make_arrays, write_folder

ARRAYS = make_arrays(train=120, test=30, shape=(6, 6), classes=4)
X, Y, TX, TY = (ARRAYS[role] for role in ROLES)
LOCAL: dict[str, Any] = {"backend": "local", "quiet": True}
PLAN: dict[str, Any] = {
    "base": {
        "generations": 2,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 5, "coordinates": 32, "images": 16},
        "population": {"islands": 1, "size": 4},
    },
    "treatments": {"w0": {"selection.accuracy_weight": 0}, "w1": {"selection.accuracy_weight": 1}},
    "seeds": 1,
    "assays": {"fertility": {"generations": ["last"], "sample": 2, "replicates": 2, "descent": 1}},
}


def data(**options: Any) -> alife.Task:
    return alife.Task.of(X, Y, TX, TY, **options)


def births(sweep: Any) -> list[str]:
    return [digest(run.path) for run in sweep.runs]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Births of the sweep of an IDX folder."""
    place = tmp_path_factory.mktemp("folder")
    folder = write_folder(place / "data", ARRAYS)
    return births(alife.sweep(PLAN | {"base": {**PLAN["base"], "task": str(folder)}}, place / "sweep", **LOCAL))


def test_a_sweep_has_the_births_of_a_folder_and_goes_on_with_its_data_only(
    tmp_path: Path, reference: list[str]
) -> None:
    out = tmp_path / "sweep"
    sweep = alife.sweep(PLAN, out, task=data(), **LOCAL)
    assert births(sweep) == reference
    assert not sweep.failed
    assert {read_config(run.path).task for run in sweep.runs} == {"given"}
    assert (out / "assays.parquet").exists()
    more = PLAN | {"assays": {"mutation": {"generations": ["last"], "sample": 2, "replicates": 2}}}
    with pytest.raises(
        alife.UserError, match=r"^task: handed over are .*, but this run has on record 150 images of 6 × 6"
    ):
        alife.sweep(more, out, task=data(split="tail"), **LOCAL)
    assert not alife.sweep(more, out, task=data(), **LOCAL).failed
    with pytest.raises(alife.UserError, match="treatment w0: task: given: such data are handed over in Python"):
        alife.sweep(PLAN | {"base": {**PLAN["base"], "task": "given"}}, out, **LOCAL)


def test_on_ray_each_job_gets_them(tmp_path: Path, reference: list[str], ray_8: None) -> None:
    sweep = alife.sweep(PLAN, tmp_path / "sweep", task=data(), backend="ray", quiet=True)
    assert births(sweep) == reference
    assert not sweep.failed


def test_a_sweep_of_other_data_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(alife.UserError, match="task: glyphs: data are handed over beside it"):
        alife.sweep(PLAN | {"base": {**PLAN["base"], "task": "glyphs"}}, tmp_path / "out", task=data(), **LOCAL)
    with pytest.raises(alife.UserError, match="task: of type list, which is no task"):
        alife.sweep(PLAN, tmp_path / "out", task=[X, Y], **LOCAL)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_replays_are_given_the_data_again(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    alife.evolve(PLAN["base"], run, task=data(), **LOCAL)
    replays = alife.replay(run, 1, 2, tmp_path / "fan", task=data(), figures=False, **LOCAL)
    assert len(replays.runs) == 2
    assert not replays.failed
    for task, says in ((None, "hand them over again"), (data(split="tail"), "hand those over")):
        with pytest.raises(alife.UserError, match=f"^task: .*: {says}"):
            alife.replay(run, 1, 2, tmp_path / "other", task=task, figures=False, **LOCAL)
    assert not (tmp_path / "other").exists()
