"""The schema of a run folder: columns, dtypes, identities and the format version. Standard library only.

Writers (`populations`) and readers (`analysis`) both import it, and it imports neither.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

FORMAT_VERSION: Final = 4
"""Of a run folder as it is written. Format 1 had no `starts`, `task` and `warnings` in its manifest,
and columns of `FORMER` names; formats 1 and 2 had no `objects` and `columns`; in formats 1 to 3 each generation was in
one part of a kind and in one checkpoint, and rows of a part were sorted by generation alone."""

READABLE: Final = (1, 2, 3, 4)
"""Formats that are read; the next write of the manifest makes them `FORMAT_VERSION`."""

ISLAND_BITS: Final = 22
GENERATION_BITS: Final = 20
SLOT_BITS: Final = 20
MAX_ISLANDS: Final = 1 << ISLAND_BITS
MAX_GENERATIONS: Final = (1 << GENERATION_BITS) - 1
MAX_SIZE: Final = 1 << SLOT_BITS

CAUSES: Final = ("generation_end", "diverged", "collapsed")
"""Causes of death; the column holds the name."""

ERRORS: Final = ("replication_error", "copying_error", "self_error")
"""Relative squared errors: >= 0, log scale, lower is better, NaN where the individual diverged."""

SCORES: Final = (*ERRORS, "squared_norm", "accuracy", "newborn_accuracy")
"""The float32 score columns of a birth, in the order in which they are stored. `squared_norm` is Σg², a squared norm;
accuracies are on the selection split, and explained variances in a run that learns a regression."""

TASK_WEIGHT_PLACES: Final = 7
"""After the point, to which task weights of an assay are told apart: in records they are float32."""

FORMER: Final = {"genome_norm": "squared_norm"}
"""What columns were called in format 1, and are called now."""

LIFE_HISTORY: Final = ("task_weight", "learning_rate", "mutation")
"""Traits that may be heritable; only those that are have a column, float32."""

AGE: Final = "age"
"""Generations that an individual lived before, int32: 0 of newborns, one more with each generation that it survives.
Only runs with `selection.survivors` have the column."""

SECOND: Final = "second_ancestor_id"
"""The other parent of a child of two, int64, `NO_ANCESTOR` of others; in runs with `reproduction.crossover` alone."""
SHARED: Final = "n_shared"
"""How many of n_offspring have another parent too, int32; likewise."""
NO_ANCESTOR: Final = -1
"""Stands where somebody has no second ancestor."""

BIRTHS: Final = {
    "id": "int64",
    "ancestor_id": "int64",
    "origin_time": "int32",
    "destruction_time": "int32",
    "island": "int32",
    "generation": "int32",
    **dict.fromkeys(SCORES, "float32"),
    "n_offspring": "int32",
    "cause_of_death": "string",
}
"""One row an individual. `id` is `pack_id` of its conception; a founder is its own ancestor. `island` is where it
lives. origin_time is its generation g and destruction_time g + 1: a row is the life of one generation. One that
survives has a row, with an id of its own, in each generation that it lives in, and its row of the generation before is
its ancestor (`AGE`). n_offspring counts the children that it is a parent of (`SHARED`, `SECOND`), none for the
dead-before-reproduction."""

MIGRATIONS: Final = {"generation": "int32", "id": "int64", "from_island": "int32", "to_island": "int32"}
"""One row a migrant: a newborn of `generation`, moved between conception and birth."""

STATISTICS: Final = ("mean", "median", "q05", "q95")
GENERATIONS: Final = {
    "generation": "int32",
    "island": "int32",
    "size": "int32",
    "diverged": "int32",
    "collapsed": "int32",
    "parents": "int32",
    **{f"{t}_{s}": "float32" for t in SCORES for s in STATISTICS},
    **{f"{t}_differential": "float32" for t in SCORES},
    "seconds": "float32",
}
"""One row a (generation, island). Statistics of traits are over those who lived to its end and have a finite value
(`alife.format.summary`); the early dead are counted in `diverged` and `collapsed` alone. `parents` counts distinct
parents. `T_differential` is the realised standardised selection differential: the offspring-weighted mean of T minus
its mean, over its standard deviation, on the scale of `alife.traits.measured`, 0 where it has no variance; a child of
two counts half for each. Rows that a run wrote under format 1 count the early dead wherever they have a finite value:
readers compute these again from births.
`seconds` is wall-clock of the island's life on its worker and outside a run's identity."""


def birth_columns(
    heritable: Iterable[str] = (),
    own: Iterable[Mapping[str, Any]] = (),
    survivors: bool = False,
    crossover: bool = False,
) -> dict[str, str]:
    """Columns and dtypes of `births/*.parquet` for a run.

    Args:
        heritable: Its heritable traits.
        own: Columns that only this run has, as its manifest lists them under "columns".
        survivors: Whether individuals survive into the next generation.
        crossover: Whether children may have two parents.
    """
    aged = {AGE: "int32"} if survivors else {}
    crossed = {SECOND: "int64", SHARED: "int32"} if crossover else {}
    inherited = {t: "float32" for t in LIFE_HISTORY if t in set(heritable)}
    return {**BIRTHS, **aged, **crossed, **inherited, **{column["name"]: column["dtype"] for column in own}}


def generation_columns(own: Iterable[Mapping[str, Any]] = ()) -> dict[str, str]:
    """Columns and dtypes of `generations/*.parquet` for a run with these columns of its own."""
    names = [column["name"] for column in own]
    return {**GENERATIONS, **{f"{t}_{s}": "float32" for t in names for s in (*STATISTICS, "differential")}}


def present(column: str) -> str:
    """The name that a column has now: `genome_norm_mean` of format 1 is `squared_norm_mean`."""
    return next((now + column.removeprefix(old) for old, now in FORMER.items() if column.startswith(old)), column)


def identity(columns: Mapping[str, str]) -> dict[str, str]:
    """Columns and dtypes by the names that identical births were first told by, whatever columns are called now."""
    first = {now: old for old, now in FORMER.items()}
    return {first.get(name, name): dtype for name, dtype in columns.items()}


def pack_id(island: int, generation: int, slot: int) -> int:
    """Identity of an individual from where and when it was conceived: island<<40 | generation<<20 | slot."""
    return island << (GENERATION_BITS + SLOT_BITS) | generation << SLOT_BITS | slot


def unpack_id(identity: int) -> tuple[int, int, int]:
    """(island, generation, slot) of conception."""
    return (
        identity >> (GENERATION_BITS + SLOT_BITS),
        identity >> SLOT_BITS & MAX_GENERATIONS,
        identity & (MAX_SIZE - 1),
    )


STATUSES: Final = ("running", "interrupted", "finished", "extinct", "failed")
"""What a manifest says of its run. A run that was killed still says "running"."""

ROWS: Final = ("births", "migrations", "generations")
PART_KINDS: Final = (*ROWS, "checkpoints")
"""Folders of immutable parts; what the manifest does not list does not exist. Parts of a kind may overlap in
generations, each with rows of other islands, and a generation's checkpoint may be several files, its shards."""

ROW_ORDER: Final = {
    "births": ("generation", "id"),
    "migrations": ("generation", "to_island", "id"),
    "generations": ("generation", "island"),
}
"""By what the rows of a part are sorted, those of formats 1 to 3 by generation alone; no two rows are equal in it."""


FEW_ROWS: Final = 1 << 20


def most_rows(size: int) -> int:
    """Rows that files of so many bytes may hold: a row takes more than a byte, but for a few where all are equal."""
    return FEW_ROWS + size


def seal(content: bytes) -> dict[str, Any]:
    """Size and SHA-256, as the manifest keeps them of every file."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def manifest_checksum(manifest: Mapping[str, Any]) -> str:
    """What a manifest says under "checksum": SHA-256 of the rest as sorted, dense JSON."""
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
