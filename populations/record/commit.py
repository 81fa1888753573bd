"""A commit: parts and checkpoint first, the manifest last.

`populations.record.writer.Recorder` opens a `writing` block, writes what workers have not written, and ends it with
`replace`; what the manifest lists then is planned by `populations.record.listing`. So a writer killed at any moment
leaves the folder at the commit before or at the new one. Files that the manifest no longer lists go after it.
"""

import contextlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig, dump
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format import manifest
from populations.record import lease, listing, shards
from populations.record.notes import Notes, noted
from populations.record.reader import CONFIG, check_size, fetch_manifest, kept, listed_names, reading
from populations.record.storage import Conflict, Folder, LocalFolder, explained, now
from populations.record.unbegun import ORPHAN, WORKER

_ENDED = ("finished", "extinct")


@dataclass
class Committed:
    """A run folder as its writer left it last.

    Attributes:
        folder: Where.
        lock: What keeps other writers out.
        manifest: The last one committed.
        version: Of that file, which the next replacement has to name; None before the first.
        notes: What goes on record with the next.
        usable: Whether anything can still be written.
    """

    folder: Folder
    lock: lease.Lock
    manifest: dict[str, Any]
    version: str | None
    notes: Notes = field(default_factory=Notes)
    usable: bool = True


@contextlib.contextmanager
def writing(state: Committed) -> Iterator[list[str]]:
    """Names of files written inside, removed again if the manifest does not come to list them.

    Raises:
        UserError: The storage refuses, or the folder is gone or somebody else's; then nothing more can be written.
    """
    if not state.usable:
        raise UserError(f"{state.folder.uri}: this run is closed for writing: resume it")
    state.usable = False
    names: list[str] = []
    try:
        _check_lock(state)
        with explained(state.folder, "writing", lambda: f"; {kept(state.folder)}"):
            yield names
    except BaseException:
        _discard(state.folder, names)
        raise
    state.usable = True


def put(state: Committed, names: list[str]) -> shards.Put:
    """How files are written into the folder by its own writer; `names` gets theirs."""

    def write(name: str, data: bytes) -> None:
        names.append(name)
        state.folder.write(name, data)

    return write


def written(
    state: Committed,
    config: RunConfig,
    generation: int,
    status: str,
    rows: Mapping[str, Sequence[pa.Table]],
    newborns: Mapping[int, Newborns],
    meta: Mapping[str, Any],
    names: list[str],
) -> dict[str, Any]:
    """Write rows and newborns of all islands, and merge small parts: all of them where the run ends.

    Args:
        state: Of the folder.
        config: The run's.
        generation: The last one completed.
        status: One of `schema.STATUSES`.
        rows: By kind, as of `shards.seal`.
        newborns: Of the next generation, by island.
        meta: Likewise.
        names: Gets those of the files.

    Returns:
        The manifest that lists them.

    Raises:
        UserError: A part that is to be merged is damaged.
    """
    columns, read, uri, write = state.manifest["columns"], reading(state.folder), state.folder.uri, put(state, names)
    new = shards.seal(write, new_mark(state), config, columns, generation + 1, newborns, meta, rows)
    listed, merged = listing.planned(state.manifest, config, generation, [new]), []
    for kind in schema.ROWS:
        for group in shards.merges(listed[kind], status in _ENDED):
            entry = shards.merge(write, read, new_mark(state), config, columns, kind, group, uri)
            merged.append((kind, [old["name"] for old in group], entry))
    parts = listing.replaced(listed, merged)
    return {**state.manifest, "status": status, "generation": generation, "parts": parts}


def told(
    state: Committed,
    config: RunConfig,
    generation: int,
    status: str,
    sealed: Sequence[Mapping[str, Sequence[shards.Entry]]],
    merged: Sequence[tuple[str, Sequence[str], shards.Entry]],
) -> tuple[dict[str, Any], list[str]]:
    """The manifest that lists what workers say they have written, and the names of these files.

    Arguments and errors as of `Recorder.commit_sealed`; nothing is written.
    """
    parts = listing.replaced(listing.planned(state.manifest, config, generation, sealed), merged)
    if status != "extinct" and generation + 1 not in {entry["generation"] for entry in parts["checkpoints"]}:
        raise ValueError(f"newborns of generation {generation + 1} are missing")
    content = {**state.manifest, "status": status, "generation": generation, "parts": parts}
    manifest.check(content)
    if wrong := manifest.problem(content):
        raise ValueError(wrong)
    entries = [entry for each in sealed for listed in each.values() for entry in listed]
    entries += [entry for _, _, entry in merged]
    known = listed_names(state.manifest)
    for entry in entries:
        _check_name(known, entry["name"])
    with explained(state.folder, "looking for what workers have written"):
        folders = {entry["name"].partition("/")[0] for entry in entries}
        sizes = {name: size for below in folders for name, size in state.folder.ls(below).items()}
    for entry in entries:
        check_size(state.folder, entry, sizes)
    return content, [entry["name"] for entry in entries]


def check_name(state: Committed, name: str) -> None:
    """Make sure that a worker's file may have a name.

    Raises:
        ValueError: It is none that a worker gives, or is on record.
    """
    _check_name(listed_names(state.manifest), name)


def _check_name(known: Collection[str], name: str) -> None:
    if not WORKER.fullmatch(name) or name in known:
        raise ValueError(f"{name!r} is no name of a worker's new file")


def new_mark(state: Committed) -> str:
    """What the names of a call's files end with; no name is ever used twice."""
    return f"{state.manifest['epoch']}-{secrets.token_hex(4)}"


def replace(state: Committed, content: dict[str, Any], brought: Iterable[str] = ()) -> None:
    """Put a new manifest in place, then remove what it does not list of the old one, and of what was `brought`."""
    obsolete = (listed_names(state.manifest) | set(brought)) - listed_names(content)
    save(state, content)
    for name in obsolete:
        with contextlib.suppress(OSError):  # what stays behind is an orphan, and the next writer removes it
            state.folder.delete(name)


def save(state: Committed, content: dict[str, Any]) -> None:
    """Put a new manifest in place, with what was noted.

    Raises:
        UserError: The lock is lost, or another run has taken the folder over.
    """
    content = {**noted(content, state.notes), "format": schema.FORMAT_VERSION, "updated": now()}
    content.pop("checksum", None)
    _check_lock(state)
    try:
        state.version = state.folder.replace(manifest.NAME, manifest.serialise(content), state.version)
    except Conflict:
        raise UserError(
            f"{state.folder.uri}: another run has taken over this folder, and this one stopped to do no damage: "
            "let that one end, then 'alife resume'"
        ) from None
    state.notes, state.manifest = Notes(), content


def reconfigure(state: Committed, config: RunConfig) -> None:
    """Put another configuration in place; a manifest that vouches for both comes before it.

    Raises:
        UserError: As of `writing`.
    """
    text = dump(config).encode()
    with writing(state):
        present, version = state.folder.fetch(CONFIG)
        save(state, {**state.manifest, "config": [schema.seal(present), schema.seal(text)]})
        state.folder.replace(CONFIG, text, version)
        save(state, {**state.manifest, "config": [schema.seal(text)]})


def sweep(state: Committed, names: Iterable[str]) -> None:
    """Remove those of a folder's files that a dead writer has left and no manifest lists."""
    for name in set(names) - listed_names(state.manifest):
        if ORPHAN.fullmatch(name):
            state.folder.delete(name)


def _check_lock(state: Committed) -> None:
    """Before anything is written, so that a folder that is gone, or somebody else's, is left as it is."""
    try:
        state.lock.check()
    except UserError as error:
        raise UserError(f"{error}; {kept(state.folder)}") from None


def _discard(folder: Folder, written: list[str]) -> None:
    """Remove the files of a commit that did not happen; on an object store the next writer does.

    There, a put of the manifest whose answer was lost may still arrive, and would list them.
    """
    if isinstance(folder, LocalFolder) and written:
        with contextlib.suppress(OSError, UserError):
            for name in set(written) - listed_names(fetch_manifest(folder)[0]):
                folder.delete(name)
