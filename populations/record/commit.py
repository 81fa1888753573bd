"""A commit: parts and checkpoint first, the manifest last.

`populations.record.writer.Recorder` opens a `writing` block, puts files into it with `append` and `freeze`, and ends it
with `replace`. So a writer killed at any moment leaves the folder at the commit before or at the new one. Files that
the manifest no longer lists go after it.
"""

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format import checkpoints, manifest
from populations.record import lease, parts
from populations.record.notes import Notes, noted
from populations.record.reader import fetch_manifest, kept, listed_names, read_part
from populations.record.storage import Conflict, Folder, LocalFolder, explained, now
from populations.record.unbegun import ORPHAN


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
        mark: What the names of a commit's files end with; no name is ever used twice.
    """

    folder: Folder
    lock: lease.Lock
    manifest: dict[str, Any]
    version: str | None
    notes: Notes = field(default_factory=Notes)
    usable: bool = True
    mark: str = ""


@contextlib.contextmanager
def writing(state: Committed) -> Iterator[list[str]]:
    """Names of files written inside, removed again if the manifest does not come to list them.

    Raises:
        UserError: The storage refuses, or the folder is gone or somebody else's; then nothing more can be written.
    """
    if not state.usable:
        raise UserError(f"{state.folder.uri}: this run is closed for writing: resume it")
    state.usable = False
    state.mark = f"{state.manifest['epoch']}-{secrets.token_hex(4)}"
    written: list[str] = []
    try:
        _check_lock(state)
        with explained(state.folder, "writing", lambda: f"; {kept(state.folder)}"):
            yield written
    except BaseException:
        _discard(state.folder, written)
        raise
    state.usable = True


def append(
    state: Committed, config: RunConfig, kind: str, rows: list[pa.Table], compact: bool, written: list[str]
) -> list[dict[str, Any]]:
    """Write rows as a part, small parts merged into it.

    Args:
        state: Of the folder.
        config: The run's.
        kind: One of `schema.ROWS`.
        rows: In order of generation; none only merges.
        compact: Merge all parts that are not full.
        written: Gets the part's name.

    Returns:
        The manifest's list of that kind with them in it.
    """
    listed = list(state.manifest["parts"][kind])
    merged = parts.to_merge([entry["rows"] for entry in listed], sum(map(len, rows)), compact)
    if not rows and not merged:
        return listed
    kept, old = listed[: len(listed) - merged], listed[len(listed) - merged :]
    want = parts.columns(kind, config, state.manifest)
    whole = pa.concat_tables([read_part(state.folder, entry, want, config) for entry in old] + rows)
    first, last = whole["generation"][0].as_py(), whole["generation"][-1].as_py()
    name = f"{kind}/{first:07d}-{last:07d}-{state.mark}.parquet"
    data = parts.encode(whole)
    written.append(name)
    state.folder.write(name, data)
    return [*kept, {"name": name, **schema.seal(data), "rows": len(whole), "first": first, "last": last}]


def freeze(
    state: Committed,
    keep: int,
    generation: int,
    newborns: Mapping[int, Newborns],
    meta: Mapping[str, Any],
    written: list[str],
) -> list[dict[str, Any]]:
    """Write the newborns of a generation as a checkpoint, if there are any.

    Args:
        state: Of the folder.
        keep: `checkpoint.keep`.
        generation: Theirs.
        newborns: By island.
        meta: As of `Recorder.commit`.
        written: Gets the checkpoint's name.

    Returns:
        The manifest's list of checkpoints with it in it, and without those that are past keeping.
    """
    listed = {entry["generation"]: entry for entry in state.manifest["parts"]["checkpoints"]}
    if newborns:
        name = f"checkpoints/{generation:07d}-{state.mark}.safetensors"
        data = checkpoints.encode(generation, newborns, meta)
        written.append(name)
        state.folder.write(name, data)
        listed[generation] = {"name": name, **schema.seal(data), "generation": generation}
    return [listed[number] for number in sorted(checkpoints.retained(listed, keep))]


def replace(state: Committed, content: dict[str, Any]) -> None:
    """Put a new manifest in place, then remove what only the old one lists."""
    obsolete = listed_names(state.manifest) - listed_names(content)
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
