"""`python -m benchmarks`: a line a figure, or JSON."""

import json
from pathlib import Path

import pytest

from benchmarks import lineage, sweeps
from benchmarks.__main__ import main


def test_a_bench_prints_a_line_a_figure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    small = list(lineage.bench(births=8_000, drawn=4_000))
    monkeypatch.setattr(lineage, "bench", lambda: small)
    assert main(["lineage"]) == 0
    plain = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in plain] == [figure["name"] for figure in small]
    assert main(["lineage", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == small


@pytest.mark.parametrize("words", [[], ["speed"], ["lineage", "analysis"]])
def test_no_bench_is_one_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(words) == 2
    known = "analysis|engine|lineage|measures|serve|sweeps|view|watch"
    assert capsys.readouterr().err == f"usage: python -m benchmarks {known} [--json]\n"


def test_a_sweep_goes_on_in_requests_that_do_not_grow_with_its_runs(tmp_path: Path) -> None:
    """One listing a treatment, and what the journal has; half of the runs are lived again, and nobody asks the rest."""
    asked = {}
    for runs in (8, 24):
        figures = {each["name"]: each for each in sweeps.measure(tmp_path / str(runs), runs, 2)}
        asked[runs] = {name: figures[f"sweep_{name}_requests"]["value"] * runs for name in ("resume", "resume_half")}
    assert asked[8]["resume"] == pytest.approx(asked[24]["resume"], abs=0.1)
    each = (asked[24]["resume_half"] - asked[8]["resume_half"]) / 8
    assert each == pytest.approx(5, abs=0.1), "of a lived run: the plan, its cost, manifest, rows and test files"
