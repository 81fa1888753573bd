"""Phenomena of self-replicating networks in long runs: `examples/serann.py`."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import alife
from tests.examples.test_heritable import example
from tests.support.own import EXAMPLES

serann = example("serann")


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5]))
def test_a_second_phase_is_a_rise_that_no_fall_matches(seed: int, rise: float) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.01, 1000)
    line = pd.Series(noise + rise * (np.arange(1000) >= 500))
    found = serann.lopsided([line])[0]
    assert abs(found) < 0.02 if rise == 0 else found > 0.3


@pytest.mark.parametrize("sign", [-1, 1])
def test_runs_that_drift_have_no_phase_on_average(sign: int) -> None:
    rng = np.random.default_rng(1)
    walks = [pd.Series(sign * rng.normal(0, 0.01, 1000).cumsum()) for _ in range(400)]
    found = np.array(serann.lopsided(walks))
    assert abs(found.mean()) < 3 * found.std() / 20


def test_the_mean_of_runs_stands_beside_how_much_it_has_changed() -> None:
    values = {("w0.5", "accuracy", g): [0.1 * g + s for s in (0.0, 0.01, 0.03)] for g in (1, 2, 4)}
    ((treatment, trait, means, change, runs),) = serann.over_runs(values)
    assert (treatment, trait, runs) == ("w0.5", "accuracy", "3")
    assert means.startswith("1: +0.1133")
    assert change == "+0.3000 [0.3000, 0.3000]"


@pytest.mark.nightly
def test_its_tables_and_figure_are_of_three_sweeps(
    idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {}
    for name in ("natural_history", "evolving_rates", "large_island"):
        plan = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
        small: dict[str, Any] = {"task": str(idx_folder), "generations": 8, "selection.images": None}
        small |= {"quine": {"hidden": 12, "coordinate_units": 6}, "life": {"steps": 6, "coordinates": 32, "images": 16}}
        small |= {"population": {"islands": 2, "size": 6}, "migration": {"every": 2}, "checkpoint": {"every": 1}}
        small["reproduction"] = plan["base"].get("reproduction", {})
        treatments = {label: plan["treatments"].get(label, {}) for label in ("w0.5", "shuffled", "w1")}
        alife.sweep({"base": small, "treatments": treatments, "seeds": 3}, tmp_path / name, backend="local", quiet=True)
        folders[name] = str(tmp_path / name)
    for runs in alife.load_sweep(folders["natural_history"]).values():
        for run in runs:
            alife.assay(run.path, "dfe", generations=(2, 3, 8), sample=4, figures=False, quiet=True)
            alife.assay(run.path, "epistasis", generations=(2, 8), sample=4, figures=False, quiet=True)
    monkeypatch.setattr(serann, "WINDOWS", (range(1, 3), range(3, 4), range(4, 6), range(6, 8)))
    monkeypatch.setattr(serann, "STEP", 1)
    monkeypatch.setattr(serann, "BACK", 2)
    with redirect_stdout(StringIO()) as text:
        serann.main(*folders.values())
    assert (tmp_path / "natural_history" / "serann.png").stat().st_size > 10_000
    lines = text.getvalue().splitlines()
    assert sum(line.endswith("| 3 |") for line in lines) == 2 * 3 * (3 + 2), "three runs in each row of assays"
    rates = [line for line in lines if " of 3 |" in line]
    assert len(rates) == 3
