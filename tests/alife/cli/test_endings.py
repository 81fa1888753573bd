"""What is said and left when a run cannot begin or go on, and where there is no run: it is looked up, not guessed."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from alife.cli.main import main
from alife.errors import UserError
from analysis import load_run
from analysis.data.treatments import find_runs
from analysis.figures.making import make
from analysis.report import of_run, write
from populations import evolve, resume
from populations.engine.worker import Worker
from populations.record.reader import kept
from populations.record.storage import open_folder
from populations.record.writer import Recorder, digest, read_manifest
from tests.support.disks import small
from tests.support.rows import create, live, newborns


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 kB, full but for a page."""
    with small(tmp_path / "disk", "16k") as path:
        yield path


@pytest.mark.parametrize("pages", [4, 3, 2, 1])
def test_a_disk_that_is_full_at_the_start_is_left_as_it_was(tiny_disk: Path, pages: int) -> None:
    (tiny_disk / "full").write_bytes(b"x" * 4096 * pages)
    with pytest.raises(UserError, match=r"No space left on device") as caught:
        _begin(tiny_disk / "runs/one")
    assert "'alife resume'" not in str(caught.value)
    assert os.listdir(tiny_disk) == ["full"]


def _begin(path: Path) -> None:
    recorder = create(path)
    try:
        recorder.commit(-1, newborns(recorder.config, 0, 4_000))
    except UserError:
        recorder.abandon()
        raise


def test_founders_that_cannot_be_stored_leave_nothing(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UserError("no space left")

    monkeypatch.setattr(Recorder, "commit_sealed", refuse)
    with pytest.raises(UserError, match="no space left"):
        evolve(small, str(tmp_path / "runs/one"), backend="local")
    assert os.listdir(tmp_path) == []


def test_what_somebody_else_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    recorder = create(tmp_path / "run")
    (tmp_path / "run/notes.txt").write_text("mine")
    recorder.abandon()
    assert os.listdir(tmp_path / "run") == ["notes.txt"]


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        (lambda path: shutil.rmtree(path), "nothing that could go on is kept: there is no run here: no such folder"),
        (lambda path: shutil.rmtree(path / "births"), r"births/.*: missing, though the manifest lists it"),
        (lambda path: (path / ".writer").unlink(), "the run is kept up to generation 4: 'alife resume' goes on from"),
    ],
)
def test_what_is_kept_after_a_failure_is_looked_up(tmp_path: Path, loss, says: str) -> None:
    path = tmp_path / "run"
    recorder = create(path)
    live(recorder, -1, 0, 1, 2, 3, 4)
    loss(path)
    with pytest.raises(UserError, match=says):
        live(recorder, 5, 6, 7, 8, 9, 10, 11)
    assert path.exists() == ("no such folder" not in says), "a folder that was removed is not made again"


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A run, a sweep, results of the paper, an empty folder, a file, and a folder with none of them."""
    recorder = create(tmp_path / "runs/first")
    live(recorder, -1, 1)
    recorder.close("finished")
    for name in ("sweep/sweep.yaml", "paper/paper.json", "other/notes.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("nowhere", "no such folder"),
        ("empty", "no such folder, or an empty one"),
        ("other", r"no manifest\.json"),
        ("other/notes.txt", "it is a file"),
        ("sweep", r"is a sweep, not a run: its runs are .*/sweep/runs/\*/\*; "),
        ("paper", "holds results of 'alife paper'"),
        ("runs", r"holds a run: name one, as .*/runs/first"),
    ],
)
def test_a_folder_that_is_no_run_is_said_to_be_what_it_is(places: Path, where: str, says: str, capsys) -> None:
    path = str(places / where)
    for read in (load_run, digest, read_manifest, Recorder.open):
        with pytest.raises(UserError, match=says):
            read(path)
    for command in ("show", "migrate"):
        assert main([command, path]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert re.search(says, line)


# Names

NAMES = [
    "a::b",
    "file::zip",
    "zip://x"[:5] + "x",
    "c:x",
    "a b\tc",
    "[x]*?",
    "%41#",
    "-x",
    "<script>",
    "é",
    "\udcff",
    "x\ny",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_may_have_any_name_that_a_file_system_takes(small, tmp_path: Path, name: str, capsys) -> None:
    path = str(tmp_path / name)
    small = {**small, "generations": 2, "life": {**small["life"], "steps": 1}}
    assert evolve(small, path, backend="local", quiet=True) == "finished"
    assert resume(path, generations=3, backend="local", quiet=True) == "finished"
    assert load_run(path).last == 2
    assert find_runs(str(tmp_path)) == [path]
    capsys.readouterr()
    assert main(["show", path]) == 0
    assert main(["export", path, "--format", "newick", "--out", str(tmp_path / "tree")]) == 0
    said = capsys.readouterr()
    assert "Warning" not in said.err
    assert all(char.isprintable() or char == "\n" for char in said.out + said.err)


@pytest.mark.parametrize("name", ["a::b\t\udcff"])
def test_its_figures_and_page_are_made_without_a_warning(small, tmp_path: Path, name: str, recwarn) -> None:
    path = str(tmp_path / name)
    evolve({**small, "generations": 2}, path, backend="local", quiet=True)
    said: list[str] = []
    assert len(make(load_run(path), ["descent"], say=said.append, formats=["svg"])) == 1
    assert said == []
    page = of_run.page(load_run(path), [], [], None)
    write.save(page, Path(path) / "report.html")
    assert not [str(each.message) for each in recwarn if "Glyph" in str(each.message)]


def test_a_path_with_a_zero_character_is_refused_before_the_run(small) -> None:
    with pytest.raises(UserError, match="zero character"):
        evolve(small, "runs/a\0b", backend="local")


def test_founders_alone_are_called_so(tmp_path: Path) -> None:
    """Generation -1 is nothing that anybody has lived."""
    out = str(tmp_path / "run")
    live(create(out), -1)
    assert kept(open_folder(out)) == "the run's founders are kept: 'alife resume' goes on from there"


def test_a_run_that_is_out_of_time_says_how_it_goes_on(
    small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 75 and the last line; each try lives a generation, and the births are those of one go."""
    config, out = tmp_path / "small.yaml", str(tmp_path / "run")
    config.write_text(yaml.safe_dump({**small, "generations": 3}))
    evolve(config, tmp_path / "whole", backend="local")
    brief = ["--max-hours", "1e-9", "--backend", "local", "--no-figures"]
    assert main(["run", "--config", str(config), "--out", out, *brief]) == 75
    said = capsys.readouterr().err.splitlines()
    assert re.fullmatch(rf"stopped after \d+ s; 'alife resume {re.escape(out)}' goes on", said[-1])
    assert any(line.startswith("stopped by MaxHours after generation 0: ") for line in said)
    assert main(["show", out]) == 0
    assert "interrupted, stopped by MaxHours: " in capsys.readouterr().out
    assert [main(["resume", out, *brief]) for _ in range(3)] == [75, 0, 0]
    assert digest(out) == digest(tmp_path / "whole")
    fork = ["fork", out, "--generation", "1", "--out", str(tmp_path / "fork")]
    assert main([*fork, *brief]) == 75
    assert main([*fork, "--resume", *brief]) == 0


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "soon"])
def test_hours_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], hours: str) -> None:
    assert main(["run", "--toy", "--out", str(tmp_path / "run"), f"--max-hours={hours}"]) == 2
    assert f"argument --max-hours: {hours}: a positive number of hours" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["sweep", "fork"])
def test_many_runs_that_are_out_of_time_go_on_by_the_same_command(
    small, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Each generation takes so long that the first or the second run is stopped."""
    plan, out, live = tmp_path / "plan.yaml", str(tmp_path / "many"), Worker.live_one
    plan.write_text(yaml.safe_dump({"base": small, "seeds": 2}))
    evolve(small, tmp_path / "parent", backend="local")
    replicates = ["--generation", "0", "--replicates", "2", "--no-figures", "--resume"]
    words = ["fork", str(tmp_path / "parent"), *replicates] if command == "fork" else ["sweep", "--config", str(plan)]
    words += ["--out", out, "--backend", "local"]

    def slow(self, *args):
        time.sleep(0.2)
        return live(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "live_one", slow)
        assert main([*words, "--max-hours", str(2.5 / 3600)]) == 75
    said = capsys.readouterr().err.splitlines()
    assert re.match(r"stopped after \d+ s; the same command ", said[-1])
    assert main(words) == 0
    assert [read_manifest(run)["status"] for run in find_runs(out)] == ["finished"] * 2
