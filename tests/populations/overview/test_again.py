"""What lies below a folder, asked again and again: as `finding.entries` says, without reading what has not changed."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from populations import evolve, resume
from populations.observe.callbacks import MaxHours
from populations.overview import again, entry
from populations.overview.again import Again
from populations.overview.entry import Entry
from populations.overview.finding import entries

TINY: dict[str, Any] = {
    "task": "none",
    "generations": 3,
    "quine": {"hidden": 6},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 1, "size": 3},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    evolve(TINY, tmp_path / "root/a", backend="local", callbacks=[MaxHours(1e-9)], quiet=True)
    shutil.copytree(tmp_path / "root/a", tmp_path / "root/deep/b")
    return tmp_path / "root"


def ageless(found: list[Entry]) -> list[Entry]:
    return [replace(each, age=None) for each in found]


def test_it_says_what_is_found(folder: Path) -> None:
    asked = Again(str(folder))
    assert ageless(asked.entries()) == ageless(entries(str(folder)))
    resume(folder / "a", backend="local", quiet=True)
    shutil.rmtree(folder / "deep")
    assert ageless(asked.entries()) == ageless(entries(str(folder)))
    assert [each.status for each in asked.entries()] == ["finished"]


def test_what_has_not_changed_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Again(str(folder))
    first = asked.entries()
    reads: list[str] = []
    monkeypatch.setattr(again, "of_run", lambda name, uri: (reads.append(name), entry.of_run(name, uri))[1])
    assert ageless(asked.entries()) == ageless(first)
    assert reads == []
    resume(folder / "a", backend="local", quiet=True)
    asked.entries()
    assert reads == ["a"]


def test_one_whose_writer_is_gone_is_abandoned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folder / "a/manifest.json").read_text()
    assert "interrupted" in text
    asked, alive = Again(str(folder)), [True]
    monkeypatch.setattr(again, "writer_lives", lambda _: alive[0])
    running = replace(asked.entries()[0], status="running")
    monkeypatch.setattr(again, "of_run", lambda name, uri: running)
    os.utime(folder / "a/manifest.json")
    assert asked.entries()[0].status == "running"
    alive[0] = False
    assert asked.entries()[0].status == "abandoned"


def test_links_that_lead_out_are_not_there(folder: Path) -> None:
    evolve(TINY, folder.parent / "outside", backend="local", quiet=True)
    (folder / "out").symlink_to(folder.parent / "outside")
    (folder / "in").symlink_to(folder / "deep")
    asked = Again(str(folder))
    assert "out" not in [each.name for each in asked.entries()]
    assert asked.find("out") is None
    shutil.rmtree(folder / "a")
    (folder / "a").symlink_to(folder.parent / "outside")
    assert asked.find("a") is None


@pytest.mark.parametrize("name", ["../outside", "..", "/etc", "", "a/../a", "a/", "./a", "deep/../../outside", "\0"])
def test_names_are_compared_and_not_followed(folder: Path, name: str) -> None:
    evolve(TINY, folder.parent / "outside", backend="local", quiet=True)
    assert Again(str(folder)).find(name) is None
