"""What the manifest of a run folder must be to be believed: one strict model for whoever reads a run.

What the manifest does not list does not exist. Its text carries a checksum of itself and of config.yaml, so no damage
to either goes unseen.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alife import schema
from alife.errors import UserError

MANIFEST: Final = "manifest.json"

Digest = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Natural = Annotated[int, Field(ge=0)]
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
    generation: int
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
    epoch: Annotated[int, Field(ge=1)]
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
    _check_births(content, source)
    return known


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


def _check_births(content: Mapping[str, Any], source: str) -> None:
    births = content["parts"]["births"]
    for before, after in pairwise(births):
        if after["first"] != before["last"] + 1:
            raise UserError(f"{source}: damaged: parts.births: {after['name']!r} does not follow {before['name']!r}")
    if any(part["last"] < part["first"] for part in births) or (births and births[-1]["last"] != content["generation"]):
        raise UserError(f"{source}: damaged: parts.births end before generation {content['generation']}")
