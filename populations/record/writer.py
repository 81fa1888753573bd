"""The recorder: the only writer of a run folder.

Make one with `Recorder.create` or `Recorder.open`; `add` the rows of each generation and `commit` them with the
newborns from which the run goes on, or let workers write (`populations.record.shards`) and `commit_sealed` what they
have written; `close` it. How a folder is taken is `populations.record.opening`, how a commit is made safe
`populations.record.commit`.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format.checkpoints import fossil
from populations.record import commit, lease, opening, parts, shards
from populations.record.described import Described
from populations.record.reader import (
    check_unused,
    digest,
    exists,
    read_checkpoint,
    read_config,
    read_manifest,
    sizes_of,
)
from populations.record.steplog import StepLog
from populations.record.unbegun import remove

__all__ = ["Recorder", "check_unused", "digest", "exists", "fossil", "read_checkpoint", "read_config", "read_manifest"]

_log = logging.getLogger(__name__)


class Recorder(Described):
    """Writes one run. Make it with `create` or `open`; close it.

    Attributes:
        config: The run's configuration, as config.yaml holds it.
        log: What is said of its generations; on record with the commit of each.
    """

    def __init__(self, state: commit.Committed, config: RunConfig, log: StepLog | None = None) -> None:
        super().__init__(state, config)
        self.log = log or StepLog()
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
