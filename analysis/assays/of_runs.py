"""Assays of several runs: one value a run of what its genomes or their lives trade, so that the run is the unit.

Call `among_genomes`, `lived_again` and `fronts_again` on runs with gardens, `within_lives` and `curves` on runs whose
genomes lived under several task weights. Claims about a treatment start here; what an assay says of one run is
`analysis.report.of_assay`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from alife.traits import MAIN
from analysis.assays import garden, within_life
from analysis.assays.components import whole
from analysis.assays.correlations import joint
from analysis.assays.estimates import assayed
from analysis.assays.lived_again import FEWEST_LIVES, fronts, worth
from analysis.assays.reading import read
from analysis.data.run import Run
from analysis.evolution.fronts import reference
from analysis.statistics.intervals import FEWEST

FIDELITIES: Final = ("replication_error", "copying_error")


def among_genomes(runs: Sequence[Run]) -> pd.DataFrame:
    """What trades against accuracy among the genomes that each run's last generation conceived, within islands.

    Returns:
        A row for each run with a garden, and trait of `FIDELITIES`: run, seed, trait, generation, genomes, lives,
        heritability (H² of accuracy within a common life), fidelity_heritability (of the trait), correlation (r_G; NaN
        where a variance among genomes is not positive), coheritability (r_G·h·h, defined wherever both traits vary).
    """
    rows = []
    for run in runs:
        frames = _frames(run, "garden")
        lives = None if frames is None else frames["lives"]
        if lives is None or not lives["accuracy"].any():
            continue
        generation = int(lives["generation"].max())
        accuracy, islands = garden.scores(lives, "accuracy", generation)
        for trait in FIDELITIES:
            x, y, labels = whole(accuracy, garden.scores(lives, trait, generation)[0], islands)
            if len(x) < FEWEST + len(np.unique(islands)) or x.shape[1] < 2:
                continue
            found = joint(x, y, labels)
            values = {"correlation": found.correlation, "coheritability": found.coheritability}
            values |= {"heritability": found.first.heritability, "fidelity_heritability": found.second.heritability}
            sizes = {"generation": generation, "genomes": len(x), "lives": x.shape[1]}
            rows.append({**_who(run), "trait": trait, **sizes, **{name: float(v) for name, v in values.items()}})
    return pd.DataFrame(rows)


def lived_again(runs: Sequence[Run]) -> pd.DataFrame:
    """What fronts of the genomes that each run's last generation conceived are worth when these live again.

    Returns:
        A row for each run whose garden has `FEWEST_LIVES` and accuracies: run, seed, generation, genomes, lives, and
        the attributes of `analysis.assays.lived_again.Worth`, measured from `analysis.evolution.fronts.reference`.
    """
    rows = []
    for run, fidelity, accuracy, generation in _gardens(runs):
        found = worth(fidelity, accuracy, reference(run))
        genomes = int((np.isfinite(fidelity) & np.isfinite(accuracy)).all(axis=1).sum())
        sizes = {"generation": generation, "genomes": genomes, "lives": fidelity.shape[1]}
        shares = {"luck": found.luck, "share": found.share, "share_of_lead": found.share_of_lead}
        rows.append({**_who(run), **sizes, **asdict(found), **shares})
    return pd.DataFrame(rows)


def fronts_again(runs: Sequence[Run]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Fronts [k, 2] of (ρ, accuracy) of each life of each run, and the same genomes at their means over the others.

    Runs as of `lived_again`, fronts as `analysis.assays.lived_again.fronts` gives them.
    """
    raw: list[np.ndarray] = []
    again: list[np.ndarray] = []
    for run, fidelity, accuracy, _ in _gardens(runs):
        for every, own in zip((raw, again), fronts(fidelity, accuracy, reference(run)), strict=True):
            every.extend(own)
    return raw, again


def _gardens(runs: Sequence[Run]) -> Iterator[tuple[Run, np.ndarray, np.ndarray, int]]:
    """Runs with −log₁₀ ρ [P, R] and accuracy [P, R] of a garden in which fronts can be lived again; its generation."""
    for run in runs:
        frames = _frames(run, "garden")
        if frames is None or not frames["lives"]["accuracy"].any():
            continue
        generation = int(frames["lives"]["generation"].max())
        traits = ("replication_error", "accuracy")
        fidelity, accuracy = (garden.scores(frames["lives"], trait, generation)[0] for trait in traits)
        if fidelity.shape[1] >= FEWEST_LIVES:
            yield run, fidelity, accuracy, generation


def within_lives(runs: Sequence[Run]) -> pd.DataFrame:
    """What more of the task does to the same genomes, on average over those of each run.

    Returns:
        A row for each run with the assay, and generation: run, seed, generation, genomes, lightest, heaviest (positive
        task weights), the means over genomes of `within_life.changes`, its `RATE` as a median.
    """
    rows = []
    for run, lives in _weighed(runs):
        lightest, heaviest = within_life.ends(lives)
        for generation in assayed(lives):
            found = within_life.changes(lives, generation)
            sizes = {"genomes": len(found["accuracy"]), "lightest": lightest, "heaviest": heaviest}
            values = {name: _centre(v, name == within_life.RATE) for name, v in found.items()}
            rows.append({**_who(run), "generation": generation, **sizes, **values})
    return pd.DataFrame(rows)


def curves(runs: Sequence[Run]) -> pd.DataFrame:
    """Means over the genomes of each run by task weight.

    Returns:
        A row for each run with the assay, generation and task weight: run, seed, generation, task_weight, accuracy, and
        log10 of replication_error and copying_error.
    """
    rows = []
    for run, lives in _weighed(runs):
        for generation in assayed(lives):
            means = {trait: within_life.curves(lives, trait, generation).mean() for trait in MAIN}
            table = pd.DataFrame({t: v if t == "accuracy" else -v for t, v in means.items()})
            table = table.rename_axis("task_weight").reset_index()
            rows.append(table.assign(generation=generation, **_who(run)))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def by_genomes(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables with columns seed and generation by label → rows by whose genomes they are of.

    Treatments of the same seeds share their founders; what is the same to the last digit is shown once.
    """
    founders: dict[str, tuple[list[str], pd.DataFrame]] = {}
    later: dict[str, pd.DataFrame] = {}
    for label, table in tables.items():
        if table.empty:
            continue
        first = table[table["generation"] == 0].sort_values("seed").reset_index(drop=True)
        if len(first):
            founders.setdefault(first.drop(columns="run").to_json(), ([], first))[0].append(label)
        rows = table[table["generation"] > 0]
        if len(rows):
            last = int(rows["generation"].max())
            later[f"{label} (generation {last})"] = rows[rows["generation"] == last].reset_index(drop=True)
    names = [
        "founders" if len(founders) == 1 else f"founders of {', '.join(labels)}" for labels, _ in founders.values()
    ]
    return dict(zip(names, (rows for _, rows in founders.values()), strict=True)) | later


def _weighed(runs: Sequence[Run]) -> list[tuple[Run, pd.DataFrame]]:
    found = [(run, _frames(run, "within_life")) for run in runs]
    return [(run, frames["weights"]) for run, frames in found if frames is not None]


def _frames(run: Run, name: str) -> dict[str, pd.DataFrame] | None:
    """The tables of an assay of what the last generation conceived; None if there is none, or none that can be read."""
    try:
        return read(run.path, name, run.last + 1)[0]
    except UserError:
        return None


def _who(run: Run) -> dict[str, Any]:
    return {"run": run.path, "seed": int(run.manifest["seed"])}


def _centre(values: np.ndarray, is_median: bool) -> float:
    known = values[np.isfinite(values)]
    return float((np.median if is_median else np.mean)(known)) if len(known) else np.nan
