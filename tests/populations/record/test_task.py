"""A run knows its data: they are on record, found again from anywhere, divided as before, and no others are taken."""

import json
import shutil

import pytest

from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.world.task import load_task
from populations import evolve, resume
from populations.engine.fork import fork
from populations.record.writer import digest, read_config, read_manifest
from populations.studies.assay_runner import Request, perform
from tests.support.idx_folders import make_arrays, write_folder

SIZES = {"train": 120, "test": 30, "shape": (6, 6), "classes": 4}


@pytest.fixture
def data(tmp_path):
    return write_folder(tmp_path / "data", make_arrays(**SIZES))


@pytest.fixture
def run(data, small, tmp_path):
    out = str(tmp_path / "run")
    evolve({**small, "task": str(data), "generations": 4}, out, backend="local")
    return out


def replace(data, **other):
    shutil.rmtree(data)
    write_folder(data, make_arrays(**{**SIZES, **other}))


def ways_on(run, out):
    """Everything that reads the data of a run again."""
    return {
        "resume": lambda: resume(run, generations=6, backend="local"),
        "fork": lambda: fork(run, 2, out, backend="local"),
        "assay": lambda: perform(run, Request("fertility", [2], sample=2, replicates=2, descent=1)),
    }


def test_the_data_are_on_record(run, data):
    task = load_task(str(data))
    on_record = read_manifest(run)["task"]
    assert on_record == task.on_record()
    assert on_record["split"] == "stratified"
    assert on_record["counts"]["select"] == [5] * 4


def test_nothing_is_on_record_of_no_data(small, tmp_path):
    evolve({**small, "task": "none", "generations": 2}, str(tmp_path / "run"), backend="local")
    assert read_manifest(str(tmp_path / "run"))["task"] is None


@pytest.mark.parametrize("way", ["resume", "fork", "assay"])
@pytest.mark.parametrize("other", [{"seed": 1}, {"train": 121}, {"shape": (4, 9)}])
def test_other_data_are_refused_by_both_names(run, data, tmp_path, way, other):
    on_record = read_manifest(run)["task"]["digest"]
    replace(data, **other)
    with pytest.raises(UserError) as caught:
        ways_on(run, str(tmp_path / "out"))[way]()
    message = str(caught.value)
    assert "\n" not in message
    assert f"task: {data} holds" in message
    assert on_record[:12] in message
    assert load_task(str(data)).digest[:12] in message
    assert not (tmp_path / "out").exists()
    assert read_manifest(run)["generation"] == 3


@pytest.mark.parametrize("way", ["resume", "fork", "assay"])
def test_the_same_data_in_other_files_go_on(run, data, tmp_path, way):
    shutil.rmtree(data)
    write_folder(data, make_arrays(**SIZES), gzipped=True, dotted=True)
    ways_on(run, str(tmp_path / "out"))[way]()


def test_a_run_finds_its_data_from_anywhere(data, small, tmp_path, monkeypatch):
    out = str(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    config = {**small, "task": "data", "generations": 2}
    evolve(config, out, backend="local")
    assert read_config(out).task == str(data)
    assert evolve({**config, "generations": 3}, out, backend="local", resume=True) == "finished"
    monkeypatch.chdir("/")
    assert resume(out, generations=4, backend="local") == "finished"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_config({"task": "~/data"}).task == str(data)
    assert [parse_config({"task": name}).task for name in ("mnist", "none")] == ["mnist", "none"]


def test_no_name_of_a_task_is_not_the_folder_where_one_stands():
    with pytest.raises(UserError, match="task: '' is not allowed"):
        parse_config({"task": ""})


def of_format_1(run):
    """Take from a record what format 1 did not have."""
    from alife.format.manifest import serialise

    path = f"{run}/manifest.json"
    with open(path) as file:
        content = json.load(file)
    content["task"] = None
    with open(path, "wb") as file:
        file.write(serialise({k: v for k, v in content.items() if k != "checksum"}))


def test_a_record_that_does_not_know_its_data_keeps_its_split(run, tmp_path, monkeypatch):
    """As runs of format 1 do; what is forked from them knows it, and keeps it too."""
    of_format_1(run)
    splits = []

    def loading(spec, *, split=None):
        splits.append(split)
        return load_task(spec, split=split)

    monkeypatch.setattr("populations.record.task.load_task", loading)
    one, two = str(tmp_path / "out"), str(tmp_path / "two")
    for do in ways_on(run, one).values():
        do()
    assert splits == ["tail"] * 3
    assert read_manifest(run)["task"] is None
    assert read_manifest(one)["task"]["split"] == "tail"
    fork(one, 3, two, backend="local")
    assert read_manifest(two)["task"] == read_manifest(one)["task"]
    assert digest(two) == digest(one, 3)


def test_images_that_restarted_with_each_epoch_go_on_doing_so(small, tmp_path):
    """`life.sampling: epoch` of a record of format 1."""
    life = {"steps": 24, "coordinates": 100, "images": 40, "sampling": "restarting"}
    old, now, out = (str(tmp_path / name) for name in ("old", "now", "out"))
    evolve({**small, "life": life}, old, backend="local")
    evolve({**small, "life": {**life, "sampling": "epoch"}, "generations": 4}, now, backend="local")
    assert digest(now) != digest(old, 0, 3)
    fork(now, 2, out, {"life": {"sampling": "restarting"}}, backend="local")
    assert read_config(out).life.sampling == "restarting"
    of_format_1(now)
    fork(now, 2, str(tmp_path / "old-fork"), backend="local")
    assert read_config(str(tmp_path / "old-fork")).life.sampling == "restarting"
    resume(now, generations=5, backend="local")
    assert read_config(now).life.sampling == "epoch", "in the words of its time"
