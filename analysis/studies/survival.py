"""How long populations and lineages last: Kaplan–Meier curves, and the share of runs that are extinct by a generation.

A population dies in the generation that nobody lives to the end of; a run that ended otherwise is censored in its last
generation, as a lineage is that has descendants there.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.data.run import Run
from analysis.evolution.islands import demes
from analysis.lineage.phylogeny import NOBODY
from analysis.statistics.centres import share
from analysis.statistics.estimate import Estimate

COLUMNS: Final = ("treatment", "generation", "at_risk", "died", "survival", "low", "high")


class Extinct(NamedTuple):
    """How many of a treatment's runs died out, of how many, and the generation in which the last of them did."""

    treatment: str
    died: int
    runs: int
    by: int


def extinct(groups: Mapping[str, Sequence[Run]]) -> list[Extinct]:
    """Those of some treatments of which a run is extinct."""
    ends = {label: [run.last for run in runs if run.is_extinct] for label, runs in groups.items()}
    return [Extinct(label, len(last), len(groups[label]), max(last)) for label, last in ends.items() if last]


def survival(groups: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """The share of each treatment's populations that live on after a generation.

    Args:
        groups: Runs by treatment.

    Returns:
        A row for each treatment and generation in which a run died or was censored: `COLUMNS`, as `kaplan_meier`.

    Example:
        >>> import alife
        >>> from analysis.studies.survival import survival
        >>> survival(alife.load_sweep("sweeps/first"))["survival"].unique().tolist()
        [1.0]
    """
    tables = []
    for label, runs in groups.items():
        died = [run.is_extinct for run in runs]
        tables.append(kaplan_meier([run.last for run in runs], died).assign(treatment=label))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def kaplan_meier(ends: ArrayLike, died: ArrayLike) -> pd.DataFrame:
    """The product-limit estimate (Kaplan and Meier 1958), with its 95 % interval by the log-log transformation.

    Args:
        ends: [n] generation in which each one died or was last seen.
        died: [n] whether it died.

    Returns:
        A row for each generation in which somebody ended: generation, at_risk, died, survival after it, low, high (NaN
        until somebody dies, and where nobody is left).
    """
    last, dead = np.asarray(ends), np.asarray(died, bool)
    curve = stats.ecdf(stats.CensoredData(uncensored=last[dead], right=last[~dead])).sf
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = curve.confidence_interval(method="log-log")
    when = np.asarray(curve.quantiles)
    return pd.DataFrame(
        {
            "generation": when.astype(np.int64),
            "at_risk": [(last >= one).sum() for one in when],
            "died": [((last == one) & dead).sum() for one in when],
            "survival": curve.probabilities,
            "low": band.low.probabilities,
            "high": band.high.probabilities,
        }
    )


def extinct_by(groups: Mapping[str, Sequence[Run]], generations: Sequence[int]) -> list[Estimate]:
    """Of each treatment and generation, the share of runs that were extinct by then, with its exact interval.

    Runs that ended earlier otherwise say nothing of it, and are not counted.
    """
    found = []
    for label, runs in groups.items():
        for generation in generations:
            gone = [run.is_extinct and run.last <= generation for run in runs]
            known = [dead for run, dead in zip(runs, gone, strict=True) if dead or run.last >= generation]
            found.append(share(known, treatment=label, quantity="extinct", generation=generation))
    return found


def hazards(groups: Mapping[str, Sequence[Run]]) -> list[Estimate]:
    """Of each treatment the rate at which its populations die, in 1,000 generations that they were at risk.

    Deaths over generations lived, as of a constant hazard, with the exact Poisson interval (Garwood 1936, Biometrika
    28, 437). Where the hazard is not constant, as where populations must first become what kills them, it is the mean
    over the time that was watched: compare treatments that were watched for as long.
    """
    found = []
    for label, runs in groups.items():
        died, lived = sum(run.is_extinct for run in runs), sum(run.last - run.first + 1 for run in runs)
        fewest = float(stats.chi2.ppf(0.025, 2 * died)) / 2 if died else 0.0
        most = float(stats.chi2.ppf(0.975, 2 * died + 2)) / 2
        rate, low, high = (1000 * count / lived if lived else np.nan for count in (died, fewest, most))
        quantity = "deaths in 1,000 generations of a population"
        found.append(Estimate(rate, low, high, len(runs), treatment=label, quantity=quantity))
    return found


def lineages(run: Run, generation: int = 0) -> pd.DataFrame:
    """How long the lines of a generation's individuals last.

    Returns:
        A row for each individual of it: id, last (the last generation with a descendant who lived to the end of it; its
        own − 1 if it did not itself), died (whether the line ends there, and not with the record).

    Raises:
        UserError: The generation is not on record.
    """
    record = demes(run)
    tree, rows = record.tree, record.tree.rows(generation)
    reached: NDArray[np.int64] = np.where(record.living, tree.generation, generation - 1)
    for layer in tree.layers[:0:-1]:
        parents = tree.parent[layer]
        known = parents != NOBODY
        np.maximum.at(reached, parents[known], reached[layer][known])
    last = reached[rows]
    return pd.DataFrame({"id": tree.births["id"].iloc[rows].to_numpy(), "last": last, "died": last < tree.last})
