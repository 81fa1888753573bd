"""Figures by name, as files: what is made, what is left out and said, and that the same run gives the same bytes."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from alife.errors import UserError
from analysis import make
from analysis.data.run import Run
from analysis.figures.registry import PLOTS, PlotFunction
from tests.support.synthetic import synthetic_run, write_run

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(6, 2, 6)


def broken(run: Run) -> Figure:
    raise ZeroDivisionError("a fault\nof the program")


def test_figures_lie_in_the_run_s_folder(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", synthetic_run(3, 1, 4, path=str(tmp_path / "run")))
    said: list[str] = []
    paths = make(synthetic_run(3, 1, 4, path=str(folder)), ["plane", "hypervolume", "plane"], say=said.append)
    assert [path.name for path in paths] == [
        f"{n}.{k}" for n in ("plane", "hypervolume") for k in ("png", "svg", "pdf")
    ]
    for path in paths:
        assert path.parent == folder / "figures"
        assert path.read_bytes().startswith(MAGIC[path.suffix])
    assert said == []


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, run: Run) -> None:
    first, second = (make(run, ["plane"], tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_every_listed_figure_is_described_in_a_line() -> None:
    assert {"plane", "traits", "hypervolume"} <= PLOTS.keys()
    for plot in PLOTS.values():
        assert plot.description
        assert "\n" not in plot.description


def test_an_unknown_figure_names_the_known(tmp_path: Path, run: Run) -> None:
    with pytest.raises(UserError, match=r"portrait: no such figure: known are plane, "):
        make(run, ["plane", "portrait"], tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_a_figure_that_fails_costs_no_other(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLOTS, "broken", PlotFunction("fails", broken))
    said: list[str] = []
    paths = make(run, ["broken", "hypervolume"], tmp_path, say=said.append)
    assert [path.name for path in paths] == ["hypervolume.png", "hypervolume.svg", "hypervolume.pdf"]
    assert len(said) == 1
    assert said[0].startswith("figure broken is left out: ZeroDivisionError: a fault of the program (test_registry.py:")


def test_what_a_run_cannot_show_is_said_and_the_rest_is_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = make(synthetic_run(3, 1, 4, has_task=False), ["plane", "traits"], tmp_path)
    assert {path.stem for path in paths} == {"traits"}
    (line,) = caplog.messages
    assert line.startswith("figure plane is left out:")
    assert "\n" not in line


def test_an_empty_run_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert make(synthetic_run(0), None, tmp_path / "figures") == []
    assert caplog.messages == ["synthetic: no committed generation yet, nothing to draw: wait for its first"]
    assert not (tmp_path / "figures").exists()


def test_a_remote_run_s_figures_come_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = make(synthetic_run(2, 1, 4, path="s3://bucket/deep/run-7/"), ["hypervolume"])
    assert all(path.parent == Path("run-7-figures") and path.exists() for path in paths)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="figures cannot be written there"):
        make(run, ["hypervolume"], tmp_path / "file" / "figures")


def test_names_with_markup_are_drawn_as_they_are(tmp_path: Path) -> None:
    paths = make(synthetic_run(2, 1, 4, path="runs/$x^{$ <b>& _1"), ["plane", "traits", "hypervolume"], tmp_path)
    assert len(paths) == 9
