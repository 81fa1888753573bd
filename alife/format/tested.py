"""Scores on test images: files beside the record, one for each generation that a run has ended with.

Call `dump` and `parse` for one file, `listed` for which there are. Test images drive nothing: they are looked at after
the last generation was lived, and an extended run looks at them again for the generation that is then its last.
`test-0000029.json` belongs to generation 29 and says so: {"generation": 29, "individuals": {id: {"test_accuracy": 0.66,
"dominant": false}, …}}. Those that format 1 wrote hold the individuals alone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alife import schema

NAME: Final = re.compile(r"test-([0-9]{7})\.json")
LARGEST: Final = 200
"""Bytes that a file may hold for each individual of a generation, and as many again."""


@dataclass(frozen=True)
class OnTestImages:
    """What was found for a generation: test accuracy of everybody who lived to its end, by id, and the dominants."""

    generation: int
    accuracy: Mapping[int, float]
    dominant: frozenset[int]


def file_name(generation: int) -> str:
    """Of the file that holds a generation's scores."""
    return f"test-{generation:07d}.json"


def listed(names: Iterable[str], last: int) -> list[int]:
    """Generations that have a file among these names, in order; those after `last` were never committed."""
    found = (NAME.fullmatch(name) for name in names)
    return sorted(generation for match in found if match and (generation := int(match[1])) <= last)


def dump(tested: OnTestImages) -> bytes:
    """The content of a file."""
    individuals = {
        str(identity): {"test_accuracy": accuracy, "dominant": identity in tested.dominant}
        for identity, accuracy in tested.accuracy.items()
    }
    return json.dumps({"generation": tested.generation, "individuals": individuals}, indent=1).encode()


def parse(content: bytes, generation: int, population: int) -> OnTestImages:
    """The scores that a file holds.

    Args:
        content: Of the file.
        generation: That it is named after.
        population: Individuals that a generation has at most.

    Raises:
        ValueError: It does not hold such scores.
    """
    if len(content) > LARGEST * (population + 1):
        raise ValueError("too large")
    try:
        table: Any = json.loads(content)
        individuals: Any = table.get("individuals", table)
        if table.get("generation", generation) != generation or len(individuals) > population:
            raise ValueError("another generation's")
        accuracy = {_identity(key, generation): _share(one["test_accuracy"]) for key, one in individuals.items()}
        return OnTestImages(
            generation, accuracy, frozenset(int(key) for key, one in individuals.items() if one["dominant"])
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not scores on test images") from error


def _identity(key: str, generation: int) -> int:
    identity = int(key)
    if not 0 <= identity < 1 << 63 or schema.unpack_id(identity)[1] != generation:
        raise ValueError(f"{key} is nobody of that generation")
    return identity


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= float(value) <= 1:
        raise ValueError(f"{value} is no accuracy")
    return float(value)
