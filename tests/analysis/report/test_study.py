"""The report of a sweep prints what a page about it would state, each number worked out here a second time."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from analysis.assays import of_runs
from analysis.data.run import Run, lived
from analysis.data.sweep import Sweep
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes
from analysis.numbers import number, words
from analysis.report import of_sweep, tradeoffs
from analysis.report.page import render
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import interval
from analysis.studies import treatments
from tests.analysis.report.test_report import plant_assays
from tests.support import study
from tests.support.synthetic import synthetic_run, write_run

WORLDS = {"w0": {"accuracy_weight": 0.0}, "w1": {"accuracy_weight": 1.0}, "shuffled": {"scheme": "shuffled"}}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    root = tmp_path_factory.mktemp("study") / "s"
    planted = {"w0": (0.6, 0.0), "w1": (-0.7, 0.2), "shuffled": (0.0, -0.2)}
    for number_, (name, world) in enumerate(WORLDS.items()):
        for seed in range(6):
            folder = root / f"runs/{name}/seed-{seed}"
            write_run(folder, synthetic_run(10, 2, 12, seed=seed, **world))  # type: ignore[arg-type]
            plant_assays(folder, seed + 100 * number_, *planted[name])
    return treatments.load(root)


@pytest.fixture(scope="module")
def report(sweep: Sweep) -> str:
    return render(of_sweep.page(sweep, [], [], Path(sweep.path)))


def by_seed(runs: Sequence[Run], values: Sequence[float]) -> np.ndarray:
    return np.array(values)[np.argsort([run.manifest["seed"] for run in runs])]


def covariances(runs: Sequence[Run], column: str) -> np.ndarray:
    table = of_runs.among_genomes(runs)
    return table[table["trait"] == "replication_error"].sort_values("seed")[column].to_numpy()


def under(runs: Sequence[Run], weight: float, trait: str) -> np.ndarray:
    table = of_runs.curves(runs)
    rows = table[(table["generation"] > 0) & np.isclose(table["task_weight"], weight)]
    return rows.sort_values("seed")[trait].to_numpy()


def written(sweep: Sweep) -> str:
    """A page in the manner of the study's, from the runs and their assays."""
    w0, w1, shuffled = (sweep.groups[label] for label in ("w=0", "w=1", "shuffled"))
    lines = []
    for first, other in ((w1, w0), (w1, shuffled), (w0, shuffled)):
        for column in ("coheritability", "heritability", "fidelity_heritability"):
            lines.append(words(interval(covariances(first, column) - covariances(other, column))))
        for weight in (0.1, 10.0):
            lines.append(words(interval(under(first, weight, "accuracy") - under(other, weight, "accuracy"))))
            change = interval(under(first, weight, "replication_error") - under(other, weight, "replication_error"))
            lines.append("×" + words(Estimate(10**change.value, 10**change.low, 10**change.high, change.n)))
    values = covariances(shuffled, "coheritability")
    lines.append(f"runs disagree, from {number(values.min())} to {number(values.max())}")
    for runs in (w0, w1):
        for trait in ("accuracy", "replication_error"):
            slopes = [heritability(demes(run), [trait], 3)["slope"].iloc[0] for run in runs]
            lines.append(f"a child shows {words(interval(by_seed(runs, slopes)))} of its parent's deviation")
    founders = [float(lived(run.births[run.births["generation"] == 0])["accuracy"].median()) for run in w0]
    lines.append(f"founders reach {words(interval(founders))}")
    return "\n".join(lines)


def test_the_report_prints_paired_differences_heritability_and_founders(sweep: Sweep, report: str) -> None:
    page = written(sweep)
    assert len(study.estimates(page)) > 20
    assert study.missing(page, report) == []


def test_what_the_report_does_not_print_is_found(sweep: Sweep, report: str) -> None:
    page = written(sweep)
    value = study.ESTIMATE.search(study.plain(page))
    assert value is not None
    wrong = study.plain(page).replace(value[0], re.sub(r"\d(?=\D*$)", "123456", value[0], count=1), 1)
    assert len(study.missing(wrong, report)) == 2
    assert study.missing("accuracy 0.123456 p < 0.05", report) == ["0.123456"]


def test_the_study_is_read_as_a_page_of_estimates() -> None:
    text = study.PAGE.read_text(encoding="utf-8")
    assert ("0.086", "0.066", "0.106") in study.estimates(text)
    assert len(study.estimates(text)) > 40
    assert study.missing(text, text) == []


def test_pairs_name_a_control_second_and_are_few(sweep: Sweep) -> None:
    tables = dict.fromkeys(sweep.groups, of_runs.among_genomes(sweep.groups["w=0"]))
    assert tradeoffs.pairs(sweep, tables) == [("w=1", "w=0"), ("w=0", "shuffled"), ("w=1", "shuffled")]
    many = Sweep("s", {f"t{k}": sweep.groups["w=0"] for k in range(9)}, [], {}, True)
    assert len(tradeoffs.pairs(many, dict.fromkeys(many.groups, tables["w=0"]))) == 8
