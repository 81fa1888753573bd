"""A run folder taken by its one writer: a new one, or one that goes on from its last commit.

Call `create` or `reopen`; `populations.record.writer.Recorder` does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alife import schema
from alife.configuration.keys import RunConfig, dump
from alife.format import manifest, steps
from populations.record import commit, lease
from populations.record.reader import CONFIG, check_sizes, check_unused, fetch_manifest, load_config, sizes_of
from populations.record.steplog import StepLog
from populations.record.storage import explained, now, open_folder
from populations.record.unbegun import remove


def create(
    uri: str,
    config: RunConfig,
    versions: Mapping[str, str],
    machine: Mapping[str, Any],
    columns: Sequence[Mapping[str, Any]],
    lease_seconds: float,
) -> commit.Committed:
    """A new run in a new or empty folder; arguments and errors as of `Recorder.create`."""
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
        check_unused(uri, held=True)
        text = dump(config).encode()
        content = manifest.begin(config, schema.seal(text), versions, machine, columns, now())
        with explained(folder, "creating the run folder"):
            names = folder.ls()
            leftover, version = (folder.fetch(name)[1] if name in names else None for name in (CONFIG, manifest.NAME))
            state = commit.Committed(folder, lock, content, version)
            folder.replace(CONFIG, text, leftover)
            commit.save(state, content)
            commit.sweep(state, sizes_of(folder))
    except BaseException:
        remove(folder, lock)
        raise
    return state


def reopen(uri: str, lease_seconds: float) -> tuple[commit.Committed, RunConfig, StepLog | None]:
    """A run as its last commit left it, its configuration and what was said of its generations.

    Arguments and errors as of `Recorder.open`. Its manifest is then one of the present format.
    """
    folder = open_folder(uri)
    fetch_manifest(folder)
    with explained(folder, "locking the run folder"):
        lock = lease.acquire(folder, lease_seconds)
    try:
        content, version = fetch_manifest(folder)
        config, state = load_config(folder, content), commit.Committed(folder, lock, content, version)
        with explained(folder, "opening the run folder"):
            sizes = sizes_of(folder)
            check_sizes(folder, content, sizes)
            log = StepLog.read(folder, content["generation"]) if steps.NAME in sizes else None
            commit.save(state, {**content, "epoch": content["epoch"] + 1})
            commit.sweep(state, sizes)
            if log:
                log.write(folder)
    except BaseException:
        lock.release()
        raise
    return state, config, log
