"""A phylogeny as files that others read: the ALife data standard (CSV), Newick, Parquet; and the standard read back.

A new format is one function in `FORMATS`.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alife import schema
from alife.errors import BadArgument, UserError, written
from alife.format import files
from analysis.lineage.phylogeny import NOBODY, Phylogeny, prune

STANDARD: Final = ("id", "ancestor_list", "origin_time", "destruction_time", "extant")
"""Columns that open the CSV. `extant` marks the last generation on record, where phyloframe prunes to."""

ANNOTATIONS: Final = {"accuracy": "accuracy", "replication_error": "rho", "island": "island"}
"""Births' columns and their names in Newick; other traits follow under the name of their column."""


def export(tree: Phylogeny, path: str | os.PathLike[str], format: str, pruned: bool = False) -> Path:
    """Write a phylogeny, atomically: the file is there whole or not at all.

    Args:
        tree: The full phylogeny.
        path: The file; one of that name is replaced.
        format: A name in `FORMATS`.
        pruned: Only the last generation and its ancestors, by both parents of whoever has two. In Newick, which follows
            the first alone, also without the ancestors that neither branch nor found a tree, so that branches are as
            long as they lasted.

    Returns:
        The file.

    Raises:
        UserError: No such format, or the file cannot be written.
    """
    if format not in FORMATS:
        raise BadArgument("format", f" {format}: not among {', '.join(FORMATS)}")
    with written(path), files.beside(Path(path), durable=True) as temporary:
        FORMATS[format](prune(tree, both=format != "newick") if pruned else tree, temporary, pruned)
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


def newick(tree: Phylogeny, collapse: bool = False) -> Iterator[str]:
    """One Newick tree a founder: id, `[&trait=value,…]`, branch length in generations; of two parents by the first.

    Traits that are not finite are left out. Without recursion: a chain may be as long as a run.

    Args:
        tree: What to write.
        collapse: Leave out ancestors with one child, but for the founders.
    """
    parent = _branching_parents(tree) if collapse else tree.parent
    written = np.flatnonzero((parent != NOBODY) | (tree.parent == NOBODY))
    labels = _labels(tree, parent, written)
    children, last_born = _children(parent)
    for founder in np.flatnonzero(tree.parent == NOBODY).tolist():
        out, stack = [], [founder]
        while stack:
            row = stack.pop()
            if row >= 0 and row in children:
                out.append("(")
                stack.append(~row)
                stack.extend(children[row])
                continue
            row = row if row >= 0 else ~row
            out.append(labels[row])
            if row not in last_born and row != founder:
                out.append(",")
            elif row != founder:
                out.append(")")
        yield "".join(out) + ";"


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


def _write_alife(tree: Phylogeny, path: Path, pruned: bool) -> None:
    table = pa.Table.from_pandas(standard(tree), preserve_index=False)
    pa.csv.write_csv(table, path)


def _write_newick(tree: Phylogeny, path: Path, pruned: bool) -> None:
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{text}\n" for text in newick(tree, collapse=pruned))


def _write_parquet(tree: Phylogeny, path: Path, pruned: bool) -> None:
    frame = tree.births.assign(extant=tree.generation == tree.last)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, compression="zstd")


FORMATS: Final[dict[str, Callable[[Phylogeny, Path, bool], None]]] = {
    "alife": _write_alife,
    "newick": _write_newick,
    "parquet": _write_parquet,
}


def _branching_parents(tree: Phylogeny) -> NDArray[np.int64]:
    """[n] nearest ancestor that branches or founds a tree, `NOBODY` for founders and for who is left out."""
    root = tree.parent == NOBODY
    children = np.bincount(tree.parent[~root], minlength=len(tree))
    kept = root | (children != 1)
    nearest = np.arange(len(tree))
    for layer in tree.layers[1:]:
        nearest[layer] = np.where(kept[layer], nearest[layer], nearest[tree.parent[layer]])
    return np.where(root | ~kept, NOBODY, nearest[tree.parent])


def _children(parent: NDArray[np.int64]) -> tuple[dict[int, list[int]], set[int]]:
    """Children of each parent, the last to be written first, and the set of those that are written last."""
    rows = np.flatnonzero(parent != NOBODY)[::-1]
    rows = rows[np.argsort(parent[rows], kind="stable")]
    who, first = np.unique(parent[rows], return_index=True)
    groups = (rows[start:stop].tolist() for start, stop in pairwise([*first, len(rows)]))
    return dict(zip(who.tolist(), groups, strict=True)), set(rows[first].tolist())


def _labels(tree: Phylogeny, parent: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, str]:
    births = tree.births.iloc[rows]
    floats = [name for name in births if births[name].dtype.kind == "f" and name not in ANNOTATIONS]
    traits = {name: label for name, label in ANNOTATIONS.items() if name in births} | {name: name for name in floats}
    notes = []
    for name, label in traits.items():
        values = births[name].to_numpy()
        notes.append(np.where(np.isfinite(values), np.char.mod(f"{label}=%.7g", values), "").tolist())
    length = np.where(parent[rows] == NOBODY, 0, tree.generation[rows] - tree.generation[parent[rows]]).tolist()
    labels = {}
    for row, identity, branch, *texts in zip(rows.tolist(), births["id"].tolist(), length, *notes, strict=True):
        labels[row] = f"{identity}[&{','.join(filter(None, texts))}]" + (f":{branch}" if branch else "")
    return labels
