"""The manifest of a run folder: what it must hold to be believed, the one text that says so, and how a run begins.

Call `parse` for whatever was read, `serialise` for what is to be written. What the manifest does not list does not
exist. Its text carries a checksum of itself and of config.yaml, so no damage to either goes unseen; but a folder that
somebody else made may be wrong under right checksums.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alife import schema
from alife.configuration.keys import RunConfig
from alife.configuration.values import GIVEN
from alife.errors import UserError
from alife.words import images

NAME: Final = "manifest.json"
MOST: Final = 1 << 26
"""Bytes of a manifest at most; of a run of 10,000 parts and as many restarts it has 5 million."""

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
    """The data that a run learns: SHA-256, shape of an image, and images of each class by split.

    Of data that were handed over their name, and of what has them the names of classes; `dtype` is absent of uint8.
    """

    digest: Digest
    shape: Annotated[list[Natural], Field(min_length=2, max_length=3)]
    classes: Natural
    split: Literal["tail", "stratified"]
    counts: dict[str, list[Natural]]
    dtype: Literal["float32", "float64"] | None = None
    names: list[str] | None = None
    name: str | None = None


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


def parse_task(task: Any, source: str) -> dict[str, Any] | None:
    """What a record says of its data, checked; None if it says nothing.

    Raises:
        UserError: It is not what a record says.
    """
    try:
        return None if task is None else _Task.model_validate(task).model_dump(exclude_none=True)
    except ValidationError:
        raise UserError(f"{source}: what it says of its data is damaged: restore it from a copy") from None


def told(task: Mapping[str, Any]) -> str:
    """The data of a record, as "60 images of 2 × 3 pixels, 2 classes (SHA-256 0123456789ab…)".

    Their name goes before, if they were handed over with one, as in "pets (60 images …, SHA-256 …)".
    """
    n = sum(map(sum, task["counts"].values()))
    what = f"{images(n, task['shape'], task.get('dtype', 'uint8'))}, {task['classes']} classes"
    digest, name = f"SHA-256 {task['digest'][:12]}…", task.get("name", GIVEN)
    return f"{what} ({digest})" if name == GIVEN else f"{name} ({what}, {digest})"


def serialise(manifest: Mapping[str, Any]) -> bytes:
    """The text of a manifest in the present format, with its checksum.

    Raises:
        ValueError: `parse` would not accept it.
    """
    content = {**manifest, "format": schema.FORMAT_VERSION}
    content["checksum"] = schema.manifest_checksum(content)
    _Manifest.model_validate(content)
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def parse(data: bytes, source: str) -> dict[str, Any]:
    """The manifest that `data` holds, checked in every particular.

    Args:
        data: UTF-8 JSON.
        source: The file, as errors are to name it.

    Returns:
        Its content with the fields of the present format; what format 1 did not know is empty.

    Raises:
        UserError: It is no manifest, it is damaged, it names a file outside its folder, or its format is not ours.
    """
    if len(data) > MOST:
        raise UserError(f"{source}: more than {MOST:,} bytes: too large to be a manifest")
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


def begin(
    config: RunConfig, seal: Mapping[str, Any], versions: Mapping[str, str], machine: Mapping[str, Any], started: str
) -> dict[str, Any]:
    """The manifest of a run in which nothing has happened yet.

    Args:
        config: The run's configuration.
        seal: Size and SHA-256 of config.yaml.
        versions: Of the packages that decide the births.
        machine: The class within which births are promised to be identical.
        started: This moment, ISO 8601.
    """
    return {
        "format": schema.FORMAT_VERSION,
        "epoch": 1,
        "status": "running",
        "generation": -1,
        "seed": config.seed,
        "created": started,
        "updated": started,
        "versions": dict(versions),
        "class": dict(machine),
        "starts": [],
        "task": None,
        "warnings": [],
        "restarts": [],
        "config": [dict(seal)],
        "parts": {kind: [] for kind in schema.PART_KINDS},
    }


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
