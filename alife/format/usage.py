"""What a run has cost: a file beside the record, with an entry for each start of it, written again at each commit.

Call `parse` and `dump`, and `total` for the sum of all starts. A core is one that workers were given, busy or not: the
wall-clock of a start times its workers times the cores of each, added up as workers come and go.
"""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from alife import schema

NAME: Final = "usage.json"
MOST: Final = 1 << 22
"""Bytes of the file at most; a start takes 300."""

_Amount = Annotated[float, Field(ge=0, lt=1e15)]


class Usage(BaseModel):
    """What a start has cost so far.

    Attributes:
        began: When its workers were up, ISO 8601.
        updated: Up to when this is known: the last commit of it, or its end.
        generation: The first that it lived.
        lived: How many it has lived.
        seconds: Of wall-clock from `began` to `updated`.
        workers: That it had in the end.
        core_seconds: Seconds of all cores that workers were given.
        gpu_seconds: Likewise of GPUs.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    began: Annotated[str, Field(max_length=40)]
    updated: Annotated[str, Field(max_length=40)]
    generation: Annotated[int, Field(ge=0, le=schema.MAX_GENERATIONS)]
    lived: Annotated[int, Field(ge=0, le=schema.MAX_GENERATIONS)]
    seconds: _Amount
    workers: Annotated[int, Field(ge=0)]
    core_seconds: _Amount
    gpu_seconds: _Amount = 0.0


class Total(BaseModel):
    """What all starts together have cost, as of `Usage`."""

    model_config = ConfigDict(frozen=True)

    starts: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0
    gpu_seconds: float = 0.0


_FILE: Final = TypeAdapter(list[Usage])


def dump(starts: Iterable[Usage]) -> bytes:
    """The content of a file."""
    return _FILE.dump_json(list(starts), indent=1) + b"\n"


def parse(content: bytes) -> list[Usage]:
    """The entries of a file; none of one that is damaged, for nothing else depends on it."""
    try:
        return _FILE.validate_json(content) if len(content) <= MOST else []
    except ValidationError:
        return []


def total(starts: Iterable[Usage]) -> Total:
    """The sum of entries."""
    known = list(starts)
    sums = {name: sum(getattr(each, name) for each in known) for name in ("seconds", "core_seconds", "gpu_seconds")}
    return Total(starts=len(known), **sums)
