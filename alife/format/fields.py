"""The fields of a manifest and what each must be to be believed; `alife.format.manifest` checks what they say together.

A new field goes in here, and into `SINCE` with what it is in manifests that did not know it.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from alife import schema

Digest = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Natural = Annotated[int, Field(ge=0, lt=1 << 63)]
Generation = Annotated[int, Field(ge=0, le=schema.MAX_GENERATIONS)]
Scalar = str | int | float | bool | None


def _label(text: str) -> str:
    """A text that goes into axes, where $ would begin an equation, and to terminals."""
    if "$" in text or not text.isprintable():
        raise ValueError("a line without $ is expected")
    return text


def _ascending(ranges: list[list[int]]) -> list[list[int]]:
    """Ranges of islands as `alife.format.shards.ranges` makes them."""
    if len(ranges) == 1 and ranges[0][0] <= ranges[0][1]:
        return ranges
    bounds = [bound for each in ranges for bound in each]
    if bounds != sorted(bounds) or any(after[0] <= before[1] + 1 for before, after in pairwise(ranges)):
        raise ValueError("ascending ranges of islands are expected")
    return ranges


_Island = Annotated[int, Field(ge=0, lt=schema.MAX_ISLANDS)]
_Range = Annotated[list[_Island], Field(min_length=2, max_length=2)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_label)]


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
    """A checkpoint, or a shard of one: newborns of the islands in inclusive, ascending ranges, of all if absent."""

    name: str
    size: Natural
    sha256: Digest
    generation: Generation
    islands: Annotated[list[_Range], Field(min_length=1), AfterValidator(_ascending)] | None = None


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


class Task(_Strict):
    """The data that a run learns: SHA-256, shape of an image, and images of each class by split.

    Of data that were handed over their name, and of what has them the names of classes; `dtype` is absent of uint8. Of
    a regression `kind`, `mean` and `sd` of each output, and `classes` are the outputs.
    """

    digest: Digest
    shape: Annotated[list[Natural], Field(min_length=2, max_length=3)]
    classes: Natural
    split: Literal["tail", "stratified"]
    counts: dict[str, list[Natural]]
    dtype: Literal["float32", "float64"] | None = None
    names: list[str] | None = None
    name: str | None = None
    kind: Literal["regression"] | None = None
    mean: list[float] | None = None
    sd: list[float] | None = None


class _Object(_Strict):
    """An object of the user's own: its name, SHA-256 of its source or content, and its parameters."""

    name: str
    sha256: Digest
    parameters: dict[str, JsonValue]


class _Column(_Strict):
    """A column of births that only this run has, and how it is called, compared and drawn (`alife.traits.Trait`)."""

    name: Annotated[str, Field(pattern=r"\A[a-z][a-z0-9_]{0,59}\z")]
    dtype: Literal["float32"]
    noun: Line
    symbol: Line
    scale: Literal["share", "error", "size", "score"]
    direction: Literal[-1, 0, 1]
    meaning: Line
    unit: Line
    every: Annotated[int, Field(ge=1, le=schema.MAX_GENERATIONS)]


class _Parts(_Strict):
    births: list[_Part]
    migrations: list[_Part]
    generations: list[_Part]
    checkpoints: list[_Checkpoint]


class Manifest(_Strict):
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
    task: Task | None
    objects: dict[str, _Object]
    columns: list[_Column]
    warnings: list[str]
    restarts: list[_Restart]
    config: Annotated[list[_Config], Field(min_length=1, max_length=2)]
    parts: _Parts
    checksum: Digest


def check_entry(kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody says that a manifest is to list, if it can.

    Args:
        kind: One of `schema.PART_KINDS`.
        entry: Of a file of that kind.

    Raises:
        ValueError: It cannot; the text says why.
    """
    if kind not in schema.PART_KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(schema.PART_KINDS)}")
    (_Checkpoint if kind == "checkpoints" else _Part).model_validate(entry)
    return dict(entry)


SINCE: Final[Mapping[int, dict[str, Any]]] = {
    2: {"starts": [], "task": None, "warnings": []},
    3: {"objects": {}, "columns": []},
}
"""Fields by the format that brought them, as they are in manifests that did not know them."""
