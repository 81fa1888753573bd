"""A run folder read: manifest, configuration, stored newborns and the digest, also while another process writes it.

Call `read_manifest`, `read_config`, `read_checkpoint` or `digest` with a path or a URI.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from alife import schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError, damaged
from alife.evolution.reproduction import Newborns
from alife.format import manifest, shards, stored
from populations.record import lease, parts
from populations.record.presence import writer_lives
from populations.record.storage import Folder, explained, is_passing, open_folder

CONFIG = stored.CONFIG


def check_unused(uri: str, held: bool = False) -> None:
    """Make sure that a run could start at `uri`; nothing is written.

    A run that was killed before it had stored its founders is no hindrance.

    Args:
        uri: A path or an fsspec URI.
        held: Whether this process has the folder's lock.

    Raises:
        UserError: Something is there already, or nothing can be written there.
    """
    folder = open_folder(uri)
    with explained(folder, "looking for a run there"):
        names = set(folder.ls())
        folder.check_writable()
    if manifest.NAME in names and unbegun(fetch_manifest(folder)[0]):
        names -= {manifest.NAME, *schema.PART_KINDS}
    locked = {name for name in names if lease.is_lock(name)}
    rest = {name for name in names - locked if not is_passing(name)}
    if rest - {CONFIG} or (rest and not locked):
        if manifest.NAME in names and not held and writer_lives(folder):
            raise UserError(
                f"{uri}: another process is writing a run here: look at it with 'alife status {uri}', or choose "
                "another folder (--out)"
            )
        what = "holds a run already" if manifest.NAME in names else "is not empty"
        raise UserError(f"{uri}: {what}: go on with it (--resume, resume=True), or choose another folder (--out)")


def exists(uri: str) -> bool:
    """Whether there is a run at `uri` that has at least stored its founders.

    Raises:
        UserError: Its manifest is damaged or of another format.
    """
    folder = open_folder(uri)
    with explained(folder, "looking for a run there"):
        there = manifest.NAME in folder.ls()
    return there and not unbegun(fetch_manifest(folder)[0])


def unbegun(content: Mapping[str, Any]) -> bool:
    """Whether nothing has been stored yet of the run that a manifest is of."""
    return not any(content["parts"].values())


def read_manifest(uri: str) -> dict[str, Any]:
    """The manifest of a run, be it running or not.

    Raises:
        UserError: There is no run, or its manifest is damaged or of another format.
    """
    return fetch_manifest(open_folder(uri))[0]


def read_config(uri: str) -> RunConfig:
    """The configuration of a run, be it running or not.

    Raises:
        UserError: There is no run, or its configuration is damaged.
    """
    folder = open_folder(uri)
    return load_config(folder, fetch_manifest(folder)[0])


def read_checkpoint(uri: str, generation: int | None = None) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
    """As `Recorder.checkpoint`, of a run that may have a writer.

    Raises:
        UserError: There is no such checkpoint, or it is damaged.
    """
    folder = open_folder(uri)
    return thaw(folder, fetch_manifest(folder)[0], generation)


def digest(uri: str, first: int = 0, last: int | None = None) -> str:
    """SHA-256 of what was born: two runs are the same if theirs are.

    Covered are all birth columns of the generations `first` to `last` (to the end if None): a line of JSON with names
    (`schema.identity`) and dtypes, then for each generation its rows by ascending id, column after column, integers and
    floats as little-endian bytes, NaN in its one standard form, strings as UTF-8 with a line feed each. Part
    boundaries, compression and wall-clock are not in it. Parts are in memory that overlap in a generation.

    Raises:
        UserError: There is no run, or a part is damaged.
    """
    folder = open_folder(uri)
    while True:
        content = fetch_manifest(folder)[0]
        try:
            return _digest(folder, content, first, last)
        except _Missing as missing:
            if listed_names(fetch_manifest(folder)[0]) == listed_names(content):
                raise UserError(str(missing)) from None


class _Missing(UserError):
    """A file that the manifest lists is not there: lost, or merged since by a live writer."""


def _digest(folder: Folder, content: Mapping[str, Any], first: int, last: int | None) -> str:
    config = load_config(folder, content)
    want = parts.columns("births", config, content)
    total = hashlib.sha256(json.dumps(schema.identity(want)).encode() + b"\n")
    listed = content["parts"]["births"]
    for births in parts.by_generation(listed, lambda entry: read_part(folder, entry, want, config), first, last):
        if (np.diff(births["id"]) == 0).any():
            twice = f"births of generation {births['generation'][0]} are in more than one part"
            raise damaged(f"{folder.uri}/{manifest.NAME}", twice)
        parts.feed(total, births)
    return total.hexdigest()


def read_part(folder: Folder, entry: Mapping[str, Any], want: Mapping[str, str], config: RunConfig) -> pa.Table:
    """Rows of a part that the manifest lists.

    Args:
        folder: Of the run.
        entry: What the manifest says of the part.
        want: Columns and dtypes, as of `parts.columns`.
        config: The run's.

    Raises:
        UserError: It is missing or damaged, or its rows are not those that the manifest lists.
    """
    source = f"{folder.uri}/{entry['name']}"
    return stored.parse_part(reading(folder)(entry["name"], entry["size"]), entry, config, want, source)


def reading(folder: Folder) -> shards.Read:
    """How files that a manifest lists are read from a run folder, each by its name and size.

    What it returns raises UserError where one is not there or cannot be read.
    """

    def read(name: str, size: int) -> bytes:
        with explained(folder, f"reading {name}"):
            try:
                return folder.read(name, size)
            except FileNotFoundError:
                raise _Missing(f"{folder.uri}/{name}: {_GONE}") from None

    return read


def thaw(
    folder: Folder, content: Mapping[str, Any], generation: int | None
) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
    """Generation, newborns by island and meta of a checkpoint that the manifest `content` lists, the last one if None.

    Raises:
        UserError: There is no such checkpoint, or it is damaged.
    """
    if unbegun(content):
        raise UserError(f"{folder.uri}: this run ended before its founders were stored: start it again")
    kept = manifest.kept(content)
    wanted = (kept[-1] if kept else None) if generation is None else generation
    if wanted not in kept:
        some = ", ".join(map(str, kept)) or "none"
        raise UserError(f"{folder.uri}: no checkpoint of generation {wanted}: kept are {some}: name one of them")
    return wanted, *shards.thaw(reading(folder), shards.of(content, wanted), None, folder.uri)


def fetch_manifest(folder: Folder) -> tuple[dict[str, Any], str]:
    """The manifest of a folder and the version that its replacement has to name.

    Raises:
        UserError: There is none, or it is damaged or of another format.
    """
    source = f"{folder.uri}/{manifest.NAME}"
    with explained(folder, f"reading {manifest.NAME}"):
        try:
            data, version = folder.fetch(manifest.NAME, manifest.MOST)
        except (FileNotFoundError, NotADirectoryError):
            raise stored.missing(folder.uri, folder.ls) from None
    return manifest.parse(data, source), version


def load_config(folder: Folder, content: Mapping[str, Any]) -> RunConfig:
    """The configuration that the manifest `content` vouches for.

    Raises:
        UserError: It is missing, or not what was written.
    """
    source = f"{folder.uri}/{CONFIG}"
    with explained(folder, f"reading {CONFIG}"):
        try:
            data = folder.read(CONFIG, stored.MOST_CONFIG)
        except FileNotFoundError:
            raise UserError(f"{source}: missing: restore it from a copy") from None
    return stored.parse_stored_config(data, content, source)


def check_sizes(folder: Folder, content: Mapping[str, Any], sizes: Mapping[str, int | None]) -> None:
    """Make sure that every file that the manifest `content` lists is there in its size.

    Raises:
        UserError: One is not; the line names it.
    """
    for kind in schema.PART_KINDS:
        for entry in content["parts"][kind]:
            check_size(folder, entry, sizes)


def check_size(folder: Folder, entry: Mapping[str, Any], sizes: Mapping[str, int | None]) -> None:
    """Make sure that a file is there in the size that a manifest says.

    Raises:
        UserError: It is not.
    """
    path, size = f"{folder.uri}/{entry['name']}", sizes.get(entry["name"])
    if size is None:
        raise UserError(f"{path}: {_GONE}")
    if size != entry["size"]:
        raise damaged(path, f"{size} bytes instead of {entry['size']}")


def check_loose(folder: Folder, content: Mapping[str, Any], config: RunConfig) -> None:
    """Make sure that the parts of rows that later commits may merge, some 45 at most, hold what was written.

    Raises:
        UserError: One does not; the line names it.
    """
    for kind in schema.ROWS:
        want = parts.columns(kind, config, content)
        for entry in parts.loose(content["parts"][kind]):
            read_part(folder, entry, want, config)


def listed_names(content: Mapping[str, Any]) -> set[str]:
    """Names of all files that a manifest lists."""
    return {entry["name"] for kind in schema.PART_KINDS for entry in content["parts"][kind]}


def sizes_of(folder: Folder) -> dict[str, int | None]:
    """Of everything in a run folder and in the folders of its parts, by name."""
    return {name: size for below in ("", *schema.PART_KINDS) for name, size in folder.ls(below).items()}


def kept(folder: Folder) -> str:
    """What a look at a run folder says is kept there, for whoever could not write on."""
    try:
        content = fetch_manifest(folder)[0]
        with explained(folder, "looking"):
            check_sizes(folder, content, sizes_of(folder))
    except UserError as error:
        why = str(error).removeprefix(f"{folder.uri}: ").removesuffix(stored.NAME_ONE)
        return f"nothing that could go on is kept: {why}"
    if unbegun(content):
        return "nothing of the run is kept"
    last = content["generation"]
    so_far = f"the run is kept up to generation {last}" if last >= 0 else "the run's founders are kept"
    return f"{so_far}: 'alife resume' goes on from there"


_GONE: Final = "missing, though the manifest lists it: restore it from a copy"
