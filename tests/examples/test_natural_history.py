"""A long study and its tables: `examples/natural_history.yaml` and `.py`, and the studies that stand beside it."""

from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import alife
from analysis.evolution.history import history
from analysis.studies.treatments import medians
from populations.studies.plan import read_plan
from tests.examples.test_heritable import example
from tests.support.own import EXAMPLES


@pytest.mark.parametrize(
    "name",
    ["natural_history", "classifiers", "heritable_dimension", "heritable_long", "evolving_rates", "large_island"],
)
@pytest.mark.parametrize("quick", [False, True])
def test_studies_are_plans_of_known_keys(name: str, quick: bool) -> None:
    plan = read_plan(str(EXAMPLES / f"{name}.yaml"), quick=quick)
    assert len(plan.treatments) >= 2


@pytest.fixture(scope="module")
def told(idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any, str]]:
    """The module, its runs, and what it prints: of four generations, and of a treatment that dies at once."""
    out = tmp_path_factory.mktemp("history")
    study = yaml.safe_load((EXAMPLES / "natural_history.yaml").read_text())["treatments"]
    treatments = {name: study[name] for name in ("shuffled", "w0.5", "w0.5_apart")}
    treatments["w1"] = {"selection.accuracy_weight": 1, "reproduction.mutation": 1e6}
    base = {
        "task": str(idx_folder),
        "generations": 4,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 6, "coordinates": 32, "images": 16},
        "population": {"islands": 2, "size": 4},
        "migration": {"every": 2},
    }
    alife.sweep({"base": base, "treatments": treatments, "seeds": 2}, out, backend="local")
    module = example("natural_history")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as text:
        patch.setattr(module, "EARLY", range(1, 3))
        patch.setattr(module, "LATE", range(2, 4))
        module.main(str(out))
        yield module, alife.load_sweep(out), text.getvalue()


def test_its_tables_tell_what_was_lived(told: tuple[Any, Any, str]) -> None:
    _, runs, text = told
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    dead = next(row for row in rows if row[0] == "w1")
    assert dead[1].startswith("2 of 2")
    assert dead[5] == ", ".join(str(run.last) for run in runs["w1"])
    assert next(row for row in rows if row[0] == "w0.5")[5] == "none"
    states = [row for row in rows if row[0] == "w0.5_apart" and len(row) > 4 and " of " not in row[2]]
    late = [medians(run)["replication_error"].loc[2:3].mean() for run in runs["w0.5_apart"]]
    early = [medians(run)["replication_error"].loc[1:2].mean() for run in runs["w0.5_apart"]]
    assert float(states[1][2].split()[0]) == pytest.approx(10 ** np.mean(late), rel=6e-3)
    assert float(states[2][2].split()[0].lstrip("×")) == pytest.approx(
        10 ** np.mean(np.subtract(late, early)), rel=6e-3
    )
    tested = [run.births.query("generation == 3")["test_accuracy"].median() for run in runs["w0.5_apart"]]
    assert float(states[1][5].split()[0]) == pytest.approx(np.mean(tested), abs=6e-4)
    assert next(row for row in rows if row[0] == "w1" and len(row) == 4)[3] == "0, 0"
    pair = next(row for row in rows if row[0] == "w0.5_apart − w0.5")
    with_migrants = [medians(run)["accuracy"].loc[2:3].mean() for run in runs["w0.5"]]
    alone = [medians(run)["accuracy"].loc[2:3].mean() for run in runs["w0.5_apart"]]
    assert float(pair[1].split()[0]) == pytest.approx(np.mean(np.subtract(alone, with_migrants)), abs=6e-4)


def test_its_figure_has_a_line_a_run(told: tuple[Any, Any, str]) -> None:
    module, runs, _ = told
    figure = module.draw(runs)
    assert [len(ax.lines) for ax in figure.axes] == [6, 2] * 3
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"w0.5", "w1", "shuffled"}


def test_its_figures_are_told_apart_by_name(told: tuple[Any, Any, str]) -> None:
    module, runs, _ = told
    drawn = dict(module.figures(runs))
    assert [name.removeprefix("natural-history") for name in drawn] == [
        "", "-survival", "-fronts", "-lineage-w0.5", "-lineage-w1",
    ]  # fmt: skip
    (ax,) = drawn["natural-history-survival"].axes
    assert "w1: 2 of 2 runs died" in {text.get_text() for text in ax.get_legend().get_texts()}


def test_each_measure_is_one_number_of_the_tables_of_a_run(told: tuple[Any, Any, str]) -> None:
    measures, run = example("natural_history_measures"), told[1]["w0.5"][0]
    frames, left_out, _ = history(run, span=1, shadows=5)
    assert not left_out
    measures.LATER = 0
    found = {name: float(of(frames)) for name, of in measures.MEASURES.items()}
    last = frames["lines"].iloc[-1]
    assert found["lines alive after 50 generations, − neutral"] == last["alive"] - last["neutral"]
    assert found["MODES: ecology, bits"] == frames["modes"]["ecology"].mean()
    assert found["generations with rivals"] == frames["rivals"]["interference"].mean()
    assert len(list(measures.rows({"a": [found, found], "b": [found, found]}))) == len(found)
