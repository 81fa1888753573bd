"""What a growing run is shown as equals what its record says, however it was looked at."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.data.run import Run, lived, load_run
from analysis.evolution.islands import demes
from analysis.evolution.metapopulation import by_generation
from analysis.live.record import BACK, STEP, Growing, beginning, short
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(70, 3, 12, seed=3)


def cut(run: Run, last: int) -> Run:
    """The run as its record was after a generation."""
    manifest = {**run.manifest, "generation": last, "status": "running"}
    births, generations, migrations = (
        each[each["generation"] <= last] for each in (run.births, run.generations, run.migrations)
    )
    return replace(run, births=births, generations=generations, migrations=migrations, manifest=manifest)


def test_quantiles_are_those_of_all_that_lived(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", run)
    shown = Growing(str(tmp_path / "run")).look()
    living = lived(load_run(str(tmp_path / "run")).births)
    bands = shown["bands"]
    assert bands["generation"] == list(range(run.last + 1))
    for name in ("accuracy", "replication_error"):
        for key, share in (("q05", 0.05), ("median", 0.5), ("q95", 0.95)):
            want = living.groupby("generation")[name].quantile(share).to_numpy()
            assert np.allclose(np.array(bands["traits"][name][key], float), want, rtol=1e-4)


def test_a_run_that_grew_is_shown_as_one_that_is_looked_at_once(run: Run, tmp_path: Path) -> None:
    growing = Growing(str(tmp_path / "run"))
    for last in (0, 1, 5, 41, 69):
        write_run(tmp_path / "run", cut(run, last))
        shown = growing.look()
        assert shown == Growing(str(tmp_path / "run")).look()
        assert shown["last"] == last
        json.dumps(shown, allow_nan=False)


def test_a_run_that_began_again_is_forgotten(run: Run, tmp_path: Path) -> None:
    growing = Growing(str(tmp_path / "run"))
    write_run(tmp_path / "run", run)
    growing.look()
    other = synthetic_run(4, 3, 12, seed=8)
    write_run(tmp_path / "run", replace(other, manifest={**other.manifest, "created": "2030-01-01T00:00:00+00:00"}))
    assert growing.look()["bands"]["generation"] == [0, 1, 2, 3]


def test_components_are_those_of_the_whole_record(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", run)
    shown = Growing(str(tmp_path / "run")).look()["price"]["traits"]["replication_error"]
    whole = by_generation(demes(load_run(str(tmp_path / "run"))), ["replication_error"])
    start = beginning(0, run.last)
    assert start == 20
    want = whole[whole["generation"] >= start]
    assert shown["generation"] == want["generation"].tolist()
    for part in ("selection", "sampling", "transmission", "change"):
        assert np.allclose(np.array(shown[part], float), want[part], rtol=1e-3, atol=1e-9), part


def test_shares_of_clades_and_the_rest_are_all(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", run)
    clades = Growing(str(tmp_path / "run")).look()["clades"]
    shares = np.array(clades["shares"], float)
    assert (shares.sum(axis=0) <= 1 + 1e-3).all()
    assert clades["generation"][0] == 20
    assert len(clades["lines"]) == shares.shape[1]
    assert clades["lines"] == sorted(clades["lines"], reverse=True)


@pytest.mark.parametrize("generations", [1, 2, 4])
def test_few_generations_are_shown(tmp_path: Path, generations: int) -> None:
    write_run(tmp_path / "run", synthetic_run(generations, 1, 6))
    shown = Growing(str(tmp_path / "run")).look()
    assert shown["last"] == generations - 1
    json.dumps(shown, allow_nan=False)


def test_the_beginning_moves_in_steps() -> None:
    starts = [beginning(0, last) for last in range(200)]
    assert starts == sorted(starts)
    assert set(np.diff(starts)) == {0, STEP}
    assert all(last - start < BACK + STEP for last, start in enumerate(starts))
    assert beginning(7, 8) == 7


@pytest.mark.parametrize(
    ("value", "want"), [(float("nan"), None), (None, None), (1 / 3, 0.33333), (float("inf"), None)]
)
def test_numbers_are_what_json_holds(value: Any, want: float | None) -> None:
    assert short(value) == want
