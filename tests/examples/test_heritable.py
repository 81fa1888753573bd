"""Controls and study of heritable quines: `examples/heritable_controls.py` and `examples/heritable_study.py`."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife.organism.shape import Tensors
from tests.support.own import EXAMPLES

CONTROLS = f"{EXAMPLES}/heritable_controls.py"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def config(small: dict[str, Any]) -> dict[str, Any]:
    return {
        **small,
        "generations": 4,
        "quine": {"network": "heritable", "coordinate_units": 4, "parameters": {"hidden": 8, "norm": 30}},
        "life": {"steps": 3, "images": 16, "target": "self"},
        "population": {"islands": 1, "size": 5},
        "measures": {"message_accuracy": f"{CONTROLS}:message_accuracy"},
    }


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4), st.integers(0, 99))
def test_what_is_permuted_keeps_the_weights_of_each_matrix(shapes: list[tuple[int, int]], seed: int) -> None:
    shape = Tensors(tuple(shapes), classes=0)
    message = np.arange(shape.n_weights, dtype=np.float32)
    genome = example("heritable_controls").permuted(message, 0.1, np.random.default_rng(seed), shape=shape)
    assert np.array_equal(message, np.arange(shape.n_weights)), "the message is left as it is"
    for matrix, before in zip(shape.matrices(genome), shape.matrices(message), strict=True):
        assert np.array_equal(np.sort(matrix, axis=None), np.sort(before, axis=None))


def test_permuted_messages_are_not_what_was_printed(config: dict[str, Any], tmp_path: Path) -> None:
    changed = {**config, "reproduction.operator": f"{CONTROLS}:permuted"}
    alife.evolve(changed, tmp_path / "run", backend="local", quiet=True)
    births = alife.load_run(tmp_path / "run").births
    later = births[births["generation"] > 0]
    np.testing.assert_allclose(later["squared_norm"], 30, rtol=1e-4)
    assert abs(later["replication_error"] - later["copying_error"]).median() > 0.1, "birth noise would be 0.0025"


def test_a_message_is_as_accurate_as_the_child_that_it_becomes(config: dict[str, Any], tmp_path: Path) -> None:
    alife.evolve({**config, "reproduction.mutation": 0}, tmp_path / "run", backend="local", quiet=True)
    births = alife.load_run(tmp_path / "run").births.set_index("id")
    children = births[births["generation"] > 0]
    assert len(children) == 15
    np.testing.assert_array_equal(
        births["message_accuracy"].reindex(children["ancestor_id"]), children["newborn_accuracy"]
    )


def test_the_study_tells_what_was_lived(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = example("heritable_study")
    monkeypatch.setattr(study, "BASE", config)
    monkeypatch.setattr(study, "FORKED", 2)
    monkeypatch.setattr(study, "FORKS", {"untaught": {"generations": 5, "life.task_weight": 0}})
    adult = {"quine.parameters": {"hidden": 8, "norm": 30, "asked": "adult"}}
    monkeypatch.setattr(study, "SWEEPS", {"main": {"seeds": 2, "treatments": {"printed": {}, "adult": adult}}})
    monkeypatch.setattr(study, "PANELS", ({"printed": "of the print", "untaught": "forks"}, {"adult": "of the adult"}))
    study.live(tmp_path)
    runs = study.read(tmp_path)
    assert {name: len(group) for name, group in runs.items()} == {"printed": 2, "adult": 2, "untaught": 2}
    lines = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in study.table(runs).splitlines()}
    assert lines["printed"][1] == "3"
    assert lines["untaught"][1] == "4"
    last = [run.births.query("generation == 3")["replication_error"].median() for run in runs["adult"]]
    assert [float(cell) for cell in lines["adult"][6].split(",")] == pytest.approx(last, abs=0.006)
    figure = study.draw(runs)
    assert [ax.get_ylabel() for ax in figure.axes[::2]] == ["accuracy at birth", "replication error ρ"]
    thick = [line for line in figure.axes[0].lines if line.get_label() == "of the print"]
    expected = np.median([study.medians(run, "newborn_accuracy") for run in runs["printed"]], axis=0)
    np.testing.assert_allclose(thick[0].get_ydata(), expected)
