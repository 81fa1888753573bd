"""The recorder: the only writer of a run folder.

A commit writes parts and checkpoint first and the manifest last, so that a writer killed at any moment leaves the
folder at the commit before or at the new one. Files that the manifest no longer lists go after it.
"""

import contextlib
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig, dump, parse_config
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format import tested
from populations.record import checkpoints, lease, manifest, parts
from populations.record.checkpoints import fossil
from populations.record.provenance import invocation
from populations.record.reader import (
    CONFIG,
    check_sizes,
    check_unused,
    digest,
    exists,
    fetch_manifest,
    kept,
    listed_names,
    load_config,
    read_checkpoint,
    read_config,
    read_manifest,
    read_part,
    sizes_of,
    thaw,
)
from populations.record.storage import Conflict, Folder, LocalFolder, explained, now, open_folder
from populations.record.unbegun import ORPHAN, remove

__all__ = ["Recorder", "check_unused", "digest", "exists", "fossil", "read_checkpoint", "read_config", "read_manifest"]

_ENDED = ("finished", "extinct")


class Recorder:
    """Writes one run. Make it with `create` or `open`; close it.

    Attributes:
        config: The run's configuration, as config.yaml holds it.
        manifest: The last one committed.
    """

    config: RunConfig
    manifest: dict[str, Any]
    _mark: str

    def __init__(self, folder: Folder, lock: lease.Lock, config: RunConfig) -> None:
        self._folder, self._lock, self.config = folder, lock, config
        self._version: str | None = None
        self._rows: dict[str, list[pa.Table]] = {kind: [] for kind in schema.ROWS}
        self._added: int | None = None
        self._restarts: list[dict[str, Any]] = []
        self._starts: list[dict[str, Any]] = []
        self._facts: dict[str, Any] = {}
        self._usable = True

    @classmethod
    def create(
        cls,
        uri: str,
        config: RunConfig,
        *,
        versions: Mapping[str, str],
        machine: Mapping[str, Any],
        lease_seconds: float = lease.LEASE_SECONDS,
    ) -> "Recorder":
        """Start a run in a new or empty folder.

        Args:
            uri: A path or an fsspec URI.
            config: Resolved and complete.
            versions: Of the packages that decide the births.
            machine: The class within which births are promised to be identical, the manifest's "class".
            lease_seconds: How long a dead writer keeps others out where there is no file lock.

        Raises:
            UserError: The folder is used, cannot be written or has a writer; nothing has been written.
        """
        folder = open_folder(uri)
        check_unused(uri)
        with explained(folder, "creating the run folder"):
            try:
                folder.make()
                lock = lease.acquire(folder, lease_seconds)
            except BaseException:
                folder.unmake()
                raise
        try:
            check_unused(uri)
            self = cls(folder, lock, config)
            text = dump(config).encode()
            self.manifest = manifest.begin(config, schema.seal(text), versions, machine)
            with explained(folder, "creating the run folder"):
                names = folder.ls()
                leftover, self._version = (
                    folder.fetch(name)[1] if name in names else None for name in (CONFIG, manifest.NAME)
                )
                folder.replace(CONFIG, text, leftover)
                self._save(self.manifest)
                self._sweep(sizes_of(folder))
        except BaseException:
            remove(folder, lock)
            raise
        return self

    @classmethod
    def open(cls, uri: str, *, lease_seconds: float = lease.LEASE_SECONDS) -> "Recorder":
        """Go on with a run from its last commit.

        Takes the lock, raises the epoch, checks that all files are there in their size, and removes what a dead writer
        left behind. The status stays what it was until the next commit.

        Raises:
            UserError: There is no run, another writer lives, a file is missing or damaged, or the format is not ours.
        """
        folder = open_folder(uri)
        fetch_manifest(folder)
        with explained(folder, "locking the run folder"):
            lock = lease.acquire(folder, lease_seconds)
        try:
            content, version = fetch_manifest(folder)
            self = cls(folder, lock, load_config(folder, content))
            self._version = version
            with explained(folder, "opening the run folder"):
                sizes = sizes_of(folder)
                check_sizes(folder, content, sizes)
                self._save({**content, "epoch": content["epoch"] + 1})
                self._sweep(sizes)
        except BaseException:
            lock.release()
            raise
        return self

    def add(
        self,
        generation: int,
        births: Mapping[str, np.ndarray],
        migrations: Mapping[str, np.ndarray],
        generations: Mapping[str, np.ndarray],
    ) -> None:
        """Take the rows of one completed generation; they become durable with the next commit.

        Args:
            generation: The one after the last added.
            births: Columns of `schema.birth_columns`, [P] each, one row an individual.
            migrations: Columns of `schema.MIGRATIONS`, possibly without rows.
            generations: Columns of `schema.GENERATIONS`, one row an island.

        Raises:
            ValueError: The rows are not what the schema says, or a generation is left out or repeated.
        """
        last = self._last
        if generation != last + 1:
            raise ValueError(f"generation {generation} does not follow {last}")
        tables = {
            kind: parts.table(rows, parts.columns(kind, self.config.reproduction.heritable), generation)
            for kind, rows in zip(schema.ROWS, (births, migrations, generations), strict=True)
        }
        for kind, rows in tables.items():
            if len(rows):
                self._rows[kind].append(rows)
        self._added = generation

    def commit(
        self,
        generation: int,
        newborns: Mapping[int, Newborns],
        *,
        status: str = "running",
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Make everything added durable, with the newborns from which the run goes on.

        Args:
            generation: The last one completed: -1 before the first of a run; a fork's first commit names the
                generation before the one it thaws.
            newborns: The unborn generation + 1, by island; none when the run is extinct.
            status: One of `schema.STATUSES`. "finished" and "extinct" also merge small parts.
            meta: JSON values that belong to this checkpoint.

        Raises:
            UserError: The storage refuses (a full disk), or another writer has come. The folder stays at the last
                commit, and this recorder is of no more use.
            ValueError: `generation` is not the last one added.
        """
        started = any(self.manifest["parts"].values())
        if generation != self._last and (started or self._added is not None or generation < -1):
            raise ValueError(f"commit of generation {generation} after {self._last} was added")
        if status not in schema.STATUSES:
            raise ValueError(f"status {status!r} is not among {schema.STATUSES}")
        content = {**self.manifest, "status": status, "generation": generation}
        with self._writing() as written:
            content["parts"] = {kind: self._append(kind, status in _ENDED, written) for kind in schema.ROWS}
            content["parts"]["checkpoints"] = self._freeze(generation + 1, newborns, meta or {}, written)
            self._replace(content)
        self._rows = {kind: [] for kind in schema.ROWS}

    def checkpoint(self, generation: int | None = None) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
        """Newborns of a stored generation.

        Args:
            generation: One of `kept`; the last if None.

        Returns:
            (generation, newborns by island, the meta they were committed with).

        Raises:
            UserError: There is no such checkpoint, or it is damaged.
        """
        return thaw(self._folder, self.manifest, generation)

    def kept(self) -> list[int]:
        """Generations whose newborns are stored, in order."""
        return sorted(entry["generation"] for entry in self.manifest["parts"]["checkpoints"])

    def restart(self, generation: int, host: str, why: str, seconds_lost: float) -> None:
        """Note that workers had to be restarted; on record with the next commit.

        Args:
            generation: The one that is lived again.
            host: Which was lost.
            why: In a few words.
            seconds_lost: Since that generation's first start.
        """
        self._restarts.append(
            {"time": now(), "generation": generation, "host": host, "why": why, "seconds_lost": float(seconds_lost)}
        )

    def start(self, generation: int, versions: Mapping[str, str]) -> None:
        """Note that the run starts or goes on, who asked for it how, and with what; on record with the next commit.

        Args:
            generation: The first one to be lived.
            versions: As `populations.record.provenance.versions`.
        """
        command, host = invocation(), socket.gethostname()
        self._starts.append(
            {
                "time": now(),
                "generation": generation,
                "command": command,
                "version": versions.get("alife-quines", "unknown"),
                "versions": dict(versions),
                "host": host,
            }
        )

    def describe(self, *, task: Mapping[str, Any] | None = None, warnings: Sequence[str] | None = None) -> None:
        """Say what the run learns and what its configuration is warned of; on record with the next commit.

        Args:
            task: digest, shape, classes, split and counts of the data; None leaves what is on record.
            warnings: One line each; None leaves what is on record.
        """
        if task is not None:
            self._facts["task"] = dict(task)
        if warnings is not None:
            self._facts["warnings"] = list(warnings)

    def extend(self, generations: int) -> None:
        """Raise the total number of generations; the same total again changes nothing.

        Raises:
            UserError: It is smaller than the present total, or more than there can be.
        """
        if generations < self.config.generations:
            raise UserError(f"generations: {generations} is fewer than the {self.config.generations} of this run")
        if generations == self.config.generations:
            return
        source = f"{self._folder.uri}/{CONFIG}"
        config = parse_config({**self.config.model_dump(), "generations": generations}, source)
        text = dump(config).encode()
        with self._writing():
            present, version = self._folder.fetch(CONFIG)
            self._save({**self.manifest, "config": [schema.seal(present), schema.seal(text)]})
            self._folder.replace(CONFIG, text, version)
            self._save({**self.manifest, "config": [schema.seal(text)]})
        self.config = config

    def attach(self, name: str, data: bytes) -> None:
        """Write a file that belongs beside the record and not to it, such as the scores on test images.

        Args:
            name: In the run folder itself, not in a folder below it.
            data: Its content; replaces what was there, all or nothing.
        """
        if "/" in name or name in (CONFIG, manifest.NAME, lease.NAME):
            raise ValueError(f"{name!r} is no name for an attachment")
        with self._writing():
            version = self._folder.fetch(name)[1] if name in self._folder.ls() else None
            self._folder.replace(name, data, version)

    def tested(self) -> list[int]:
        """Generations whose scores on test images lie beside the record."""
        with explained(self._folder, "looking for scores on test images"):
            return tested.listed(self._folder.ls(), self.manifest["generation"])

    def close(self, status: str | None = None) -> None:
        """Let go of the folder; what was added and not committed is dropped.

        Args:
            status: One of `schema.STATUSES` to leave on record; None leaves the last one.
        """
        self._rows = {kind: [] for kind in schema.ROWS}
        status = status or self.manifest["status"]
        try:
            if self._usable and (self._restarts or self._facts or status != self.manifest["status"]):
                with self._writing() as written:
                    listed = {kind: self._append(kind, status in _ENDED, written) for kind in schema.ROWS}
                    self._replace({**self.manifest, "status": status, "parts": {**self.manifest["parts"], **listed}})
        finally:
            self._usable = False
            self._lock.release()

    def abandon(self) -> None:
        """Let go of a run of which nothing could be stored, and leave nothing of it behind."""
        self._usable = False
        remove(self._folder, self._lock)

    @property
    def uri(self) -> str:
        """Where the run folder is."""
        return self._folder.uri

    @property
    def _last(self) -> int:
        return self.manifest["generation"] if self._added is None else self._added

    @contextlib.contextmanager
    def _writing(self) -> Iterator[list[str]]:
        """Names of files written inside, removed again if the manifest does not come to list them."""
        if not self._usable:
            raise UserError(f"{self._folder.uri}: this run is closed for writing: resume it")
        self._usable = False
        self._mark = f"{self.manifest['epoch']}-{secrets.token_hex(4)}"  # no name is ever used twice
        written: list[str] = []
        try:
            self._check_lock()
            with explained(self._folder, "writing", lambda: f"; {kept(self._folder)}"):
                yield written
        except BaseException:
            self._discard(written)
            raise
        self._usable = True

    def _check_lock(self) -> None:
        """Before anything is written, so that a folder that is gone, or somebody else's, is left as it is."""
        try:
            self._lock.check()
        except UserError as error:
            raise UserError(f"{error}; {kept(self._folder)}") from None

    def _discard(self, written: list[str]) -> None:
        """Remove the files of a commit that did not happen; on an object store the next writer does.

        There, a put of the manifest whose answer was lost may still arrive, and would list them.
        """
        if isinstance(self._folder, LocalFolder) and written:
            with contextlib.suppress(OSError, UserError):
                for name in set(written) - listed_names(fetch_manifest(self._folder)[0]):
                    self._folder.delete(name)

    def _sweep(self, names: Iterable[str]) -> None:
        """Remove those files that a dead writer has left and no manifest lists."""
        for name in set(names) - listed_names(self.manifest):
            if ORPHAN.fullmatch(name):
                self._folder.delete(name)

    def _append(self, kind: str, compact: bool, written: list[str]) -> list[dict[str, Any]]:
        """The manifest's list of a kind with the buffered rows in it, small parts merged."""
        listed = list(self.manifest["parts"][kind])
        rows = self._rows[kind]
        merged = parts.to_merge([entry["rows"] for entry in listed], sum(map(len, rows)), compact)
        if not rows and not merged:
            return listed
        kept, old = listed[: len(listed) - merged], listed[len(listed) - merged :]
        whole = pa.concat_tables([read_part(self._folder, entry, kind, self.config) for entry in old] + rows)
        first, last = whole["generation"][0].as_py(), whole["generation"][-1].as_py()
        name = f"{kind}/{first:07d}-{last:07d}-{self._mark}.parquet"
        data = parts.encode(whole)
        written.append(name)
        self._folder.write(name, data)
        return [*kept, {"name": name, **schema.seal(data), "rows": len(whole), "first": first, "last": last}]

    def _freeze(
        self, generation: int, newborns: Mapping[int, Newborns], meta: Mapping[str, Any], written: list[str]
    ) -> list[dict[str, Any]]:
        """The manifest's list of checkpoints with these newborns in it, and without those that are past keeping."""
        listed = {entry["generation"]: entry for entry in self.manifest["parts"]["checkpoints"]}
        if newborns:
            name = f"checkpoints/{generation:07d}-{self._mark}.safetensors"
            data = checkpoints.encode(generation, newborns, meta)
            written.append(name)
            self._folder.write(name, data)
            listed[generation] = {"name": name, **schema.seal(data), "generation": generation}
        keep = checkpoints.retained(listed, self.config.checkpoint.keep)
        return [listed[number] for number in sorted(keep)]

    def _replace(self, content: dict[str, Any]) -> None:
        """Put a new manifest in place, then remove what only the old one lists."""
        obsolete = listed_names(self.manifest) - listed_names(content)
        self._save(content)
        for name in obsolete:
            with contextlib.suppress(OSError):  # what stays behind is an orphan, and the next writer removes it
                self._folder.delete(name)

    def _save(self, content: dict[str, Any]) -> None:
        noted = {"starts": self._starts, "restarts": self._restarts}
        lists = {name: [*content[name], *more] for name, more in noted.items()}
        content = {**content, **self._facts, **lists, "format": schema.FORMAT_VERSION, "updated": now()}
        content.pop("checksum", None)
        self._lock.check()
        try:
            self._version = self._folder.replace(manifest.NAME, manifest.serialise(content), self._version)
        except Conflict:
            raise UserError(
                f"{self._folder.uri}: another run has taken over this folder: this one stopped to do no damage"
            ) from None
        self._starts, self._restarts, self._facts = [], [], {}
        self.manifest = content
