"""Records of earlier formats go on: they are read, resumed, extended and forked to the births they always had."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alife import schema
from alife.errors import UserError
from alife.format.manifest import kept
from analysis import load_run
from populations import resume
from populations.engine.fork import fork
from populations.engine.worker import machine_class
from populations.record.writer import digest, read_config, read_manifest
from tests import GOLDEN

DIGESTS = json.loads((GOLDEN / "digests.json").read_text())
RUNS = ["format-1", "format-1-epoch", "format-2-shuffled", "format-3", "format-4"]


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to write in; one stands there, as whoever made the runs did."""
    copy = tmp_path / "golden"
    shutil.copytree(GOLDEN, copy)
    monkeypatch.chdir(copy)
    return copy


def skip_elsewhere() -> None:
    """New births are promised within one class of machine only."""
    if machine_class(read_config(str(GOLDEN / "format-1"))) != DIGESTS["class"]:
        pytest.skip(f"another class of machine than {DIGESTS['class']}")


@pytest.mark.parametrize("name", RUNS)
def test_reads_as_ever(name: str) -> None:
    assert digest(str(GOLDEN / name)) == DIGESTS[name]["stored"]


@pytest.mark.parametrize("name", RUNS)
def test_extends_to_the_same_births(name: str, golden: Path) -> None:
    skip_elsewhere()
    assert resume(name, generations=9, backend="local") == "finished"
    assert digest(name) == DIGESTS[name]["extended to 9"]


def test_forks_to_the_same_births(golden: Path) -> None:
    skip_elsewhere()
    assert fork("format-1", 3, "forked", {"seed": 7}, backend="local") == "finished"
    assert digest("forked") == DIGESTS["format-1"]["forked at 3 with seed 7"]


def test_a_scheme_that_was_called_shuffled_is_the_shuffled_tournament(golden: Path) -> None:
    rules = load_run("format-2-shuffled").config["selection"]
    assert (rules["scheme"], rules["shuffled"], rules["parameters"]) == ("tournament", True, {})


def test_the_next_write_makes_the_record_one_of_the_present_format(golden: Path) -> None:
    skip_elsewhere()
    resume("format-2-shuffled", generations=7, backend="local")
    manifest = json.loads(Path("format-2-shuffled/manifest.json").read_text())
    assert (manifest["format"], manifest["objects"], manifest["columns"]) == (schema.FORMAT_VERSION, {}, [])


def test_what_workers_have_written_is_what_one_process_has(golden: Path) -> None:
    manifest = read_manifest("format-4")
    assert len(manifest["parts"]["checkpoints"]) == 3 * len(kept(manifest))
    assert len(manifest["parts"]["births"]) == 15
    several, one = load_run("format-4"), load_run("format-3")
    for table in ("births", "migrations"):
        pd.testing.assert_frame_equal(getattr(several, table), getattr(one, table), check_exact=True)
    pd.testing.assert_frame_equal(several.generations.drop(columns="seconds"), one.generations.drop(columns="seconds"))
    for identity in several.births["id"][several.births["generation"].isin([2, 5])]:
        genomes = [run.individual(int(identity)).genome() for run in (several, one)]
        np.testing.assert_array_equal(*genomes)
    child = several.births.query("generation == 4 and age == 0")["id"].iloc[0]
    with pytest.raises(UserError, match="newborns of generation 4 are not kept, those of 0, 1, 2, 3, 5, 6 are"):
        several.individual(int(child)).genome()


def test_it_forks_from_shards(golden: Path) -> None:
    skip_elsewhere()
    for name in ("format-3", "format-4"):
        assert fork(name, 3, f"{name}-forked", {"seed": 7}, backend="local") == "finished"
    assert digest("format-4-forked") == digest("format-3-forked")


@pytest.mark.parametrize("name", RUNS)
def test_columns_have_their_present_names(name: str, golden: Path) -> None:
    run = load_run(name)
    assert {"squared_norm", "replication_loss"} <= set(run.births)
    assert "squared_norm_median" in run.generations
    assert not [column for table in (run.births, run.generations) for column in table if "genome_norm" in column]
