"""What a run tells lies in its folder, in bounded room, and changes nothing of what is on record."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from alife.format import events as lines
from populations import evolve, resume
from populations.engine.eventlog import EventLog
from populations.observe import events
from populations.observe.callbacks import MaxHours
from populations.record.reader import digest

pytest_plugins = ("tests.support.s3",)

TINY: dict[str, Any] = {
    "task": "none",
    "generations": 4,
    "quine": {"hidden": 6},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 2, "size": 3},
    "checkpoint": {"every": 2},
}


def told(run: Path) -> list[dict[str, Any]]:
    return [line for file in sorted((run / "events").iterdir()) for line in lines.parse(file.read_bytes())]


def test_what_is_told_is_what_listeners_hear(tmp_path: Path) -> None:
    heard: list[Any] = []
    evolve(TINY, tmp_path / "run", backend="local", sinks=[heard.append])
    want = json.loads(json.dumps([event.as_dict() for event in heard]))
    assert [{k: v for k, v in line.items() if k != "time"} for line in told(tmp_path / "run")] == want


def test_a_run_that_goes_on_begins_a_new_file(tmp_path: Path) -> None:
    run = tmp_path / "run"
    evolve(TINY, run, backend="local", callbacks=[MaxHours(1e-9)], quiet=True)
    first = (run / lines.name(1)).read_bytes()
    resume(run, backend="local", quiet=True)
    assert (run / lines.name(1)).read_bytes() == first
    starts = [line["generation"] for line in told(run) if line["event"] == "start"]
    assert starts == [0, 1]
    evolve(TINY, tmp_path / "whole", backend="local", quiet=True)
    assert digest(str(run)) == digest(str(tmp_path / "whole"))


def test_room_is_bounded(tmp_path: Path) -> None:
    evolve(TINY, tmp_path / "run", backend="local", quiet=True)
    log = EventLog()
    log(events.Start(generation=4, of=4, out=str(tmp_path / "run"), hosts=1, backend="local"))
    for number in range(600):
        log(events.Note(text=f"{number} " + "x" * 4000))
    log.close()
    files = sorted((tmp_path / "run/events").iterdir())
    assert len(files) <= lines.KEPT
    assert all(file.stat().st_size <= lines.MOST for file in files)
    assert told(tmp_path / "run")[-1]["text"].startswith("599 ")


def test_a_run_that_stores_nothing_leaves_no_events(tmp_path: Path) -> None:
    log = EventLog()
    log(events.Start(generation=0, of=4, out=str(tmp_path / "run"), hosts=1, backend="local"))
    log(events.Note(text="before anything is stored"))
    log.close()
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    evolve(TINY, tmp_path / "run", backend="local", quiet=True)
    log = EventLog()
    log(events.Start(generation=4, of=5, out=str(tmp_path / "run"), hosts=1, backend="local"))
    shutil.rmtree(tmp_path / "run")
    with caplog.at_level(logging.INFO):
        log(events.Note(text="nobody hears"))
    assert "not put on record" in caplog.text
    assert not (tmp_path / "run").exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    evolve(TINY, tmp_path / "run", backend="local", quiet=True)
    shutil.rmtree(tmp_path / "run/events")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run/events").symlink_to(tmp_path / "elsewhere")
    log = EventLog()
    log(events.Start(generation=4, of=5, out=str(tmp_path / "run"), hosts=1, backend="local"))
    log(events.Note(text="nobody hears"))
    log.close()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_any_storage_has_them_in_the_end(uri: str) -> None:
    from populations.record.storage import open_folder

    evolve(TINY, uri, backend="local", quiet=True)
    folder = open_folder(uri)
    (number,) = lines.numbers(folder.ls(lines.FOLDER))
    assert lines.parse(folder.read(lines.name(number)))[-1]["event"] == "end"
