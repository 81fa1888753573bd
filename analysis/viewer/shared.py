"""What two records have in common: a mark for each generation, equal where the generations are."""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife import schema
from analysis.data.run import Run

KIN: Final = ("id", "ancestor_id")
BITS: Final = 48
"""Of a mark: as many as a browser's numbers take, and two unlike generations have the same one in 2⁴⁸ by chance."""


def marks(run: Run) -> dict[str, list[str]]:
    """Marks by generation, from the first on record.

    A newborn is what its ancestors made it: in a fork those of its first generation are the original's, with the same
    ids and ancestors, though they live another life under another seed.

    Args:
        run: With births.

    Returns:
        "born": of ids and ancestors, and of the fixed projections, which a fork has from its original. "lived": of all
        that is on record of each birth.
    """
    births = run.births
    projection = run.setting("quine.projection_seed")
    salt = int(run.setting("seed") if projection is None else projection)
    return {
        "born": _mark(births, KIN, salt),
        "lived": _mark(births, [name for name in schema.BIRTHS if name in births], salt),
    }


def _mark(births: pd.DataFrame, names: Any, salt: int) -> list[str]:
    """A hexadecimal number a generation, whatever the order of its rows."""
    columns = {
        name: births[name].cat.codes if isinstance(births[name].dtype, pd.CategoricalDtype) else births[name]
        for name in names
    }
    hashed = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False)
    hashes: NDArray[np.uint64] = np.asarray(hashed, np.uint64)
    order = np.argsort(births["generation"].to_numpy(), kind="stable")
    starts = np.unique(births["generation"].to_numpy()[order], return_index=True)[1]
    sums = np.add.reduceat(hashes[order], starts) + np.uint64(salt % 2**64)
    return [f"{int(each) >> (64 - BITS):x}" for each in sums]
