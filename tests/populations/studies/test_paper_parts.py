"""Parts of the paper's experiments: ended or not, whole, and done by one process at a time."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alife.errors import UserError
from alife.seed_paper.frame import Outcome
from analysis.paper import verdicts
from analysis.paper.results import load
from populations.record.lease import Busy
from populations.record.storage import open_folder
from populations.studies.paper_results import Keep, claim, ended
from tests.support.killing import run

PART = ("E1", "sgd")


def finish(out: str, part: tuple[str, str] = PART) -> None:
    folder = open_folder(out)
    rows = [{"experiment": part[0], "variant": "a", "seed": 0, "L_SR": 1.0, "rho": 1.0}]
    with claim(folder, *part) as lease:
        keep = Keep(folder, *part, lease)
        keep.save({"weights": np.ones(3, np.float32)}, {"epoch": 1})
        keep.finish(Outcome(rows, rows, {"a": np.ones((1, 3), np.float32)}), 1.0)


def begin(tmp_path: Path) -> Path:
    (tmp_path / "paper.json").write_text('{"full": false, "seeds": 1, "seed": 0, "task": "mnist"}')
    return tmp_path


def test_killed_at_any_step_a_part_has_ended_whole_or_not_at_all(tmp_path: Path) -> None:
    seen = set()
    for step in range(100):
        out = tmp_path / str(step)
        out.mkdir()
        begin(out)
        over = run(finish, str(out), kill_at=step) is None
        whole = PART in ended(open_folder(str(out)))
        seen.add(whole)
        if whole:
            assert load(str(out)).experiments == ["E1"]
        else:
            with pytest.raises(UserError, match=r"holds no results|no experiment has ended"):
                load(str(out))
        if over:
            break
    assert seen == {True, False}
    assert step > 10


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b'{"experiment": "E1"}', b"[" * 100_000])
def test_a_marker_that_is_worth_nothing_ends_no_part_and_hides_no_other(tmp_path: Path, content: bytes) -> None:
    out = begin(tmp_path)
    finish(str(out))
    finish(str(out), ("E2", ""))
    (out / "results/E2.json").write_bytes(content)
    assert ended(open_folder(str(out))) == {PART}
    assert load(str(out)).experiments == ["E1"]


@pytest.mark.parametrize("name", ["E1-sgd.rows.parquet", "E1-sgd.safetensors", "E1-sgd.curves.parquet"])
def test_a_part_that_lacks_a_file_or_has_another_in_its_place_is_done_again(tmp_path: Path, name: str) -> None:
    out = begin(tmp_path)
    finish(str(out))
    path = out / "results" / name
    whole = path.read_bytes()
    for damage in (whole[:-1], b""):
        path.write_bytes(damage)
        assert ended(open_folder(str(out))) == set()
    path.unlink()
    assert ended(open_folder(str(out))) == set()
    path.write_bytes(whole)
    assert ended(open_folder(str(out))) == {PART}


def test_results_of_an_earlier_version_still_count(tmp_path: Path) -> None:
    out = begin(tmp_path)
    finish(str(out))
    path = out / "results/E1-sgd.json"
    facts = json.loads(path.read_text())
    assert facts.pop("files")
    path.write_text(json.dumps(facts))
    assert ended(open_folder(str(out))) == {PART}
    assert load(str(out)).experiments == ["E1"]


def test_a_part_is_done_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = open_folder(str(begin(tmp_path)))
    with claim(folder, *PART) as lease:
        with pytest.raises(Busy, match="another run is writing here"), claim(folder, *PART):
            pass
        with claim(folder, "E2", ""):
            pass
        (tmp_path / "state/E1-sgd/.writer").unlink()
        with pytest.raises(UserError, match="was removed"):
            Keep(folder, *PART, lease).finish(Outcome([]), 1.0)
    assert ended(folder) == set()


def test_experiments_that_have_no_curves_have_their_rows(tmp_path: Path) -> None:
    """As `alife paper E0` alone."""
    folder = open_folder(str(begin(tmp_path)))
    rows = [{"experiment": "E0", "variant": "vanilla", "seed": 0, "L_SR": 1072.0, "rho": 16.0}]
    with claim(folder, "E0", "") as lease:
        Keep(folder, "E0", "", lease).finish(Outcome(rows, [], {"vanilla": np.ones((1, 3), np.float32)}), 1.0)
    assert [(row.experiment, row.mean) for row in verdicts.rows(load(str(tmp_path)))] == [("E0", 1072.0)]


BROKEN = {
    "paper.json": [
        "[]",
        "",
        "{}",
        "[" * 100_000,
        '{"seeds": 1}',
        '{"full": 1, "seeds": 1, "seed": 0, "task": "mnist"}',
    ],
    "results/E0.json": ["length", "seconds"],
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, many in BROKEN.items() for content in many])
def test_results_that_somebody_has_changed_are_one_line(tmp_path: Path, name: str, content: str) -> None:
    finish(str(begin(tmp_path)), ("E0", ""))
    if content in ("length", "seconds"):
        content = json.dumps({**json.loads((tmp_path / name).read_text()), content: None})
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=r"damaged|no experiment has ended"):
        load(str(tmp_path))


def test_a_table_of_something_else_is_one_line(tmp_path: Path) -> None:
    finish(str(begin(tmp_path)))
    rows = tmp_path / "results/E1-sgd.rows.parquet"
    pq.write_table(pa.table({"a": [1]}), rows)
    marker = json.loads((tmp_path / "results/E1-sgd.json").read_text())
    marker["files"]["rows.parquet"] = rows.stat().st_size
    (tmp_path / "results/E1-sgd.json").write_text(json.dumps(marker))
    with pytest.raises(UserError, match="is no table of networks"):
        load(str(tmp_path))
