"""Replication against accuracy in numbers: Pareto fronts, hypervolume and attainment surfaces.

Everywhere two objectives, ρ on a log10 scale (to minimise) and accuracy (to maximise), of individuals that did not die
early. L_SR plays no part: it falls when weights merely shrink (Chang and Lipson 2018 report it; ρ = L_SR / Σg²).
"""

from collections.abc import Sequence
from typing import Final

import moocore
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from alife.errors import UserError
from alife.traits import floored, log10
from analysis.data.once import once
from analysis.data.run import Run, lived

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REFERENCE: Final = (1.0, 0.0)
"""(ρ, accuracy) that hypervolume is measured from if none is named: prints no better than zeros, classifies nothing."""

NEVER: Final = (1e39, -1.0)
"""(ρ, accuracy) worse than anybody's: what a run without survivors attains."""


def reference(run: Run) -> tuple[float, float]:
    """(ρ, accuracy) that the hypervolumes of a run are measured from: what is had without printing and learning.

    ρ = 1 is a print of zeros. The accuracy is that of naming the commonest class of the images kept for selection,
    1/classes where these are equally many: from 0, who prints well and guesses would dominate a part of the plane. In a
    regression it is R² = 0, that of the mean, and 0 also where the data are not on record.
    """
    task = run.manifest.get("task")
    if not task or task.get("kind") == "regression":
        return REFERENCE
    counts = task["counts"]["select"]
    return REFERENCE[0], max(counts) / sum(counts)


@once
def survivors(run: Run) -> pd.DataFrame:
    """Births of those that did not die early and have a finite ρ and accuracy.

    Raises:
        UserError: The run was loaded without births, or it has no task, so that nobody was asked to classify.
    """
    births = run.births
    run.need_births()
    if not run.has_task:
        raise UserError(
            f"{run.path}: a run without a task has no accuracy to trade against replication: name one with a task"
        )
    alive = lived(births)
    return alive[np.isfinite(alive["replication_error"]) & np.isfinite(alive["accuracy"])]


def points(births: pd.DataFrame) -> Floats:
    """[n, 2] (ρ, accuracy) of each row; ρ as a logarithmic axis holds it (`alife.traits.floored`)."""
    return np.column_stack([floored(births["replication_error"]), births["accuracy"].to_numpy(np.float64)])


def pareto_front(points: ArrayLike) -> Ints:
    """Indices of the non-dominated among [n, 2] (ρ, accuracy), by ascending ρ; of equals the first.

    Rows that are not finite are on no front.
    """
    values = np.asarray(points, np.float64).reshape(-1, 2)
    finite = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(finite):
        return finite
    best = finite[moocore.is_nondominated(_minimised(values[finite]))]
    return best[np.argsort(values[best, 0], kind="stable")]


def hypervolume(points: ArrayLike, reference: tuple[float, float] = REFERENCE) -> float:
    """Area that [n, 2] (ρ, accuracy) dominate, in decades of ρ × accuracy.

    Both are transformed before the area is taken: (log10 ρ, −accuracy), with ρ no less than
    `alife.traits.SMALLEST`. Points that do not beat the reference in both add nothing; neither do rows that are not
    finite. The area grows with the number of points, so compare equally many (Zitzler and Thiele 1998; computed by
    moocore).
    """
    values = np.asarray(points, np.float64).reshape(-1, 2)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return 0.0
    return float(moocore.hypervolume(_minimised(values), ref=_minimised(np.array([reference]))[0]))


def hypervolumes(run: Run) -> pd.DataFrame:
    """Hypervolume of each generation from `reference`, of all together (island −1) and of each island.

    Returns:
        Columns generation, island, hypervolume, n (the survivors that it is of); 0 where nobody survived.

    Raises:
        UserError: As `survivors`.
    """
    alive = survivors(run)
    table = run.generations[["generation", "island"]]
    everyone = pd.DataFrame({"generation": table["generation"].unique(), "island": -1}, dtype=np.int32)
    table = pd.concat([everyone, table]).sort_values(["generation", "island"], ignore_index=True)
    sets = _sets(alive, ["generation"]) | _sets(alive, ["generation", "island"])
    nobody, origin = np.empty((0, 2)), reference(run)
    keys = zip(table["generation"].tolist(), table["island"].tolist(), strict=True)
    members = [sets.get((generation, island) if island >= 0 else (generation,), nobody) for generation, island in keys]
    return table.assign(hypervolume=[hypervolume(rows, origin) for rows in members], n=[len(rows) for rows in members])


def _sets(births: pd.DataFrame, by: list[str]) -> dict[tuple[int, ...], Floats]:
    """The points of each group; many times quicker than a data frame for each."""
    if births.empty:
        return {}
    births = births.sort_values(by, kind="stable")
    keys = births[by].to_numpy()
    starts = np.flatnonzero(np.append(True, (np.diff(keys, axis=0) != 0).any(axis=1)))
    return dict(zip(map(tuple, keys[starts].tolist()), np.split(points(births), starts[1:]), strict=True))


def attainment_surface(runs: Sequence[Run], percent: float, generation: int | None = None) -> Floats:
    """Corners [k, 2] (ρ, accuracy), by ascending ρ, of what at least `percent` of the runs attain.

    A run attains (ρ, accuracy) if one of its individuals is at least as good in both (Fonseca, Guerreiro, López-Ibáñez
    and Paquete 2011; computed by moocore). A run without survivors attains nothing and counts.

    Args:
        runs: One or more, of one treatment.
        percent: Share of the runs in (0, 100].
        generation: Of the individuals; the last that all runs have if None.

    Raises:
        UserError: A run has no births, no accuracy, or not that generation.
    """
    return _surface(_fronts(runs, common_generation(runs) if generation is None else generation), percent)


def surface(fronts: Sequence[Floats], percent: float) -> Floats:
    """Corners as of `attainment_surface`, of what at least `percent` of some sets [k, 2] of (ρ, accuracy) attain."""
    return _surface(_numbered(fronts), percent)


def _surface(rows: Floats, percent: float) -> Floats:
    corners = moocore.eaf(rows[:, :2], rows[:, 2], percentiles=[percent])[:, :2]
    corners = corners[corners[:, 1] < -NEVER[1]]
    corners = corners[np.argsort(corners[:, 0], kind="stable")]
    return np.column_stack([10 ** corners[:, 0], -corners[:, 1]])


def attainment_rectangles(a: Sequence[Run], b: Sequence[Run], generation: int | None = None) -> Floats:
    """[k, 5] (low ρ, low accuracy, high ρ, high accuracy, difference) that tile where the treatments differ.

    The difference is the share of runs of `a` that attain the place less that of `b`, in [−1, 1]; elsewhere it is 0.
    """
    if generation is None:
        generation = common_generation([*a, *b])
    # moocore counts runs, so those of each treatment are repeated until there are equally many
    total = int(np.lcm(len(a), len(b)))
    left, right = (_fronts([*runs] * (total // len(runs)), generation) for runs in (a, b))
    if np.array_equal(*(moocore.eaf(rows[:, :2], rows[:, 2]) for rows in (left, right))):
        return np.empty((0, 5))  # moocore 0.3 fails where nothing differs
    found = moocore.eafdiff(left, right, rectangles=True)
    found = found[(found[:, 4] != 0) & (found[:, 0] < np.log10(NEVER[0])) & (found[:, 1] < -NEVER[1])]
    with np.errstate(over="ignore"):
        return np.column_stack([10 ** found[:, 0], -found[:, 3], 10 ** found[:, 2], -found[:, 1], found[:, 4] / total])


def common_generation(runs: Sequence[Run]) -> int:
    """The last generation that all of the runs have.

    Raises:
        UserError: There is no run, or one has committed no generation.
    """
    if not runs:
        raise UserError("no run to compare: name at least one")
    for run in runs:
        if run.generations.empty:
            raise UserError(f"{run.path}: no committed generation yet: wait for its first")
    return min(run.last for run in runs)


def _fronts(runs: Sequence[Run], generation: int) -> Floats:
    """[k, 3] (log10 ρ, −accuracy, run) of each run's Pareto front in a generation; `NEVER` for a run without one."""
    fronts = []
    for run in runs:
        if not run.first <= generation <= run.last:
            raise UserError(f"{run.path}: no generation {generation}: on record are {run.first} to {run.last}")
        values = points(survivors(run).query("generation == @generation"))
        fronts.append(values[pareto_front(values)])
    return _numbered(fronts)


def _numbered(fronts: Sequence[Floats]) -> Floats:
    """[k, 3] (log10 ρ, −accuracy, number) of some fronts; `NEVER` for an empty one."""
    rows = []
    for number, front in enumerate(fronts, start=1):
        values = front if len(front) else np.array([NEVER])
        rows.append(np.column_stack([_minimised(values), np.full(len(values), number)]))
    return np.concatenate(rows)


def _minimised(points: Floats) -> Floats:
    return np.column_stack([log10(points[:, 0]), -points[:, 1]])
