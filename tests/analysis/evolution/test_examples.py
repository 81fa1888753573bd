"""Examples of docstrings, run on a run folder."""

import doctest
from importlib import import_module

import pytest

from tests.support.synthetic import synthetic_run, write_run

NAMES = (
    *("activity", "breeder", "clades", "history", "kinds", "lines", "matrices", "modes", "neutral", "rates", "signal"),
    "sweeps",
)


@pytest.mark.parametrize("name", NAMES)
def test_examples_say_what_they_print(name, tmp_path, monkeypatch):
    write_run(tmp_path / "runs" / "first", synthetic_run(6, 2, 8))
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(import_module(f"analysis.evolution.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
