"""A phylogeny as files that others read, by format; the ALife data standard (CSV), Parquet, and the standard read back.

A new format is one function in `FORMATS`.
"""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from alife import schema
from alife.errors import BadArgument, UserError, written
from alife.format import files
from analysis.lineage.auspice import write_auspice
from analysis.lineage.nested import About
from analysis.lineage.newick import write_newick, write_nexus
from analysis.lineage.phylogeny import NOBODY, Phylogeny, prune
from analysis.lineage.taxonium import write_taxonium
from analysis.lineage.trees import write_trees

STANDARD: Final = ("id", "ancestor_list", "origin_time", "destruction_time", "extant")
"""Columns that open the CSV. `extant` marks the last generation on record, where phyloframe prunes to."""

UNKNOWN: Final = About()
"""Of which run a phylogeny is, where nobody says it."""


def export(
    tree: Phylogeny, path: str | os.PathLike[str], format: str, pruned: bool = False, about: About = UNKNOWN
) -> Path:
    """Write a phylogeny, atomically: the file is there whole or not at all.

    Args:
        tree: The full phylogeny.
        path: The file; one of that name is replaced.
        format: A name in `FORMATS`.
        pruned: Only the last generation and its ancestors, by both parents of whoever has two. In the formats of
            `ONE_PARENT`, which follow the first alone, also without the ancestors that neither branch nor found a tree,
            so that branches are as long as they lasted.
        about: Of which run it is, for formats with a title.

    Returns:
        The file.

    Raises:
        UserError: No such format, one that cannot say that some have two parents, or the file cannot be written.
    """
    if format not in FORMATS:
        raise BadArgument("format", f" {format}: not among {', '.join(FORMATS)}")
    with written(path), files.beside(Path(path), durable=True) as temporary:
        FORMATS[format](prune(tree, both=format not in ONE_PARENT) if pruned else tree, temporary, pruned, about)
    return Path(path)


def standard(tree: Phylogeny) -> pd.DataFrame:
    """The births under the names of the ALife data standard's phylogeny: `STANDARD`, then every other column.

    `ancestor_list` is "[none]" for founders, "[id]" or, of two parents, "[id,id]" for all others; ids are those of the
    record, int64.
    """
    ids = tree.births["id"].to_numpy()
    others = ("," + pd.Series(ids[tree.second].astype(str))).where(tree.second != NOBODY, "")
    lists = "[" + pd.Series(ids[tree.parent].astype(str)) + others + "]"
    frame = tree.births.drop(columns=[n for n in ("ancestor_id", schema.SECOND) if n in tree.births]).assign(
        ancestor_list=lists.where(tree.parent != NOBODY, "[none]"), extant=tree.generation == tree.last
    )
    return frame[[*STANDARD, *(name for name in frame if name not in STANDARD)]]


def read_alife(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Births from a CSV that `export` wrote, for `analysis.lineage.phylogeny.phylogeny`.

    Raises:
        UserError: No such file, or not of the standard; names the file and the line.
    """
    traits: dict[str, Any] = dict.fromkeys(
        (*schema.SCORES, *schema.LIFE_HISTORY, "replication_loss", "fitness"), "float32"
    )
    try:
        frame = pd.read_csv(path, dtype={"ancestor_list": str, **traits})
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as CSV: {' '.join(str(error).split())}: name another file") from None
    for name in STANDARD[:3]:
        if name not in frame:
            raise UserError(
                f"{path}: no column {name}: not the ALife data standard as this program writes it: export it again"
            )
    lists = frame["ancestor_list"].str.extract(r"^\[(none|\d+)(?:, *(\d+))?\]$")
    ancestor, second = lists[0].mask((lists[0] == "none") & lists[1].notna()), lists[1]
    if ancestor.isna().any():
        row = int(np.flatnonzero(ancestor.isna())[0])
        raise UserError(
            f"{path}: line {row + 2}: ancestor_list is {frame['ancestor_list'][row]!r}: [none], [ID] or [ID,ID]"
        )
    founder = ancestor == "none"
    births = frame.assign(ancestor_id=frame["id"].where(founder, ancestor.where(~founder, "0").astype("int64")))
    if second.notna().any() or schema.SHARED in births:
        births[schema.SECOND] = second.fillna(str(schema.NO_ANCESTOR)).astype("int64")
    return births.drop(columns=[name for name in ("ancestor_list", "extant") if name in births])


def for_phyloframe(tree: Phylogeny) -> pd.DataFrame:
    """The phylogeny in phyloframe's working format, in which its functions are fast.

    Returns:
        `standard`, with ids 0, 1, … in order of origin_time (row numbers of `tree.births`) and an `ancestor_id`, own id
        for founders; of two parents the first alone.
    """
    rows = np.arange(len(tree))
    ancestor = np.where(tree.parent == NOBODY, rows, tree.parent)
    lists = pd.Series(ancestor.astype(str)).where(tree.parent != NOBODY, "none")
    return standard(tree).assign(id=rows, ancestor_id=ancestor, ancestor_list="[" + lists + "]")


def validate(path: str | os.PathLike[str]) -> None:
    """Hold a CSV against phyloframe's validator of the ALife data standard.

    Raises:
        UserError: It does not conform, with the validator's reason, or phyloframe is not installed.
    """
    legacy = phyloframe()
    frame = pd.read_csv(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        valid = legacy.alifestd_validate(frame)
    if not valid:
        reason = " ".join(str(said[-1].message).split()) if said else "no reason given"
        raise UserError(f"{path}: not of the ALife data standard: {reason[:300]}: export it again")


def phyloframe() -> Any:
    """phyloframe's functions on data frames of the standard, imported when first asked for.

    Raises:
        UserError: It is not installed.
    """
    try:
        from phyloframe import legacy
    except ImportError:
        raise UserError("phyloframe is not installed: pip install 'alife-quines[lineage]'") from None
    return legacy


def _write_alife(tree: Phylogeny, path: Path, pruned: bool, about: About) -> None:
    table = pa.Table.from_pandas(standard(tree), preserve_index=False)
    pa.csv.write_csv(table, path)


def _write_parquet(tree: Phylogeny, path: Path, pruned: bool, about: About) -> None:
    frame = tree.births.assign(extant=tree.generation == tree.last)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, compression="zstd")


FORMATS: Final[dict[str, Callable[[Phylogeny, Path, bool, About], None]]] = {
    "alife": _write_alife,
    "newick": lambda tree, path, pruned, about: write_newick(tree, path, pruned),
    "nexus": lambda tree, path, pruned, about: write_nexus(tree, path, pruned),
    "auspice": write_auspice,
    "taxonium": write_taxonium,
    "tskit": lambda tree, path, pruned, about: write_trees(tree, path, about),
    "parquet": _write_parquet,
}
"""Write a phylogeny, pruned or not, as a file; the last argument says of which run it is."""

ONE_PARENT: Final = ("newick", "nexus", "auspice", "taxonium")
"""Formats of trees that are drawn. They follow the first of two parents; pruned they have no unary ancestors."""
