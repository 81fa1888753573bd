"""What a column that only one run has may be called: call `wrong_name`, and `wrong` for what is said of a measure.

Names become columns of births, of tables made of them, of files handed over and of pages; none may hide another.
"""

import keyword
import re
from functools import cache
from typing import Final

from alife import schema

MEASURES: Final = ("newborn_accuracy",)
"""Measures that are shipped: every run has them, and a configuration says how often they are taken."""

COLUMN: Final = r"[a-z][a-z0-9_]{0,59}"

CHANCE: Final = "chance"
"""The column that a scheme of one's own adds."""

_TOLD: Final = (
    *("birth_island", "treatment", "seed", "run", "trait", "n", "ancestor_list", "ancestor_island", "extant", "rho"),
    *("ancestor", "born_on", "offspring", "cause", "first", "beyond", "x", "y", "from_generation", "from_y"),
)
"""What tables, pages and files that are made of columns have beside them."""


@cache
def taken() -> frozenset[str]:
    """Names of columns of the record, of traits, and of what stands beside them."""
    from alife.traits import SHIPPED  # numpy: help and configurations without measures do without

    stored = (
        *schema.birth_columns(schema.LIFE_HISTORY, survivors=True, crossover=True),
        *schema.MIGRATIONS,
        *schema.generation_columns(),
    )
    return frozenset((*stored, *SHIPPED, *_TOLD))


def wrong_name(name: str) -> str:
    """Why a column of a run's own cannot be called so; or nothing."""
    if keyword.iskeyword(name):
        return "is a keyword of Python: choose another name"
    if name in taken() or name == CHANCE:
        return "is the name of another column or trait: choose another name"
    if not re.fullmatch(COLUMN, name):
        return "cannot name a column: a small letter, then at most 59 of a-z, 0-9 and _"
    return ""


def wrong(name: str, function: str | None, has_parameters: bool) -> str:
    """Why a measure cannot be called so, or cannot be taken so; or nothing.

    Args:
        name: Its column.
        function: The name of what measures; None if it is not said.
        has_parameters: Whether it is to have any.
    """
    if name in MEASURES:
        own = function is not None or has_parameters
        return "is shipped: only every can be said of it; choose another name for a measure of your own" if own else ""
    if function is None:
        return f"names no function: write {{object: my_measure.py:NAME}}; shipped is {', '.join(MEASURES)}"
    return wrong_name(name)
