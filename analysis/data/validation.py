"""What a sound record of births is: the checks that stand between a damaged file and a wrong tree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alife import schema
from alife.errors import UserError

Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOBODY = -1
"""The parent row of a root."""
UNKNOWN = -2

Faults = Iterator[tuple[Bools, str]]
"""Rows that are wrong and what is wrong with them, in an order in which each may rely on the ones before."""

_KEYS = ("id", "ancestor_id", "generation", "origin_time")


def check_births(
    births: pd.DataFrame,
    source: str = "births",
    parts: Sequence[Mapping[str, Any]] = (),
    first: int = 0,
    pruned: bool = False,
) -> Rows:
    """Refuse what is not the whole record of generations; arguments as in `analysis.lineage.phylogeny.phylogeny`.

    Each id is there once and agrees with its generation and origin_time; generations follow each other without a gap;
    founders, and only they, open the record; everybody else's ancestor, and the second of whoever has two, is of the
    generation before; ages of survivors count their generations, and nobody survives twice; and each has as many
    children on record as it conceived, but for the last generation.

    Returns:
        [n] int64 position of each one's ancestor in `births`, `NOBODY` for founders.

    Raises:
        UserError: The first fault, with the file if `parts` tells it, and the id.
    """
    check_columns(births, source)
    _refuse(births, _identity_faults(births), source, parts)
    present = np.unique(births["generation"].to_numpy())
    gaps = np.setdiff1d(np.arange(first, present[-1] + 1), present)
    if len(gaps) or present[0] < first:
        fault = f"generation {gaps[0]} is missing" if len(gaps) else f"it begins before generation {first}"
        raise UserError(f"{source}: {fault}: copy the whole run again")
    found = _find(births["id"].to_numpy(np.int64), births["ancestor_id"].to_numpy(np.int64))
    _refuse(births, _ancestry_faults(births, found, first), source, parts)
    parent = np.where(births["generation"] == first, NOBODY, found)
    if schema.AGE in births:
        _refuse(births, _age_faults(births, parent), source, parts)
    second = second_parents(births)
    if schema.SECOND in births:
        _refuse(births, _second_faults(births, second, first), source, parts)
    if "n_offspring" in births:
        _refuse(births, _offspring_faults(births, parent, second, pruned), source, parts)
    return parent


def check_columns(births: pd.DataFrame, source: str) -> None:
    """Refuse a table without the columns of a genealogy, or without rows."""
    for name in _KEYS:
        kind = str(births[name].dtype) if name in births else "absent"
        if kind not in ("int64", "int32"):
            raise UserError(
                f"{source}: column {name} is {kind}, and a record's is {schema.BIRTHS[name]}: restore it from a copy"
            )
    if births.empty:
        raise UserError(f"{source}: no births on record yet: wait for the first commit")


def order_key(ids: Rows) -> Rows:
    """Ids with the generation in front of the island: their order is that of a phylogeny's rows."""
    low = ids & (schema.MAX_SIZE - 1)
    island = ids >> (schema.GENERATION_BITS + schema.SLOT_BITS)
    return _conceived(ids) << (schema.ISLAND_BITS + schema.SLOT_BITS) | island << schema.SLOT_BITS | low


def _refuse(births: pd.DataFrame, faults: Faults, source: str, parts: Sequence[Mapping[str, Any]]) -> None:
    for bad, says in faults:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            identity, generation = int(births["id"].iloc[row]), int(births["generation"].iloc[row])
            island, _, slot = schema.unpack_id(identity)
            names = [f"{source}/{part['name']}" for part in parts if part["first"] <= generation <= part["last"]]
            where = f"id {identity} (island {island}, slot {slot}) of generation {generation}"
            raise UserError(f"{names[0] if len(names) == 1 else source}: {where}: {says}: restore it from a copy")


def _identity_faults(births: pd.DataFrame) -> Faults:
    ids, generation = births["id"].to_numpy(np.int64), births["generation"].to_numpy()
    yield ids < 0, "a negative id"
    yield _conceived(ids) != generation, "its generation is not the one in its id"
    yield births["origin_time"].to_numpy() != generation, "its origin_time is not its generation"
    if "destruction_time" in births:
        yield births["destruction_time"].to_numpy() <= generation, "it dies before it is born"
    key = order_key(ids)
    order = np.argsort(key, kind="stable")
    twice = np.zeros(len(ids), bool)
    twice[order[1:][np.diff(key[order]) == 0]] = True
    yield twice, "the id is there twice"


def _ancestry_faults(births: pd.DataFrame, found: Rows, first: int) -> Faults:
    """`found` is the position of each one's ancestor, `UNKNOWN` if it is not on record."""
    ids, ancestors = births["id"].to_numpy(np.int64), births["ancestor_id"].to_numpy(np.int64)
    generation = births["generation"].to_numpy()
    founder, own = generation == first, ancestors == ids
    before_record = (_conceived(ancestors) == first - 1) & (first > 0)
    yield founder & ~own & ~before_record, "it is of the first generation on record and yet has an ancestor there"
    yield ~founder & own, "it is its own ancestor, and only founders are"
    yield ~founder & (found == UNKNOWN), "its ancestor is not on record"
    late = ~founder & (generation[found] >= generation)
    if late.any():
        cycle = _cyclic(np.where(founder, NOBODY, found), int(np.flatnonzero(late)[0]))
        yield late, "its ancestors form a cycle" if cycle else "its ancestor was not born before it"
    yield ~founder & (generation[found] != generation - 1), "its ancestor is not of the generation before"


def survived(births: pd.DataFrame) -> Bools:
    """[n] who survived into its generation, and was not conceived for it."""
    return births[schema.AGE].to_numpy() > 0 if schema.AGE in births else np.zeros(len(births), bool)


def second_parents(births: pd.DataFrame) -> Rows:
    """[n] position of each one's second ancestor in `births`, `NOBODY` where it has none, `UNKNOWN` if not there."""
    if schema.SECOND not in births:
        return np.full(len(births), NOBODY)
    second = births[schema.SECOND].to_numpy(np.int64)
    return np.where(second == schema.NO_ANCESTOR, NOBODY, _find(births["id"].to_numpy(np.int64), second))


def _second_faults(births: pd.DataFrame, second: Rows, first: int) -> Faults:
    two, generation = second != NOBODY, births["generation"].to_numpy()
    known = two & (generation > first)
    yield two & (generation == 0), "it is a founder, and has a second ancestor"
    yield two & survived(births), "it survived, and has a second ancestor"
    yield two & (births[schema.SECOND] == births["ancestor_id"]).to_numpy(), "its two ancestors are one"
    yield known & (second == UNKNOWN), "its second ancestor is not on record"
    yield known & (generation[second] != generation - 1), "its second ancestor is not of the generation before"


def _age_faults(births: pd.DataFrame, parent: Rows) -> Faults:
    age, generation = births[schema.AGE].to_numpy(), births["generation"].to_numpy()
    yield (age < 0) | (age > generation), "its age is more than the generations before it"
    old = (parent != NOBODY) & (age > 0)
    yield old & (age != age[parent] + 1), "its age is not one more than in its life before"
    lives = np.bincount(parent[old], minlength=len(age))
    yield old & (lives[parent] > 1), "its life before goes on in several"


def _offspring_faults(births: pd.DataFrame, parent: Rows, second: Rows, pruned: bool) -> Faults:
    born, two = (parent != NOBODY) & ~survived(births), second >= 0
    children, crossed = (
        np.bincount(np.concatenate([parent[which], second[two]]), minlength=len(parent)) for which in (born, two)
    )
    conceived, generation = births["n_offspring"].to_numpy(), births["generation"].to_numpy()
    shared = births[schema.SHARED].to_numpy() if schema.SHARED in births else crossed
    yield (children > conceived) | (shared > conceived), "it has more children on record than it conceived"
    yield crossed > shared, "it has more children with another parent on record than it conceived"
    if not pruned:
        lost = (generation < generation.max()) & ((children < conceived) | (crossed < shared))
        yield lost, "some of its children are not on record"


def _find(ids: Rows, ancestors: Rows) -> Rows:
    key = order_key(ids)
    order = np.argsort(key, kind="stable")
    place = order[np.minimum(np.searchsorted(key, order_key(ancestors), sorter=order), len(ids) - 1)]
    return np.where(ids[place] == ancestors, place, UNKNOWN)


def _conceived(ids: Rows) -> Rows:
    return ids >> schema.SLOT_BITS & schema.MAX_GENERATIONS


def _cyclic(parent: Rows, row: int) -> bool:
    """Whether a walk up from `row` comes back to it."""
    seen, here = set(), row
    while here != NOBODY and here not in seen:
        seen.add(here)
        here = int(parent[here])
    return here == row
