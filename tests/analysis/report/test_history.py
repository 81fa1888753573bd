"""The natural history of a run on a terminal, as JSON and on its page."""

import io
import json
from dataclasses import replace

import pytest

from alife.cli.main import main
from analysis.evolution.history import MEASURES, history
from analysis.report.history import parts, print_history
from analysis.tables import Table
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return str(write_run(tmp_path_factory.mktemp("history") / "run", synthetic_run(16, 2, 10)))


def test_a_terminal_has_a_table_of_each(run, capsys):
    assert main(["history", run, "--shadows", "3"]) == 0
    printed = capsys.readouterr().out
    for said in ("MODES", "activity", "coefficients", "Sweeps", "Lines of", "Sackin", "breeder", "G and P", "signal"):
        assert said in printed
    assert "replication fidelity, −log₁₀ ρ" in printed
    assert "left out" not in printed


def test_some_measures_alone(run, capsys):
    assert main(["history", run, "modes", "--span", "2"]) == 0
    printed = capsys.readouterr().out
    assert "Spans are 2 generations" in " ".join(printed.split())
    assert "Sackin" not in printed


def test_json_has_every_row(run, capsys):
    assert main(["history", run, "--json", "--shadows", "2", "--chances", "dealt"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["measures"]) == list(MEASURES)
    assert (told["shadows"], told["chances"], told["span"]) == (2, "dealt", 3)
    assert len(told["measures"]["lines"]) == 13
    assert told["measures"]["modes"][0]["novelty"] is None


def test_measures_are_listed(capsys):
    assert main(["history", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(MEASURES)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["oddness"], "oddness: no such measure: choose among modes, activity"),
        (["--span", "0"], "--span 0: 1 or more"),
        (["--shadows", "0"], "--shadows 0: 1 or more"),
    ],
)
def test_what_cannot_be_is_a_line(run, flags, says, capsys):
    assert main(["history", run, *flags]) == 2
    assert capsys.readouterr().err.startswith(f"alife: error: {says}")


def test_short_runs_say_what_they_lack():
    file = io.StringIO()
    print_history(synthetic_run(2, 1, 4), file, shadows=1)
    assert "matrices is left out" in file.getvalue()
    assert "take a longer run" in file.getvalue()


def test_heritable_rates_have_a_table():
    run = synthetic_run(8, 1, 6)
    births = run.births.assign(mutation=0.05).astype({"mutation": "float32"})
    file = io.StringIO()
    print_history(replace(run, births=births), file, names=["rates"], shadows=2)
    assert "mutation σ" in file.getvalue()


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_shows_something_if_asked_for_alone(name: str) -> None:
    found = history(synthetic_run(40, 2, 12, heritable=("mutation",)), [name], shadows=3)
    shown = [part for part in parts(*found) if isinstance(part, Table)]
    assert len(shown) == (1 if len(found[0].get(name, ())) else 0)
    assert shown or name == "sweeps", "who sweeps is chance; all else is there"
