"""A run that has ended, resumed: nothing is lived, written, drawn or locked again."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from alife.cli.main import main
from analysis import load_run
from populations import evolve, resume
from populations.record.writer import digest


@pytest.fixture
def tiny() -> dict[str, Any]:
    quine = {"hidden": 6, "coordinate_units": 3}
    return {"task": "none", "generations": 3, "quine": quine, "life": {"steps": 2}, "population": {"islands": 1}}


def content(run: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in run.rglob("*") if p.is_file()}


@pytest.mark.parametrize("figures", [True, False])
def test_the_command_says_so_and_shows_it(tiny, tmp_path, capsys, figures):
    config, out = tmp_path / "tiny.yaml", tmp_path / "run"
    config.write_text(yaml.safe_dump(tiny))
    run = ["run", "--config", str(config), "--out", str(out), "--resume"]
    assert main([*run, "--no-figures"]) == 0
    if figures:
        (out / "figures").mkdir()
        (out / "figures" / "plane.png").write_bytes(b"mine")
    before = content(out)
    for again in (run, ["resume", str(out)]):
        capsys.readouterr()
        assert main(again if figures else [*again, "--no-figures"]) == 0
        said = capsys.readouterr()
        assert said.err == f"{out}: finished before; nothing was left to live\n"
        assert "3 of 3 done" in said.out
        assert "writers" not in said.out
        assert content(out) == before


def test_figures_that_are_missing_are_drawn(tiny, tmp_path, monkeypatch):
    out, drawn = tmp_path / "run", []
    evolve(tiny, str(out), backend="local")
    monkeypatch.setattr("alife.cli.run.figures", lambda run, *_, **__: drawn.append(run))
    assert main(["resume", str(out)]) == 0
    assert drawn == [str(out)]


def test_it_adds_no_writer_and_goes_on_where_there_is_something_to_live(tiny, tmp_path):
    out = str(tmp_path / "run")
    evolve(tiny, out, backend="local")
    for _ in range(2):
        assert resume(out, backend="local") == "finished"
    assert load_run(out).manifest["epoch"] == 1
    assert resume(out, generations=4, backend="local") == "finished"
    assert load_run(out).manifest["epoch"] == 2
    longer = str(tmp_path / "longer")
    evolve({**tiny, "generations": 4}, longer, backend="local")
    assert digest(out) == digest(longer)


def test_a_run_is_a_line(tiny, tmp_path):
    out = str(tmp_path / "run")
    evolve(tiny, out, backend="local")
    assert repr(load_run(out)) == f"<Run {out}: finished, 3 of 3 generations, 72 births>"
    assert repr(load_run(out, births=False)) == repr(load_run(out))
