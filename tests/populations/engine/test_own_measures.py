"""Whole runs with measures of their own: births, cadence, failures, changed sources, forks; on Ray and without."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import alife
from alife.errors import UserError
from analysis import load_run
from populations import evolve, resume
from populations.engine.fork import fork
from populations.record.writer import digest

TEXT = """
import alife

@alife.measure(noun="largest weight", symbol="max", scale="size")
def largest(life):
    return abs(life.adults).max(axis=1)

@alife.measure(noun="luck", scale="share")
def luck(life):
    return life.rng.random(len(life.living))
"""
FAILS = TEXT.replace(
    "    return abs", "    assert (life.generation, life.island) != (3, 1), 'the third'\n    return abs"
)


@pytest.fixture
def measured(small: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "m.py").write_text(TEXT)
    own = {"largest": f"{tmp_path}/m.py:largest", "luck": {"object": f"{tmp_path}/m.py:luck", "every": 2}}
    return {**small, "measures": {**own, "newborn_accuracy": {"every": 4}}}


def born(path: Path) -> pd.DataFrame:
    return load_run(path).births


def test_measures_are_beside_the_same_births(small: dict[str, Any], measured: dict[str, Any], tmp_path: Path) -> None:
    evolve(small, tmp_path / "plain", backend="local")
    evolve(measured, tmp_path / "run", backend="local")
    plain, births = born(tmp_path / "plain"), born(tmp_path / "run")
    rest = [name for name in plain if name != "newborn_accuracy"]
    pd.testing.assert_frame_equal(births[rest], plain[rest])
    assert set(births) == {*plain, "largest", "luck"}
    generation = births["generation"].to_numpy()
    assert np.array_equal(births["luck"].isna(), generation % 2 == 1)
    kept = plain["newborn_accuracy"].where(generation % 4 == 0)
    pd.testing.assert_series_equal(births["newborn_accuracy"], kept.astype(np.float32))


def test_statistics_are_there_where_a_measure_was_taken(measured: dict[str, Any], tmp_path: Path) -> None:
    evolve(measured, tmp_path / "run", backend="local")
    run = load_run(tmp_path / "run")
    births = run.births[(run.births["generation"] == 4) & (run.births["island"] == 1)]
    row = run.generations.query("generation == 4 and island == 1").iloc[0]
    assert row["largest_median"] == pytest.approx(births["largest"].median())
    odd = run.generations[run.generations["generation"] % 2 == 1]
    assert odd.filter(regex="^luck_").isna().to_numpy().all()
    assert run.generations.filter(regex="^largest_").notna().to_numpy().all()
    assert odd["newborn_accuracy_differential"].isna().all()
    assert run.generations["accuracy_differential"].notna().all()


def test_an_extended_run_is_the_longer_one(measured: dict[str, Any], tmp_path: Path) -> None:
    evolve(measured, tmp_path / "long", backend="local")
    evolve({**measured, "generations": 4}, tmp_path / "run", backend="local")
    assert resume(tmp_path / "run", generations=6, backend="local") == "finished"
    assert digest(tmp_path / "run") == digest(tmp_path / "long")


@pytest.mark.parametrize("hosts", [pytest.param(1, marks=pytest.mark.nightly), 2])
def test_ray_and_local_measure_alike(measured: dict[str, Any], tmp_path: Path, ray_8: None, hosts: int) -> None:
    evolve(measured, tmp_path / "local", backend="local")
    assert evolve({**measured, "ray": {"hosts": hosts}}, tmp_path / "ray", backend="ray") == "finished"
    assert digest(tmp_path / "ray") == digest(tmp_path / "local")


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_one_that_fails_keeps_what_is_complete(
    measured: dict[str, Any], tmp_path: Path, ray_8: None, backend: Any
) -> None:
    evolve(measured, tmp_path / "whole", backend="local")
    (tmp_path / "m.py").write_text(FAILS)
    out = tmp_path / "run"
    with pytest.raises(UserError) as failed:
        evolve({**measured, "ray": {"hosts": 2}}, out, backend=backend)
    assert str(failed.value) == (
        f"measures.largest: {tmp_path}/m.py:largest: it failed in generation 3 on island 1: line 6: "
        "AssertionError: the third; mend it, and 'alife resume RUN --allow-changed' goes on"
    )
    run = load_run(out)
    assert (run.manifest["status"], run.last, run.manifest["restarts"]) == ("interrupted", 2, [])
    (tmp_path / "m.py").write_text(TEXT)
    with pytest.raises(UserError, match=r"measures\.largest: .*m\.py:largest: its source was .*--allow-changed"):
        resume(out, backend="local")
    assert resume(out, backend="local", allow_changed=True) == "finished"
    assert digest(out) == digest(tmp_path / "whole")
    changes = [line for line in load_run(out).manifest["warnings"] if line.startswith("changed: measures.largest: ")]
    assert len(changes) == 1


def test_what_is_missing_on_a_worker_is_one_line(
    measured: dict[str, Any], tmp_path: Path, ray_8: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "only_with_the_driver", types.ModuleType("only_with_the_driver"))
    (tmp_path / "m.py").write_text(f"import only_with_the_driver\n{TEXT}")
    with pytest.raises(UserError) as failed:
        evolve({**measured, "ray": {"hosts": 2}}, tmp_path / "run", backend="ray")
    line = str(failed.value)
    assert "measures.largest" in line
    assert "m.py:largest: cannot be imported: line 1: ModuleNotFoundError" in line
    assert "\n" not in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_one_that_is_wrong_on_trial_leaves_nothing(measured: dict[str, Any], tmp_path: Path, backend: Any) -> None:
    (tmp_path / "m.py").write_text(TEXT.replace("axis=1", "axis=0"))
    with pytest.raises(UserError, match=r"m\.py:largest: gave float32 of shape \(\d+,\) on trial"):
        evolve(measured, tmp_path / "run", backend=backend)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.py"]


def test_a_resume_tries_it_before_anything_is_written(measured: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    evolve({**measured, "generations": 3}, out, backend="local")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (tmp_path / "m.py").write_text(TEXT.replace("axis=1", "axis=0"))
    with pytest.raises(UserError, match="on trial"):
        resume(out, generations=6, allow_changed=True, backend="local")
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed <= {"manifest.json", ".writer"}
    assert load_run(out).setting("generations") == 3


def test_another_measure_than_asked_for_is_refused(measured: dict[str, Any], tmp_path: Path) -> None:
    evolve(measured, tmp_path / "run", backend="local")
    fewer = {name: how for name, how in measured["measures"].items() if name != "luck"}
    for measures, said in (
        (fewer, "has measures.luck.object = "),
        ({**fewer, "luck": {"object": f"{tmp_path}/m.py:luck", "every": 3}}, "has measures.luck.every = 2, not 3"),
        ({**measured["measures"], "more": f"{tmp_path}/m.py:luck"}, "has measures.more.object = nothing, not "),
    ):
        with pytest.raises(UserError) as refused:
            evolve({**measured, "measures": measures}, tmp_path / "run", backend="local", resume=True)
        assert said in str(refused.value)
    assert evolve(measured, tmp_path / "run", backend="local", resume=True) == "finished"


def test_a_fork_takes_other_measures_and_knows_changed_ones(measured: dict[str, Any], tmp_path: Path) -> None:
    evolve(measured, tmp_path / "run", backend="local")
    evolve({**measured, "measures": {}}, tmp_path / "none", backend="local")
    more = {"measures": {"mine": f"{tmp_path}/m.py:largest"}}
    assert fork(tmp_path / "none", 2, tmp_path / "more", more, backend="local") == "finished"
    past = born(tmp_path / "run").query("generation >= 2").reset_index(drop=True)
    forked = born(tmp_path / "more")
    assert np.array_equal(forked["mine"], past["largest"])
    assert np.array_equal(forked["n_offspring"], past["n_offspring"])
    (tmp_path / "m.py").write_text(TEXT + "\n")
    with pytest.raises(UserError, match=r"measures\.largest: .*its source was"):
        fork(tmp_path / "run", 2, tmp_path / "fork", backend="local")
    assert fork(tmp_path / "run", 2, tmp_path / "fork", backend="local", allow_changed=True) == "finished"
    assert np.array_equal(born(tmp_path / "fork")["luck"], past["luck"], equal_nan=True)


def test_a_scheme_selects_on_a_measure(measured: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text("def small(columns, living):\n    return living * columns['largest']\n")
    scheme = {"selection": {"scheme": f"{tmp_path}/s.py:small"}}
    (tmp_path / "s.py").write_text(
        "import numpy as np\n\n"
        "def small(columns, living):\n"
        "    largest = np.where(living, columns['largest'], np.inf)\n"
        "    return (largest == largest.min()).astype(float)\n"
    )
    evolve({**measured, **scheme}, tmp_path / "run", backend="local")
    births = born(tmp_path / "run")
    parents = births[births["n_offspring"] > 0]
    least = births.groupby(["generation", "island"])["largest"].min()
    assert np.array_equal(parents.groupby(["generation", "island"])["largest"].max(), least)


@alife.measure(noun="genome's mean")
def mean_weight(life: alife.Life) -> Any:
    return life.genomes.mean(axis=1)


def test_a_function_itself_can_be_given(small: dict[str, Any], tmp_path: Path) -> None:
    given: dict[str, Callable[..., Any]] = {"mean_weight": mean_weight}
    evolve({**small, "measures": given}, tmp_path / "run", backend="local")
    (column,) = load_run(tmp_path / "run").manifest["columns"]
    assert (column["name"], column["noun"]) == ("mean_weight", "genome's mean")
    stored = load_run(tmp_path / "run").manifest["objects"]["measures.mean_weight"]["name"]
    assert stored == "tests.populations.engine.test_own_measures:mean_weight"
