"""What is wrong with a configuration, in words: a line a key, with its value and what is allowed.

`parse_config` hands what pydantic found to `explain`.
"""

import difflib
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

LONGEST: Final = 200
"""Characters of a value that an error shows."""

MOST: Final = 5
"""Problems that one error names."""

_UNION = ("int", "constrained-int", "literal['auto']")
"""What pydantic adds to the place of a value that may be of several types."""

_short = reprlib.Repr()
_short.maxlevel = 4
_short.maxstring = _short.maxlong = _short.maxother = 2 * LONGEST


def explain(error: ValidationError, keys: Sequence[str], examples: Mapping[str, str]) -> list[str]:
    """A line for each key that is wrong, in the order of the configuration.

    Args:
        error: What pydantic found.
        keys: Dotted keys that there are.
        examples: What to write instead, by key or section, for values that are more than a number or a word.
    """
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        key = ".".join(part for part in problem["loc"] if isinstance(part, str) and part not in _UNION)
        message = problem["msg"].removeprefix("Value error, ")
        if not key:
            found[message] = message
        elif problem["type"] == "extra_forbidden":
            found.setdefault(key, f"{key}: unknown key{_nearest(key, keys)}")
        else:
            allowed = examples.get(key) or f"{message[0].lower()}{message[1:]}"
            found.setdefault(key, f"{key}: {shown(problem['input'])} is not allowed: {allowed}")
    return list(found.values())


def joined(problems: Iterable[str]) -> str:
    """One line of several problems; of many, the first few and how many more there are."""
    problems = list(problems)
    more = [f"and {len(problems) - MOST} more"] if len(problems) > MOST else []
    return "; ".join([*problems[:MOST], *more])


def shown(value: Any) -> str:
    """A value as one writes it, cut where nobody would read on; it may be as large as it likes."""
    try:
        text = repr(value[: 2 * LONGEST]) if isinstance(value, str) else _short.repr(value)
    except (ValueError, RecursionError):  # an integer of more digits than Python prints, or lists without end
        return f"this {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _nearest(key: str, keys: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, [*keys, *{k.split(".")[0] for k in keys if "." in k}], 1, 0.75)
    return f": did you mean {near[0]}?" if near else "; 'alife run --help' lists the known ones"
