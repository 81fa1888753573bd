"""What lies below a folder, asked again and again while it changes: make an `Again`, and call `entries`.

Of what has not changed nothing is read again. Unlike `finding.entries` it keeps inside: what a link leads out of the
folder is not there.
"""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from alife.format import files, manifest, stored
from populations.overview.entry import ABANDONED, Entry, of_paper, of_run, of_sweep
from populations.overview.finding import AT_ONCE, Found, find, within
from populations.record.presence import age, writer_lives
from populations.record.storage import open_folder

Stamp = tuple[tuple[int, int, int], ...]
"""What tells whether files of a run have changed: inode, size and time of each."""

_OF_RUN: Final = (manifest.NAME, stored.CONFIG)


class Again:
    """Runs, sweeps and folders of the seed paper's experiments at or below a folder.

    Args:
        uri: The folder, a path or an fsspec URI.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._remote = files.is_remote(uri)
        self._known: dict[str, tuple[Stamp, Entry]] = {}
        self._found: dict[str, Found] = {}

    def find(self, name: str) -> Found | None:
        """What has that name, if it is there and inside; names are compared, and no path is made of one.

        Raises:
            UserError: The folder is not there, or cannot be read.
        """
        if name not in self._found or not self._is_inside(self._found[name]):
            self._look()
        return self._found.get(name)

    def entries(self) -> list[Entry]:
        """A line of each, by name.

        Raises:
            UserError: The folder is not there, or cannot be read.
        """
        self._look()
        runs = [each for each in self._found.values() if each.kind == "run"]
        with ThreadPoolExecutor(AT_ONCE if self._remote else 1) as pool:
            known = dict(zip([each.name for each in runs], pool.map(self._run, runs), strict=True))
        return list(self._lines(known))

    def _look(self) -> None:
        self._found = {each.name: each for each in find(self.uri) if self._is_inside(each)}
        self._known = {name: each for name, each in self._known.items() if name in self._found}

    def _is_inside(self, found: Found) -> bool:
        if self._remote:
            return True
        root = os.path.realpath(files.local(self.uri))
        there = os.path.realpath(files.local(found.uri))
        return os.path.commonpath([root, there]) == root and os.path.isdir(there)

    def _lines(self, known: Mapping[str, Entry]) -> Iterator[Entry]:
        for each in self._found.values():
            if each.kind == "run":
                yield known[each.name]
            elif each.kind == "sweep":
                inside = [entry for name, entry in known.items() if within(name, each.name)]
                yield of_sweep(each.name, each.uri, inside)
            else:
                yield of_paper(each.name, each.uri)

    def _run(self, found: Found) -> Entry:
        if self._remote:
            return of_run(found.name, found.uri)
        now = stamp(found.uri)
        before, entry = self._known.get(found.name, ((), None))
        if entry is None or now != before:
            entry = of_run(found.name, found.uri)
        elif entry.status in ("running", ABANDONED):
            alive = writer_lives(open_folder(found.uri))
            entry = replace(entry, status="running" if alive else ABANDONED, age=age(entry.updated))
        else:
            entry = replace(entry, age=age(entry.updated))
        self._known[found.name] = now, entry
        return entry


def stamp(uri: str, names: tuple[str, ...] = _OF_RUN) -> Stamp:
    """Of files of a run on a disk; empty where one is not there."""
    root = files.local(uri)
    try:
        known = [os.stat(root / name, follow_symlinks=False) for name in names]
    except OSError:
        return ()
    return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in known)
