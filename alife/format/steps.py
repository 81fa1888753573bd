"""What callbacks and loops had to say of a run's generations: lines of JSON in `steps.jsonl`, beside the record.

Call `dump` and `parse`. A line is written before its generation is committed; those of generations that never were are
no part of the record, so readers leave them out and the next writer removes them.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alife import schema
from alife.errors import UserError

NAME: Final = "steps.jsonl"
MOST: Final = 1 << 26
"""Bytes of the file at most; what is recorded beyond is dropped."""
LONGEST: Final = 300
"""Characters of a name, or of a reason."""

Word = Annotated[str, Field(max_length=LONGEST)]


class Line(BaseModel):
    """A line.

    Attributes:
        generation: Which it belongs to; -1 before the first.
        by: The callback; empty for the loop over an `Evolution`.
        kind: "number" is one that was recorded, "stopped" says that the run was stopped here, "changed" that a key of
            the configuration was.
        name: Of the number, or the key; empty where the run was stopped.
        value: The number, null where it was not finite; why the run was stopped; the key's new value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    generation: Annotated[int, Field(ge=-1, le=schema.MAX_GENERATIONS)]
    by: Word
    kind: Literal["number", "stopped", "changed"]
    name: Word = ""
    value: int | float | Word | None = None


def dump(lines: Iterable[Line]) -> bytes:
    """The content of a file."""
    return "".join(f"{line.model_dump_json()}\n" for line in lines).encode()


def parse(content: bytes, last: int, folder: str) -> list[Line]:
    """The lines that a file holds.

    Args:
        content: Of the file.
        last: The last generation that is committed; lines of later ones are left out.
        folder: Where it lies, as errors are to name it.

    Raises:
        UserError: It does not hold such lines.
    """
    if len(content) > MOST:
        raise UserError(f"{folder}/{NAME}: damaged: more than {MOST:,} bytes: mend it, or move it away")
    found = []
    for number, text in enumerate(content.splitlines(), 1):
        try:
            found.append(Line.model_validate_json(text))
        except ValidationError:
            raise UserError(
                f"{folder}/{NAME}: damaged: line {number} is none of a step: mend it, or move it away"
            ) from None
    return [line for line in found if line.generation <= last]
