"""What the files of a run folder must be to be believed: one strict model for whoever reads a run.

What the manifest does not list does not exist. Its text carries a checksum of itself and of config.yaml, so no damage
to either goes unseen. But a folder that somebody else made may be wrong under right checksums.
"""

import json
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alife import schema
from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import load_yaml
from alife.errors import UserError
from alife.format import files, parquet

MANIFEST: Final = "manifest.json"
CONFIG: Final = "config.yaml"

MOST_MANIFEST: Final = 1 << 26
"""Bytes of a manifest at most; of a run of 10,000 parts and as many restarts it has 5 million."""
MOST_CONFIG: Final = 1 << 16

Digest = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Natural = Annotated[int, Field(ge=0, lt=1 << 63)]
Generation = Annotated[int, Field(ge=0, le=schema.MAX_GENERATIONS)]
Scalar = str | int | float | bool | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Config(_Strict):
    size: Natural
    sha256: Digest


class _Part(_Strict):
    name: str
    size: Natural
    sha256: Digest
    rows: Annotated[int, Field(ge=1)]
    first: Generation
    last: Generation


class _Checkpoint(_Strict):
    name: str
    size: Natural
    sha256: Digest
    generation: Generation


class _Restart(_Strict):
    time: str
    generation: Annotated[int, Field(ge=-1, le=schema.MAX_GENERATIONS)]
    host: str
    why: str
    seconds_lost: float


class _Start(_Strict):
    """A start, a resume or a fork: from `generation` on, on `host`, by `version` of alife, as `command` asked."""

    time: str
    generation: Generation
    command: str
    version: str
    versions: dict[str, Scalar]
    host: str


class _Task(_Strict):
    """The data that a run learns: SHA-256, shape of an image, and images of each class by split."""

    digest: Digest
    shape: list[Natural]
    classes: Natural
    split: Literal["tail", "stratified"]
    counts: dict[str, list[Natural]]


class _Parts(_Strict):
    births: list[_Part]
    migrations: list[_Part]
    generations: list[_Part]
    checkpoints: list[_Checkpoint]


class _Manifest(_Strict):
    format: int
    epoch: Annotated[int, Field(ge=1, lt=1 << 62)]
    status: Annotated[str, Field(pattern=rf"\A(?:{'|'.join(schema.STATUSES)})\z")]
    generation: Annotated[int, Field(ge=-1, le=schema.MAX_GENERATIONS)]
    seed: Natural
    created: str
    updated: str
    versions: dict[str, Scalar]
    machine: Annotated[dict[str, Scalar], Field(alias="class")]
    starts: list[_Start]
    task: _Task | None
    warnings: list[str]
    restarts: list[_Restart]
    config: Annotated[list[_Config], Field(min_length=1, max_length=2)]
    parts: _Parts
    checksum: Digest


def serialise(manifest: Mapping[str, Any]) -> bytes:
    """The text of a manifest in the present format, with its checksum.

    Raises:
        ValueError: `parse_manifest` would not accept it.
    """
    content = {**manifest, "format": schema.FORMAT_VERSION}
    content["checksum"] = schema.manifest_checksum(content)
    _Manifest.model_validate(content)
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def parse_manifest(data: bytes, source: str) -> dict[str, Any]:
    """The manifest that `data` holds, checked in every particular.

    Args:
        data: UTF-8 JSON.
        source: The file, as errors are to name it.

    Returns:
        Its content with the fields of the present format; what format 1 did not know is empty.

    Raises:
        UserError: It is no manifest, it is damaged, it names a file outside its folder, or its format is not ours.
    """
    if len(data) > MOST_MANIFEST:
        raise UserError(f"{source}: more than {MOST_MANIFEST:,} bytes: too large to be a manifest")
    try:
        content = json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UserError(f"{source}: damaged: not valid JSON") from None
    if not isinstance(content, dict):
        raise UserError(f"{source}: damaged: not a manifest")
    _check_format(content.get("format"), source)
    known = content if content["format"] > 1 else {"starts": [], "task": None, "warnings": [], **content}
    try:
        _Manifest.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(f"{source}: damaged: {key}: {first['msg'][0].lower()}{first['msg'][1:]}") from None
    if content["checksum"] != schema.manifest_checksum(content):
        raise UserError(f"{source}: damaged: its checksum does not match its content")
    _check_names(content["parts"], source)
    _check_rows(content["parts"], source)
    _check_births(content, source)
    return known


def parse_stored_config(data: bytes, manifest: Mapping[str, Any], source: str) -> RunConfig:
    """The configuration that a manifest vouches for.

    Args:
        data: config.yaml.
        manifest: As of `parse_manifest`.
        source: The file, as errors are to name it.

    Raises:
        UserError: It is not what was written, or no configuration of a run.
    """
    if schema.seal(data) not in [dict(entry) for entry in manifest["config"]]:
        raise UserError(
            f"{source}: damaged or edited: its SHA-256 is not the one in {MANIFEST}: restore it from a copy"
        )
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UserError(f"{source}: not valid YAML: not UTF-8") from None
    tree = load_yaml(text, source)
    if missing := [key for key in _COMPLETE if key not in tree]:
        raise UserError(f"{source}: has no {missing[0]}: it is not the complete configuration of a run")
    config = parse_config(tree, source)
    if config.seed != manifest["seed"]:
        raise UserError(f"{source}: seed {config.seed} is not the {manifest['seed']} of {MANIFEST}")
    if config.generations <= manifest["generation"]:
        raise UserError(f"{source}: generations: {config.generations}, and {MANIFEST} has one more than that")
    return config


def parse_part(
    data: bytes,
    entry: Mapping[str, Any],
    config: RunConfig,
    columns: Mapping[str, str],
    source: str,
    only: Collection[str] | None = None,
) -> pa.Table:
    """The rows of a part that a manifest lists.

    Args:
        data: The whole file.
        entry: What the manifest says of it.
        config: The run's.
        columns: And dtypes, as of `schema`.
        source: The file, as errors are to name it.
        only: Columns to read, with `id`, `generation` and islands; all if None.

    Raises:
        UserError: It is damaged, or its rows are none that a run with this configuration writes.
    """
    check_seal(data, entry, source)
    rows = parquet.decode(data, columns, source, entry["rows"], None if only is None else {*only, *_PLACES})
    if problem := _row_problem(rows, entry, config.population.islands):
        raise UserError(f"{source}: damaged part: {problem}")
    return rows


def missing(uri: str, ls: Callable[[str], files.Names]) -> UserError:
    """What to say where somebody looks for a run and there is no manifest.

    Args:
        uri: The folder, as given.
        ls: What lies in it, or in a folder below it.
    """
    try:
        names = ls("")
        folders = [name for name, size in sorted(names.items())[:_LOOKED_AT] if size is None]
        below = [name for name in folders if MANIFEST in {each.rpartition("/")[2] for each in ls(name)}]
    except NotADirectoryError:
        return UserError(f"{uri}: there is no run here: it is a file, and a run is a folder")
    except OSError as error:
        return UserError(f"{uri}: there is no run here: {' '.join((error.strerror or str(error)).split())}")
    if "sweep.yaml" in names:
        return UserError(f"{uri}: is a sweep, not a run: name one in {uri.rstrip('/')}/runs; 'alife report' takes both")
    if "paper.json" in names:
        return UserError(f"{uri}: holds results of 'alife paper', and no run")
    if below:
        which = f"{len(below)} runs" if len(below) > 1 else "a run"
        return UserError(f"{uri}: is no run, but holds {which}: name one, as {uri.rstrip('/')}/{below[0]}")
    if not names:
        return UserError(f"{uri}: there is no run here: no such folder, or an empty one")
    return UserError(f"{uri}: there is no run here: no {MANIFEST}")


def check_seal(data: bytes, entry: Mapping[str, Any], source: str) -> None:
    """Make sure that a file is the one that the manifest lists.

    Raises:
        UserError: It is not.
    """
    if len(data) < entry["size"]:
        raise UserError(f"{source}: damaged: {len(data)} bytes instead of {entry['size']}: copy it again")
    if schema.seal(data) != {key: entry[key] for key in ("size", "sha256")}:
        raise UserError(f"{source}: damaged: its SHA-256 is not the one in {MANIFEST}: restore it from a copy")


def _row_problem(rows: pa.Table, entry: Mapping[str, Any], islands: int) -> str:
    """What no run writes into a part, or nothing."""
    columns = {name: rows[name].to_numpy() for name in rows.column_names if name in _PLACES}
    generation = columns["generation"]
    if not len(rows) or generation.min() != entry["first"] or generation.max() != entry["last"]:
        return "its rows are not those that the manifest lists: other generations"
    if "id" in columns:
        ids = columns["id"]
        columns["island of conception"] = ids >> schema.GENERATION_BITS + schema.SLOT_BITS
        if (ids < 0).any() or (ids >> schema.SLOT_BITS & schema.MAX_GENERATIONS != generation).any():
            return "an id is not of its generation"
    for name, values in columns.items():
        if "island" in name and (values.min() < 0 or values.max() >= islands):
            return f"{name}: not within the {islands} of this run"
    return ""


_LOOKED_AT: Final = 200
"""Folders below one that is no run, in which a run is looked for."""

_PLACES: Final = ("id", "generation", "island", "from_island", "to_island")
_COMPLETE: Final = ("task", "generations", "life", "reproduction", "selection", "population", "migration")
"""Keys without which nothing can be said of a run."""


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _check_format(version: Any, source: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool):
        raise UserError(f"{source}: damaged: no format version")
    if version not in schema.READABLE:
        age = "a newer" if version > schema.FORMAT_VERSION else "an older"
        ours = " and ".join(map(str, schema.READABLE))
        raise UserError(f"{source}: written by {age} alife: format {version}; this one reads {ours}")


def _check_names(parts: Mapping[str, list[dict[str, Any]]], source: str) -> None:
    seen = set()
    for kind in schema.PART_KINDS:
        suffix = ".safetensors" if kind == "checkpoints" else ".parquet"
        for part in parts[kind]:
            name = part["name"]
            stem = name.removeprefix(f"{kind}/").removesuffix(suffix)
            if name != f"{kind}/{stem}{suffix}" or not stem.isascii() or not stem.replace("-", "").isalnum():
                raise UserError(f"{source}: damaged: parts.{kind}: {name!r} is no name of a part")
            if name in seen:
                raise UserError(f"{source}: damaged: parts.{kind}: {name!r} is listed twice")
            seen.add(name)


def _check_rows(parts: Mapping[str, list[dict[str, Any]]], source: str) -> None:
    for kind in schema.ROWS:
        rows, size = (sum(part[key] for part in parts[kind]) for key in ("rows", "size"))
        if rows > schema.most_rows(size):
            raise UserError(f"{source}: damaged: parts.{kind}: {rows} rows in {size} bytes")


def _check_births(content: Mapping[str, Any], source: str) -> None:
    births = content["parts"]["births"]
    for before, after in pairwise(births):
        if after["first"] != before["last"] + 1:
            raise UserError(f"{source}: damaged: parts.births: {after['name']!r} does not follow {before['name']!r}")
    if any(part["last"] < part["first"] for part in births) or (births and births[-1]["last"] != content["generation"]):
        raise UserError(f"{source}: damaged: parts.births end before generation {content['generation']}")
