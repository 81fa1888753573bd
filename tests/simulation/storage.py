"""A run folder that keeps names and sizes: the recorder is the real one, and the files it vouches for are pretended."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alife import schema
from alife.configuration.keys import RunConfig, dump
from alife.evolution.reproduction import Newborns
from alife.format import manifest
from populations.engine.messages import Entry
from populations.record import commit
from populations.record.storage.folder import Folder
from populations.record.writer import Recorder

MACHINE = {"cpu": "simulated", "torch": "2", "numpy": "2", "dtype": "float32", "device": "cpu", "threads": 1}


@dataclass(frozen=True)
class Content:
    """What a pretended file holds: what generations of islands came to, or newborns by island."""

    births: Mapping[tuple[int, int], bytes] = field(default_factory=dict)
    newborns: Mapping[int, Newborns] = field(default_factory=dict)


class PretendedFolder(Folder):
    """Names and sizes of files; the content only of those that are real, the manifest and the configuration.

    Attributes:
        content: Of pretended files.
        committed: Called with the text of each new manifest.
        written: Bytes so far.
    """

    uri = "simulated"

    def __init__(self) -> None:
        self.content: dict[str, Content] = {}
        self.committed: Callable[[bytes], None] = lambda _: None
        self.written, self.files = 0, 0
        self._real: dict[str, bytes] = {}
        self._sizes: defaultdict[str, dict[str, int | None]] = defaultdict(dict)

    def pretend(self, name: str, size: int, content: Content) -> Entry:
        """Let a file be there; what a manifest says of any file."""
        self.content[name] = content
        self._sizes[name.partition("/")[0]][name] = size
        self.written, self.files = self.written + size, self.files + 1
        return {"name": name, "size": size, "sha256": hashlib.sha256(name.encode()).hexdigest()}

    def fetch(self, name: str, most: int = 0) -> tuple[bytes, str]:
        """As of `Folder`."""
        if name not in self._real:
            raise FileNotFoundError(name)
        return self._real[name], hashlib.sha256(self._real[name]).hexdigest()

    def write(self, name: str, data: bytes) -> None:
        """As of `Folder`."""
        self._real[name] = data

    def replace(self, name: str, data: bytes, expected: str | None) -> str:
        """As of `Folder`; there is only one writer."""
        self._real[name] = data
        if name == manifest.NAME:
            self.committed(data)
        return name

    def put(self, name: str, data: bytes) -> None:
        """As of `Folder`."""
        self._real[name] = data

    def delete(self, name: str) -> None:
        """As of `Folder`."""
        self.content.pop(name, None)
        self._sizes[name.partition("/")[0]].pop(name, None)

    def ls(self, below: str = "") -> dict[str, int | None]:
        """As of `Folder`."""
        return dict(self._sizes[below]) if below else {name: len(data) for name, data in self._real.items()}

    def _written(self, name: str) -> float | None:
        return None


class _NoLock:
    def check(self) -> None:
        """Nobody else writes."""

    def release(self) -> None:
        """Nobody waits."""


def recorder(folder: PretendedFolder, config: RunConfig) -> Recorder:
    """The real recorder of a folder that is not real: of a new run, or of one that is there, from its last commit."""
    text = dump(config).encode()
    lock: Any = _NoLock()
    try:
        content = manifest.parse(folder.read(manifest.NAME), folder.uri)
        content = {**content, "epoch": content["epoch"] + 1}
    except FileNotFoundError:
        content = manifest.begin(config, schema.seal(text), {"torch": "2"}, MACHINE, (), "2000-01-01T00:00:00+00:00")
    return Recorder(commit.Committed(folder, lock, content, None), config)
