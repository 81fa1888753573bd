"""The parts of a run folder as data frames, with no second copy: `Wanted` says what of births, `assemble` does it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alife import schema
from alife.format import stored
from analysis.data.derived import MADE_OF
from analysis.data.validation import order_key

Read = Callable[[], pa.Table]

CAUSE = pd.CategoricalDtype(list(schema.CAUSES))
_ALWAYS: Final = ("id", "generation", "island")
_FAMILY: Final = ("ancestor_id", "n_offspring")
_BESIDE: Final = {schema.AGE, schema.SECOND, schema.SHARED}
"""Columns that tell of families, and those without which they are told wrong, where a run has these."""


@dataclass(frozen=True)
class Wanted:
    """What of the births is to be read; arguments as of `load_run`."""

    births: bool
    columns: Collection[str] | None
    generations: Collection[int] | None

    def stored(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Columns to read, with those from which derived ones are computed."""
        if self.columns is None:
            return dict(columns)
        names = {*_ALWAYS, *self.columns, *(name for one in self.columns for name in MADE_OF.get(one, ()))}
        names |= _BESIDE if names & {*_FAMILY} else set()
        return {name: kind for name, kind in columns.items() if name in names}

    def has(self, part: Mapping[str, Any]) -> bool:
        """Whether a part may hold anybody wanted."""
        return self.generations is None or any(part["first"] <= one <= part["last"] for one in self.generations)


def assemble(
    columns: Mapping[str, str], parts: Sequence[tuple[Mapping[str, Any], Read]], wanted: Wanted
) -> pd.DataFrame:
    """The parts as one frame, one part below the other, filled in place so that no second copy is ever held."""
    if wanted.generations is not None:
        parts = [_of(wanted.generations, part, read()) for part, read in parts]
    rows = sum(part["rows"] for part, _ in parts)
    data = {name: np.empty(rows, np.int8 if kind == "string" else kind) for name, kind in columns.items()}
    start = 0
    for part, read in sorted(parts, key=lambda each: each[0]["first"]):
        table = read()
        for name, kind in columns.items():
            column = table.column(name)
            if kind == "string":
                column = pc.index_in(column, pa.array(schema.CAUSES))
            data[name][start : start + part["rows"]] = column.to_numpy()
        start += part["rows"]
    return pd.DataFrame(
        {
            name: pd.Categorical.from_codes(values, dtype=CAUSE) if columns[name] == "string" else values
            for name, values in data.items()
        },
        copy=False,
    )


def _of(generations: Collection[int], part: Mapping[str, Any], table: pa.Table) -> tuple[Mapping[str, Any], Read]:
    """A part with those alone who are of some generations."""
    own = table.filter(pc.is_in(table["generation"], pa.array(list(generations), pa.int32())))
    return {**part, "rows": len(own)}, lambda: own


def in_order(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a kind in the order of `schema.ROW_ORDER`, whatever the parts; one column at a time, for memory's sake.

    That of births is the order of a phylogeny, which then needs no copy.
    """
    if kind == "births":
        key = order_key(rows["id"].to_numpy())
        order = None if (np.diff(key) >= 0).all() else np.argsort(key, kind="stable")
    else:
        order = stored.order(kind, {name: rows[name] for name in schema.ROW_ORDER[kind]})
    return rows if order is None else taken(rows, order)


def taken(rows: pd.DataFrame, order: NDArray[np.int64]) -> pd.DataFrame:
    """Rows in another order, emptying the frame that is given."""
    return pd.DataFrame({name: rows.pop(name).array[order] for name in map(str, list(rows))}, copy=False)
