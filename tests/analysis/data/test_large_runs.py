"""Runs of more births than fit into memory: each looker reads what it shows, and what would not fit is left out."""

from pathlib import Path

import pandas as pd
import pytest

from analysis import load_run
from analysis.data.derived import DERIVED
from analysis.figures import making, registry
from analysis.report import summary
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in several parts, of which an island dies out before the end."""
    run = synthetic_run(12, 3, 8, seed=4, dead_islands={1: 5})
    start = {"time": "", "generation": 0, "command": "", "version": "", "versions": {}, "host": ""}
    run.manifest["starts"].append(start)  # statistics are over the living
    return write_run(tmp_path_factory.mktemp("large") / "run", run, part_rows=40)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MANY", 10)


def test_columns_are_read_alone(folder: Path) -> None:
    whole = load_run(folder).births
    for columns in (("accuracy",), ("fitness", "replication_loss"), ("cause_of_death", "birth_island"), ()):
        found = load_run(folder, columns=columns).births
        assert {"id", "generation", "island", *columns} <= set(found)
        assert columns or set(found) == {"id", "generation", "island"}
        pd.testing.assert_frame_equal(found, whole[list(found)])
        assert not set(found) & set(DERIVED) - set(columns)


def test_generations_are_read_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_run(folder).births
    (folder / "births").rename(folder / "kept")
    (folder / "births").mkdir()
    try:
        for part in load_run(folder, births=False).manifest["parts"]["births"]:
            if part["first"] <= 5 <= part["last"] or part["last"] == 11:
                (folder / part["name"]).write_bytes((folder / "kept" / Path(part["name"]).name).read_bytes())
        found = load_run(folder, generations=[11, 5]).births
    finally:
        for copy in (folder / "births").iterdir():
            copy.unlink()
        (folder / "births").rmdir()
        (folder / "kept").rename(folder / "births")
    wanted = whole[whole["generation"].isin([5, 11])].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted)


def test_the_table_of_a_run_reads_the_last_generations_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary.print_run(load_run(folder))
    whole = capsys.readouterr().out
    some = summary.load(str(folder))
    assert set(some.births["generation"]) == {5, 11}
    summary.print_run(some)
    assert capsys.readouterr().out == whole


@pytest.mark.parametrize("name", ["plane", "phylogeny", "geneflow"])
def test_a_figure_drawn_from_its_own_columns_is_the_same(folder: Path, tmp_path: Path, large: None, name: str) -> None:
    said: list[str] = []
    one = making.make(load_run(folder), [name], tmp_path / "whole", said.append, ["png"])
    other = making.make_of(str(folder), [name], tmp_path / "own", said.append, ["png"])
    assert said == []
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other] != []


@pytest.mark.parametrize("name", registry.PLOTS)
def test_every_figure_says_what_it_is_drawn_from(folder: Path, name: str) -> None:
    """A figure that asks for a column that it did not name would be left out of large runs alone."""
    columns = registry.PLOTS[name].columns
    run = load_run(folder, births=columns != (), columns=columns)
    registry.PLOTS[name].draw(run)


def test_what_would_not_fit_into_memory_is_left_out_with_a_line(
    folder: Path, tmp_path: Path, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "free", lambda: 1000)
    said: list[str] = []
    assert making.make_of(str(folder), ["plane", "muller"], tmp_path, said.append, ["svg"]) == []
    assert len(said) == 2
    assert "figure plane is left out: of 240 births it takes about" in said[0]
    assert f"'alife plot {folder} plane' draws it on a larger machine" in said[0]
