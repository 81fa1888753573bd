"""Runs, sweeps and folders of the seed paper's experiments below a folder: call `find`, or `entries`."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from alife.errors import UserError
from alife.format import files, manifest
from populations.overview.entry import Entry, of_paper, of_run, of_sweep
from populations.record.storage import explained, open_folder
from populations.studies import paper_folder, sweep_folder

Kind = Literal["run", "sweep", "paper"]
MARKS: Final[dict[str, Kind]] = {manifest.NAME: "run", sweep_folder.PLAN: "sweep", paper_folder.PLAN: "paper"}
"""The file that says what a folder is."""

DEPTH: Final = 5
"""Levels of folders below the one that is asked for, or below a sweep, that are looked into."""
AT_ONCE: Final = 16
"""Requests to an object store."""


@dataclass(frozen=True)
class Found:
    """A folder that is something.

    Attributes:
        name: Its path below the folder that was looked into; "." is that one.
        uri: Where it is.
        kind: What it is.
    """

    name: str
    uri: str
    kind: Kind


def entries(uri: str) -> list[Entry]:
    """A line of each that is found, by name.

    Raises:
        UserError: The folder is not there, or cannot be read.
    """
    found = find(uri)
    with ThreadPoolExecutor(AT_ONCE if files.is_remote(uri) else 1) as pool:
        runs = pool.map(lambda each: of_run(each.name, each.uri), [each for each in found if each.kind == "run"])
        known = {entry.name: entry for entry in runs}
    out = []
    for each in found:
        if each.kind == "run":
            out.append(known[each.name])
        elif each.kind == "sweep":
            inside = [entry for name, entry in known.items() if within(name, each.name)]
            out.append(of_sweep(each.name, each.uri, inside))
        else:
            out.append(of_paper(each.name, each.uri))
    return out


def within(run: str, sweep: str) -> bool:
    """Whether a run, by its name, is one of a sweep's."""
    return run.startswith("runs/" if sweep == "." else f"{sweep}/runs/")


def find(uri: str) -> list[Found]:
    """All at or below a folder, by name, each once: what lies in a run is not looked into, links are followed once.

    Raises:
        UserError: The folder is not there, or cannot be read.
    """
    folder = open_folder(uri)
    with explained(folder, "looking there", ": name another folder"):
        names = folder.ls()
    if not names and not (not files.is_remote(uri) and files.local(uri).is_dir()):
        raise UserError(f"{uri}: no such folder, or an empty one: name a folder of runs")
    top = uri.rstrip("/") or "/"
    found = _remote(top) if files.is_remote(uri) else _local(top, files.local(uri))
    return sorted(found, key=lambda each: each.name.split("/"))


def _kind(names: Iterable[str]) -> Kind | None:
    there = set(names)
    return next((kind for mark, kind in MARKS.items() if mark in there), None)


def _deeper(kind: Kind | None, depth: int) -> int:
    """Levels to look into below a folder; of a sweep its runs, however deep it lies."""
    return 0 if kind in ("run", "paper") else DEPTH if kind == "sweep" else depth - 1


def _local(top: str, root: Path) -> Iterator[Found]:
    """Folders that lie there first, then those that links lead to."""
    seen: set[tuple[int, int]] = set()
    folders, links = [("", DEPTH + 1)], list[tuple[str, int]]()
    while folders or links:
        name, depth = folders.pop() if folders else links.pop(0)
        path = root / name
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as scan:
                inside = list(scan)
        except OSError:  # gone meanwhile, or not ours to read
            continue
        kind = _kind(each.name for each in inside)
        if kind:
            yield Found(name or ".", f"{top}/{name}" if name else top, kind)
        depth = _deeper(kind, depth)
        for each in inside if depth else ():
            if not each.name.startswith(".") and _is_folder(each):
                below = f"{name}/{each.name}" if name else each.name
                (links if each.is_symlink() else folders).append((below, depth))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _remote(top: str) -> Iterator[Found]:
    """Level by level, many folders at once."""
    folder, level = open_folder(top), [("", DEPTH + 1)]
    with ThreadPoolExecutor(AT_ONCE) as pool, explained(folder, "looking there", ": name another folder"):
        while level:
            inside = list(pool.map(lambda each: folder.ls(each[0]), level))
            deeper = []
            for (name, depth), names in zip(level, inside, strict=True):
                kind = _kind(each.rpartition("/")[2] for each, size in names.items() if size is not None)
                if kind:
                    yield Found(name or ".", f"{top}/{name}" if name else top, kind)
                depth = _deeper(kind, depth)
                hidden = (each.rpartition("/")[2].startswith(".") for each in names)
                below = [each for each, skip in zip(names, hidden, strict=True) if names[each] is None and not skip]
                deeper += [(each, depth) for each in below if depth]
            level = deeper
