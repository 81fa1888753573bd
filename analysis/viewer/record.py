"""What of a run the page holds: everybody's parent, place, identity and traits, and bands by generation."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from alife import schema
from alife.errors import UserError
from alife.traits import TRAITS, drawn, log10, there
from analysis.data.run import Run
from analysis.evolution.islands import SETTLED
from analysis.evolution.trajectories import quantiles
from analysis.lineage.phylogeny import of_run
from analysis.viewer.order import ladder
from analysis.viewer.packing import Packed, pack, quantise

BANDS: Final = ("q05", "median", "q95")
MIDDLE: Final = (0.01, 0.99)
"""Quantiles between which a trait's colours change, of those that lived to the end, founders and their first aside."""


@dataclass(eq=False)
class Record:
    """A run as the page takes it.

    Attributes:
        head: Its name, generations, columns and traits, as JSON takes them.
        blocks: Packed columns by name; the head says what each means.
    """

    head: dict[str, Any]
    blocks: dict[str, Packed] = field(default_factory=dict)


def record(run: Run) -> Record:
    """Pack a run.

    Args:
        run: With births.

    Raises:
        UserError: Nobody was born, or the record is damaged.
    """
    if run.births.empty:
        raise UserError(f"{run.path}: no generation is on record yet: wait for the first checkpoint")
    tree = of_run(run)
    order = ladder(tree)
    births = tree.births.iloc[order.rows]
    counts = np.diff(tree.starts)
    blocks = {
        "counts": pack(counts, True),
        "parent": pack(order.parent, True),
        "place": pack(order.place, True),
        **_identities(births),
        "offspring": pack(births["n_offspring"].to_numpy()),
        "cause": pack(pd.Categorical(births["cause_of_death"], schema.CAUSES).codes),
    }
    if schema.AGE in births:
        blocks["age"] = pack(births[schema.AGE].to_numpy())
    if schema.SECOND in births:
        blocks["second"] = pack(_second(tree.second, order.rows, tree.starts))
    head = {
        "name": run.name,
        "status": run.manifest["status"],
        "first": tree.first,
        "births": len(tree),
        "islands": int(births[["island", "birth_island"]].to_numpy().max()) + 1,
        "causes": [cause.replace("_", " ") for cause in schema.CAUSES],
        "task": run.has_task,
        "floor": run.noise_floor,
        "traits": [_trait(run, name, births, blocks) for name in _names(run, births)],
    }
    return Record({**head, "blocks": {name: block.head for name, block in blocks.items()}}, blocks)


def _identities(births: pd.DataFrame) -> dict[str, Packed]:
    """Island of life, and of conception with the slot there: with the generation they are the id (`schema.pack_id`)."""
    slots = births["id"].to_numpy() & (schema.MAX_SIZE - 1)
    islands = {"island": births["island"], "born": births["birth_island"]}
    return {name: pack(column.to_numpy()) for name, column in islands.items()} | {"slot": pack(slots)}


def _second(second: Any, rows: Any, starts: Any) -> Any:
    """[n] 0 where there is no second parent, else 1 + its place in the page's order of the generation before."""
    rank = np.empty(len(rows), np.int64)
    rank[rows] = np.arange(len(rows))
    of = second[rows]
    before = np.repeat(np.concatenate([[0], starts[:-2]]), np.diff(starts))
    return np.where(of < 0, 0, 1 + rank[of] - before)


def _names(run: Run, births: pd.DataFrame) -> list[str]:
    wanted = ["accuracy", "replication_error", "copying_error", "fitness", "test_accuracy", "squared_norm"]
    wanted += ["self_error", "newborn_accuracy", "replication_loss", *schema.LIFE_HISTORY, *run.measures]
    known = [name for name in there(wanted, run.has_task) if name in births]
    return [name for name in known if np.isfinite(births[name].to_numpy(np.float64)).any()]


def _trait(run: Run, name: str, births: pd.DataFrame, blocks: dict[str, Packed]) -> dict[str, Any]:
    """What the page knows of a trait; its codes go into the blocks."""
    trait = TRAITS[name]
    values = _scaled(name, births[name])
    codes, low, high = quantise(values)
    blocks[name] = pack(codes)
    settled = births["generation"].to_numpy() >= min(run.first + SETTLED, run.last)
    lived = (births["cause_of_death"] == schema.CAUSES[0]).to_numpy()
    shown = values[np.isfinite(values) & settled & lived]
    middle = np.quantile(shown if len(shown) else values[np.isfinite(values)], MIDDLE)
    bands = quantiles(run, name)
    at = np.full((len(BANDS), run.last - run.first + 1), np.nan)
    at[:, bands["generation"].to_numpy() - run.first] = _scaled(name, bands[list(BANDS)].to_numpy().T)
    coded, least, most = quantise(at.ravel())
    blocks[f"{name} bands"] = pack(coded)
    return {
        "name": name,
        "label": trait.label,
        "log": trait.log,
        "better": trait.direction,
        "low": low,
        "high": high,
        "from": float(middle[0]),
        "to": float(middle[1]),
        "bands": [least, most],
    }


def _scaled(name: str, values: Any) -> Any:
    """Values along the trait's axis: log10 where it is logarithmic, NaN where there is none."""
    along = drawn(name, values)
    return log10(along) if TRAITS[name].log else np.where(np.isfinite(along), along, np.nan)
