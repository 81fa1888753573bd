"""The recorder: the only writer of a run folder.

Make one with `Recorder.create` or `Recorder.open`; `add` the rows of each generation and `commit` them with the
newborns from which the run goes on, or let workers write (`populations.record.shards`) and `commit_sealed` what they
have written; `close` it. How a folder is taken is `populations.record.opening`, how a commit is made safe
`populations.record.commit`.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa

from alife import schema, traits
from alife.configuration.changes import changed
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format import manifest, steps, tested
from alife.format.checkpoints import fossil
from populations.record import commit, lease, notes, opening, parts, shards
from populations.record.reader import (
    CONFIG,
    check_loose,
    check_unused,
    digest,
    exists,
    read_checkpoint,
    read_config,
    read_manifest,
    sizes_of,
    thaw,
    unbegun,
)
from populations.record.steplog import StepLog
from populations.record.storage import LocalFolder, explained
from populations.record.unbegun import remove

__all__ = ["Recorder", "check_unused", "digest", "exists", "fossil", "read_checkpoint", "read_config", "read_manifest"]

_log = logging.getLogger(__name__)


class Recorder:
    """Writes one run. Make it with `create` or `open`; close it.

    Attributes:
        config: The run's configuration, as config.yaml holds it.
        log: What is said of its generations; on record with the commit of each.
    """

    def __init__(self, state: commit.Committed, config: RunConfig, log: StepLog | None = None) -> None:
        self._state, self.config, self.log = state, config, log or StepLog()
        traits.enter(self.manifest)
        self._rows: dict[str, list[pa.Table]] = {kind: [] for kind in schema.ROWS}
        self._added: int | None = None

    @classmethod
    def create(
        cls,
        uri: str,
        config: RunConfig,
        *,
        versions: Mapping[str, str],
        machine: Mapping[str, Any],
        columns: Sequence[Mapping[str, Any]] = (),
        lease_seconds: float = lease.LEASE_SECONDS,
    ) -> "Recorder":
        """Start a run in a new or empty folder.

        Args:
            uri: A path or an fsspec URI.
            config: Resolved and complete.
            versions: Of the packages that decide the births.
            machine: The class within which births are promised to be identical, the manifest's "class".
            columns: Of births that only this run has, the manifest's "columns".
            lease_seconds: How long a dead writer keeps others out where there is no file lock.

        Raises:
            UserError: The folder is used, cannot be written or has a writer; nothing has been written.
        """
        return cls(opening.create(uri, config, versions, machine, columns, lease_seconds), config)

    @classmethod
    def open(cls, uri: str, *, lease_seconds: float = lease.LEASE_SECONDS) -> "Recorder":
        """Go on with a run from its last commit.

        Takes the lock, raises the epoch, checks that all files are there in their size, and removes what a dead writer
        left behind. The status stays what it was until the next commit.

        Raises:
            UserError: There is no run, another writer lives, a file is missing or damaged, or the format is not ours.
        """
        return cls(*opening.reopen(uri, lease_seconds))

    @property
    def manifest(self) -> dict[str, Any]:
        """The last one committed."""
        return self._state.manifest

    @property
    def uri(self) -> str:
        """Where the run folder is."""
        return self._state.folder.uri

    @property
    def address(self) -> str:
        """Where the run folder is, for processes that were started elsewhere."""
        folder = self._state.folder
        return str(folder.root.absolute()) if isinstance(folder, LocalFolder) else folder.uri

    def read(self, name: str, size: int) -> bytes:
        """Content of a file that the manifest lists.

        Raises:
            UserError: It is missing, or the storage refuses.
        """
        with explained(self._state.folder, f"reading {name}"):
            return self._state.folder.read(name, size)

    def thaw(
        self, entries: Sequence[Mapping[str, Any]], islands: Collection[int] | None = None
    ) -> tuple[dict[int, Newborns], dict[str, Any]]:
        """Newborns by island, and the meta they were stored with, of shards of one generation.

        Args:
            entries: As the manifest lists them.
            islands: Which; all if None.

        Raises:
            UserError: A shard is missing or damaged.
        """
        return shards.thaw(self.read, entries, islands, self.uri)

    def last_checkpoint(self) -> tuple[int, list[dict[str, Any]]]:
        """The last generation whose newborns are stored, and the shards that hold them.

        Raises:
            UserError: None are.
        """
        if unbegun(self.manifest):
            raise UserError(f"{self.uri}: this run ended before its founders were stored: start it again")
        generation = max(self.kept())
        listed = self.manifest["parts"]["checkpoints"]
        return generation, [entry for entry in listed if entry["generation"] == generation]

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
            kind: parts.table(rows, parts.columns(kind, self.config, self.manifest), generation)
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
        _check_status(status)
        with commit.writing(self._state) as written:
            last = generation, status, self._rows
            content = commit.written(self._state, self.config, *last, newborns, meta or {}, written)
            self.log.write(self._state.folder)
            commit.replace(self._state, content, written)
        self._rows = {kind: [] for kind in schema.ROWS}
        _log.info("%s: generation %d is on disk, the run is %s", self.uri, generation, status)

    def commit_sealed(
        self,
        generation: int,
        sealed: Sequence[Mapping[str, Sequence[shards.Entry]]],
        merged: Sequence[tuple[str, Sequence[str], shards.Entry]] = (),
        *,
        status: str = "running",
    ) -> None:
        """Make what workers have written the run's.

        Args:
            generation: The last one completed, as of `commit`.
            sealed: What each has written, by kind, as of `populations.record.shards.seal`: rows of the generations
                since the last commit, and newborns of `generation` + 1 and of fossils before it.
            merged: Kind, names of the old parts and the entry of the new one, of each merge that a worker has made; the
                old ones are on record or among `sealed`.
            status: One of `schema.STATUSES`. Nothing more is merged, whatever it is.

        Raises:
            ValueError: What they say is not what can follow the last commit; nothing has changed.
            UserError: A file is not there in the size that was said, and nothing has changed; or the storage refuses or
                another writer has come, as of `commit`.
        """
        _check_status(status)
        if any(self._rows.values()):
            raise ValueError("rows that were added are committed by `commit`")
        content, brought = commit.told(self._state, self.config, generation, status, sealed, merged)
        with commit.writing(self._state):
            self.log.write(self._state.folder)
            commit.replace(self._state, content, brought)
        self._added = None
        if sealed:
            _log.info("%s: generation %d is on disk, the run is %s", self.uri, generation, status)

    def mark(self) -> str:
        """What the names of a worker's files are to end with, for one call of `populations.record.shards`."""
        return commit.new_mark(self._state)

    def put(self, name: str, data: bytes) -> None:
        """Write a file for a worker that does not see the folder; it is the run's once a commit lists it.

        Args:
            name: As `populations.record.shards` gives it, of no file that is there.
            data: Its content.

        Raises:
            UserError: The storage refuses, or another writer has come, as of `commit`.
            ValueError: It is no such name, or one that is on record.
        """
        commit.check_name(self._state, name)
        with commit.writing(self._state) as written:
            commit.put(self._state, written)(name, data)

    def checkpoint(self, generation: int | None = None) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
        """Newborns of a stored generation.

        Args:
            generation: One of `kept`; the last if None.

        Returns:
            (generation, newborns by island, the meta they were committed with).

        Raises:
            UserError: There is no such checkpoint, or it is damaged.
        """
        return thaw(self._state.folder, self.manifest, generation)

    def kept(self) -> list[int]:
        """Generations whose newborns are stored, in order."""
        return manifest.kept(self.manifest)

    def restart(self, generation: int, host: str, why: str, seconds_lost: float) -> None:
        """Note that workers had to be restarted; on record with the next commit.

        Args:
            generation: The one that is lived again.
            host: Which was lost.
            why: In a few words.
            seconds_lost: Since that generation's first start.
        """
        self._state.notes.restarts.append(notes.restarted(generation, host, why, seconds_lost))

    def start(self, generation: int, versions: Mapping[str, str]) -> None:
        """Note that the run starts or goes on, who asked for it how, and with what; on record with the next commit.

        Args:
            generation: The first one to be lived.
            versions: As `populations.record.provenance.versions`.
        """
        self._state.notes.starts.append(notes.started(generation, versions))

    def describe(
        self,
        *,
        task: Mapping[str, Any] | None = None,
        objects: Mapping[str, Mapping[str, Any]] | None = None,
        warnings: Sequence[str] | None = None,
    ) -> None:
        """Say what the run learns, what it is made with and what it is warned of; on record with the next commit.

        Args:
            task: digest, shape, classes, split and counts of the data.
            objects: name, sha256 and parameters of the user's own objects, by configuration key.
            warnings: One line each.

        What is None stays as it is on record.
        """
        said = {"task": task, "objects": objects, "warnings": warnings}
        self._state.notes.facts |= {field: value for field, value in said.items() if value is not None}
        traits.enter({**self.manifest, **self._state.notes.facts})

    def verify(self) -> None:
        """Make sure that what later commits will merge holds what was written, before anything is lived on top of it.

        Raises:
            UserError: A part does not; the line names it.
        """
        check_loose(self._state.folder, self.manifest, self.config)

    def extend(self, generations: int) -> None:
        """Raise the total number of generations; the same total again changes nothing.

        Raises:
            UserError: It is smaller than the present total, or more than there can be.
        """
        if generations < self.config.generations:
            raise UserError(
                f"generations: {generations} is fewer than the {self.config.generations} of this run: name more"
            )
        self.change({"generations": generations})

    def change(self, changes: Mapping[str, Any]) -> None:
        """Change keys of the configuration, as `alife.configuration.changes` allows.

        Raises:
            UserError: They are not allowed.
        """
        config = changed(self.config, changes)
        if config == self.config:
            return
        commit.reconfigure(self._state, config)
        self.config = config

    def attach(self, name: str, data: bytes) -> None:
        """Write a file that belongs beside the record and not to it, such as the scores on test images.

        Args:
            name: In the run folder itself, not in a folder below it.
            data: Its content; replaces what was there, all or nothing.
        """
        if "/" in name or name in (CONFIG, manifest.NAME, lease.NAME, steps.NAME):
            raise ValueError(f"{name!r} is no name for an attachment")
        folder = self._state.folder
        with commit.writing(self._state):
            folder.replace(name, data, folder.fetch(name)[1] if name in folder.ls() else None)

    def tested(self) -> list[int]:
        """Generations whose scores on test images lie beside the record."""
        with explained(self._state.folder, "looking for scores on test images"):
            return tested.listed(self._state.folder.ls(), self.manifest["generation"])

    def close(self, status: str | None = None, sweep: bool = False) -> None:
        """Let go of the folder; what was added and not committed is dropped.

        Args:
            status: One of `schema.STATUSES` to leave on record; None leaves the last one.
            sweep: Remove what workers have written and no commit lists; none of them may write any more.
        """
        self._rows = {kind: [] for kind in schema.ROWS}
        status, state = status or self.manifest["status"], self._state
        self.log.drop(self.manifest["generation"])
        try:
            noted = state.notes.restarts or state.notes.facts or self.log.waiting
            if state.usable and (noted or status != self.manifest["status"]):
                with commit.writing(state) as written:
                    last = self.manifest["generation"], status, self._rows
                    content = commit.written(state, self.config, *last, {}, {}, written)
                    self.log.write(state.folder)
                    commit.replace(state, content, written)
            if sweep:
                with suppress(OSError, UserError):  # the next writer removes what stays
                    state.lock.check()
                    commit.sweep(state, sizes_of(state.folder))
        finally:
            state.usable = False
            state.lock.release()

    def abandon(self) -> None:
        """Let go of a run of which nothing could be stored, and leave nothing of it behind."""
        self._state.usable = False
        remove(self._state.folder, self._state.lock)

    @property
    def _last(self) -> int:
        return self.manifest["generation"] if self._added is None else self._added


def _check_status(status: str) -> None:
    if status not in schema.STATUSES:
        raise ValueError(f"status {status!r} is not among {schema.STATUSES}")
