"""The breeder's equation: the response of each generation as predicted from selection and inheritance, and as it came.

With means over pairs of a child that lived to the end and its parents (moments.py), by deme:

- response R: the mean of children less the mean of those who lived to the end in their parents' generation;
- differential S: the mean of parents, once for each such child, less the same mean: selection for children and for the
  viability of children. The parents' own viability is in neither: both are of those who lived to the end.

R = S + (children − their parents), exactly. The equation says R = h²·S: that inheritance pulls children towards the
mean of their parents' generation, and is otherwise unbiased. What mutation adds or takes is no part of it, and is
`bias` in `agreement`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from analysis.evolution.islands import SETTLED, Demes, Floats, Ints, chosen
from analysis.evolution.moments import Moments, inverse, moments

BLOCKS: Final = 10
"""Stretches of generations; what is predicted of one is learned from all others."""


def responses(record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED) -> pd.DataFrame:
    """R = h²·S, trait by trait and generation by generation, with h² of other generations (Lush 1937).

    h² is the slope of children on parents within demes (Falconer and Mackay 1996, ch. 10), of all generations outside
    of the stretch of generations that is predicted; there are `BLOCKS` stretches, or as many as generations.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count.

    Returns:
        A row for each trait and generation of parents: trait, generation, pairs, heritability, differential (S),
        predicted (h²·S), realised (R); in units of `alife.traits.measured`, NaN if there is no other generation in
        which parents vary.

    Raises:
        UserError: A trait is not on record, or nobody has a parent that counts.

    Example:
        >>> import alife
        >>> from analysis.evolution.breeder import agreement, responses
        >>> from analysis.evolution.islands import demes
        >>> table = responses(demes(alife.load_run("runs/first")), ["copying_error"], first=1)
        >>> list(agreement(table)["trait"])
        ['copying_error']
    """
    tables = [_responses(moments(record, [trait], first)) for trait in chosen(record, traits)]
    return pd.concat(tables, ignore_index=True)


def multivariate(
    record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED, symmetric: bool = True
) -> pd.DataFrame:
    """Δz = G·β, generation by generation, with inheritance learned from other ones (Lande 1979; Lande and Arnold 1983).

    β are the directional selection gradients, the partial regression of relative fitness (children that lived to the
    end, over the mean of the deme) on all traits: P⁻¹S of the generation itself. G is `Moments.genetic`, with the
    regression of children on parents of all generations outside of the stretch that is predicted, and the generation's
    own P, which its children have no part in: of one trait G·β is h²·S. Traits are in units of their standard deviation
    within demes, of the whole run.

    Where traits are collinear a gradient is shared among them and none has one of its own: directions with less than
    0.1 % of the variance of the leading one are left out (a pseudo-inverse), and β is the shortest that does. Read
    predictions rather than single gradients there.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count.
        symmetric: As of `Moments.genetic`. If predictions are much better without, parents' traits make other traits of
            their children, and G is not what is inherited.

    Returns:
        A row for each trait and generation of parents: trait, generation, pairs, gradient (β), differential (S),
        predicted (G·β), realised (R); standardised. NaN if there is no other generation.

    Raises:
        UserError: A trait is not on record, or nobody has a parent that counts.

    Example:
        >>> import alife
        >>> from analysis.evolution.breeder import agreement, multivariate
        >>> from analysis.evolution.islands import demes
        >>> table = multivariate(demes(alife.load_run("runs/first")), ["accuracy", "copying_error"], first=1)
        >>> list(agreement(table)["trait"])
        ['accuracy', 'copying_error']
    """
    found = moments(record, traits, first)
    differential, realised = found.differential / found.scale, found.response / found.scale
    gradient, predicted = np.zeros_like(realised), np.full_like(realised, np.nan)
    for place, selected in enumerate(differential):
        gradient[place] = inverse(found.phenotypic(np.array([place]))) @ selected
    for block, others in _folds(len(found.generation)):
        for place in block:
            predicted[place] = found.genetic(np.array([place]), others, symmetric) @ gradient[place]
    columns = {"gradient": gradient, "differential": differential, "predicted": predicted, "realised": realised}
    return _by_trait(found, columns)


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """How well responses were predicted, of each trait, through the generations of one run.

    Args:
        table: From `responses` or `multivariate`.

    Returns:
        A row for each trait: trait, generations, predicted, realised (means), bias (their difference, realised less
        predicted: what a generation changes by that selection does not account for), correlation, slope (of realised
        on predicted; 1 if predictions are right but for bias). NaN where predictions do not vary.
    """
    rows = []
    for trait, among in table.groupby("trait", sort=False):
        predicted, realised = among.loc[among["predicted"].notna(), ["predicted", "realised"]].to_numpy().T
        means = [values.mean() if len(values) else np.nan for values in (predicted, realised)]
        rows.append((trait, len(predicted), *means, means[1] - means[0], *_line(predicted, realised)))
    names = ["trait", "generations", "predicted", "realised", "bias", "correlation", "slope"]
    return pd.DataFrame(rows, columns=names)


def _responses(found: Moments) -> pd.DataFrame:
    """The rows of one trait, with pairs that have a finite value of it, whatever other traits have."""
    slopes = np.full_like(found.response, np.nan)
    for block, others in _folds(len(found.generation)):
        above, below = (sums[others, 0, 0].sum() for sums in (found.inherited, found.parents))
        slopes[block] = above / below if below > 0 else np.nan
    columns = {"heritability": slopes, "differential": found.differential, "predicted": slopes * found.differential}
    return _by_trait(found, {**columns, "realised": found.response})


def _folds(length: int) -> list[tuple[Ints, Ints]]:
    """Positions of each stretch of generations, and of all others; none if there is one generation alone."""
    if length < 2:
        return []
    everything = np.arange(length)
    return [(block, np.setdiff1d(everything, block)) for block in np.array_split(everything, min(BLOCKS, length))]


def _by_trait(found: Moments, columns: dict[str, Floats]) -> pd.DataFrame:
    tables = []
    for place, trait in enumerate(found.traits):
        keys = {"trait": trait, "generation": found.generation, "pairs": found.pairs.astype(np.int64)}
        tables.append(pd.DataFrame({**keys, **{name: values[:, place] for name, values in columns.items()}}))
    return pd.concat(tables, ignore_index=True)


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Correlation, and slope of y on x."""
    if len(x) < 2 or not np.ptp(x) > 0:
        return np.nan, np.nan
    (xx, xy), (_, yy) = np.cov(x, y)
    return xy / np.sqrt(xx * yy) if yy > 0 else np.nan, xy / xx
