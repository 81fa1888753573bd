"""The table: the logs' numbers, the tests, and the command that prints it."""

import csv
import io
import subprocess
import sys
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.organisms.tiny import comparison, experiments
from alife.organisms.tiny.__main__ import main
from alife.organisms.tiny.comparison import Finding, judged, reported
from tests import ROOT


def found(p: float) -> Finding:
    return Finding("applied", "weightwise", "", "zero", 0.5, 0.4, 0.6, 50, 0.5, 50, p, "")


def test_what_the_logs_say() -> None:
    assert reported("applied", "weightwise") == {"divergent": (23, 50), "zero": (27, 50)}
    assert reported("trained", "recurrent") == {"divergent": (38, 50), "none": (12, 50)}
    value, of = reported("disturbed", "weightwise", "1e-05")["steps as a fixpoint"]
    assert (value, of) == (pytest.approx((1.38 + 1.51 + 1.51) / 3), 300)
    assert reported("soup", "weightwise", "30") == {"fixpoints of 20": (13, 1)}
    assert reported("soup", "dense") == {}


def test_shares_are_compared_by_fishers_test_and_have_wilsons_interval() -> None:
    finding = comparison._share("applied", "weightwise", np.array([1] * 10 + [0] * 40))
    assert (finding.outcome, finding.ours, finding.theirs) == ("zero", 0.2, 0.54)
    assert finding.low == pytest.approx(0.1124, abs=1e-4)  # Wilson, 10 of 50
    assert finding.high == pytest.approx(0.3304, abs=1e-4)
    table = [comb(37, k) * comb(63, 50 - k) / comb(100, 50) for k in range(38)]  # zero ones of ours, of 37 in all
    assert finding.p == pytest.approx(sum(chance for chance in table if chance <= table[10]))
    assert finding.detail == "40 divergent, 10 zero"


def test_means_are_compared_by_students_t() -> None:
    values = np.array([3, 4, 5, 4] * 25)
    finding = comparison._mean("disturbed", "1", "steps to zero or divergence", values)
    assert finding.ours == 4
    assert finding.p < 1e-4
    same = comparison._mean("disturbed", "1", "steps to zero or divergence", values - 4 + finding.theirs)
    assert same.p == pytest.approx(1)


def test_where_all_are_the_same_no_standard_deviation_is_made_up() -> None:
    assert comparison._mean("disturbed", "0.1", "steps as a fixpoint", np.zeros(9)).p == 1
    assert comparison._mean("disturbed", "0.1", "steps as a fixpoint", np.ones(9)).p == 0.2


def test_a_single_soup_is_compared_by_its_rank() -> None:
    assert comparison._rank("soup", "30", "fixpoints of 20", [20] * 39).p == 2 / 40
    assert comparison._rank("soup", "30", "fixpoints of 20", [12, 13, 14] * 13).p == 1
    assert comparison._rank("soup", "20", "fixpoints of 20", [13, 13]).theirs == 13, "with other passes, too"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm(ps: list[float]) -> None:
    agrees = [not each.differs for each in judged([found(p) for p in ps])]
    smallest = sorted(ps)
    kept = next((rank for rank, p in enumerate(smallest) if p >= 0.05 / (len(ps) - rank)), len(ps))
    assert sum(not each for each in agrees) == kept
    assert all(p <= q for p, a in zip(ps, agrees, strict=True) for q, b in zip(ps, agrees, strict=True) if b and not a)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Experiments of seconds."""
    for name, value in {"TRIALS": 20, "SEVERITIES": (10,), "TRAINS": (20,)}.items():
        monkeypatch.setattr(comparison, name, value)
    for name, number in {"PASSES": 3, "EPOCHS": 2, "SCALES": (1.0, 1e-9)}.items():
        monkeypatch.setattr(experiments, name, number)


@pytest.mark.usefixtures("short")
def test_the_command_prints_a_table_and_writes_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.csv"
    assert main(["--nets", "6", "--soups", "2", "--passes", "2", "--seed", "3", "--csv", str(path)]) == 0
    printed, said = capsys.readouterr()
    lines = printed.splitlines()
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert len(lines) == 1 + len(rows) == 1 + 6 + 4 + 1 + 1 + 1
    assert lines[0].split()[:4] == ["experiment", "network", "setting", "outcome"]
    assert "short soup: 2 soups of 10, 20 passes" in said
    assert {row["experiment"] for row in rows} == {
        *("applied", "trained", "disturbed", "soup", "learning soup", "short soup")
    }
    assert all(0 <= float(row["p"]) <= 1 and row["differs"] in ("True", "False") for row in rows)
    assert rows[0]["of"] == "6"
    assert main(["--nets", "6", "--soups", "2", "--passes", "2", "--seed", "3", "--csv", "-", "--quiet"]) == 0
    again, silent = capsys.readouterr()
    assert again == path.read_text("utf-8"), "the same seed gives the same numbers"
    assert silent == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nets", "0"], "--nets: 0 is not allowed: a number from 1 to 10,000"),
        (["--nets", "many"], "--nets: many is not allowed"),
        (["--soups", "1"], "--soups: 1 is not allowed: a number from 2 to 10,000"),
        (["--seed", "-1"], "--seed: -1 is not allowed"),
        (["--csv", "/nowhere/table.csv"], "--csv /nowhere/table.csv: its folder is not there: name another file"),
        (["--nest", "3"], "unrecognized arguments: --nest 3"),
    ],
)
def test_bad_input_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: Any = main(words)
    except SystemExit as left:
        code = left.code
    told = capsys.readouterr().err
    assert code == 2
    assert said in told
    assert told.count("\n") == 1


def test_help_of_the_module() -> None:
    command = [sys.executable, "-m", "alife.organisms.tiny", "--help"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "--soups" in done.stdout
    assert "Gabor" in done.stdout
