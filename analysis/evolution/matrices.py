"""G and P through time: how much of what varies is inherited, in which direction, and how steady that direction is."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from alife.errors import UserError
from analysis.evolution.islands import SETTLED, Demes, Floats, Ints
from analysis.evolution.moments import Moments, moments

WINDOW: Final = 20
"""Generations of parents whose G and P are taken together."""
FEWEST: Final = 2
"""Generations that a window needs, so that its halves have one each."""


def matrices(
    record: Demes, traits: Sequence[str] | None = None, window: int = WINDOW, first: int = SETTLED
) -> pd.DataFrame:
    """G and P by windows of generations, as `Moments.genetic` and `Moments.phenotypic` say.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        window: Generations of parents of each; the last window takes what is left over.
        first: Generation of the first parents that count.

    Returns:
        A row for each window and pair of traits: first, last (generations), trait, other, genetic, phenotypic; traits
        in units of their standard deviation within demes, of the whole run.

    Raises:
        UserError: A trait is not on record, or too few generations have parents that count.

    Example:
        >>> import alife
        >>> from analysis.evolution.islands import demes
        >>> from analysis.evolution.matrices import matrices
        >>> table = matrices(demes(alife.load_run("runs/first")), ["accuracy", "copying_error"], window=2, first=1)
        >>> table[["first", "last"]].drop_duplicates().to_numpy().tolist()
        [[1, 2], [3, 4]]
    """
    found, tables = moments(record, traits, first), []
    for among in _windows(found, window):
        cells = {"genetic": found.genetic(among).ravel(), "phenotypic": found.phenotypic(among).ravel()}
        number = len(found.traits)
        names = {"trait": np.repeat(found.traits, number), "other": np.tile(found.traits, number)}
        tables.append(pd.DataFrame({**_span(found, among), **names, **cells}))
    return pd.concat(tables, ignore_index=True)


def axes(
    record: Demes, traits: Sequence[str] | None = None, window: int = WINDOW, first: int = SETTLED
) -> pd.DataFrame:
    """Leading axes of G and P by windows of generations, and how far G's (gmax) turns (Schluter 1996).

    The sampling error of G turns gmax, too, and the more the less one eigenvalue stands out. So beside the angle to the
    window before stands the angle between gmax of every other generation of a window and of those between: a G that
    stays as it is turns by about as much, a bit less as whole windows are larger.

    Returns:
        A row for each window: first, last (generations), pairs, genetic, phenotypic (leading eigenvalues),
        genetic_share, phenotypic_share (of the trace), angle (degrees, 0 to 90, to gmax of the window before; NaN in
        the first), within (the same between the two halves), and gmax of each trait (`gmax_accuracy` …; unit length,
        its largest element positive).

    Raises:
        UserError: A trait is not on record, or too few generations have parents that count.
    """
    found, rows = moments(record, traits, first), []
    before = None
    for among in _windows(found, window):
        genetic, phenotypic = found.genetic(among), found.phenotypic(among)
        (g, gmax), (p, _) = leading(genetic), leading(phenotypic)
        row = {**_span(found, among), "pairs": int(found.pairs[among].sum()), "genetic": g, "phenotypic": p}
        row |= {"genetic_share": _share(g, genetic), "phenotypic_share": _share(p, phenotypic)}
        row["angle"] = np.nan if before is None else angle(before, gmax)
        row["within"] = angle(*(leading(found.genetic(half))[1] for half in (among[::2], among[1::2])))
        rows.append(row | {f"gmax_{trait}": part for trait, part in zip(found.traits, gmax, strict=True)})
        before = gmax
    return pd.DataFrame(rows)


def leading(matrix: Floats) -> tuple[float, Floats]:
    """The largest eigenvalue of a symmetric matrix [T, T] and its axis [T], whose largest element is positive."""
    values, vectors = np.linalg.eigh(matrix)
    axis = vectors[:, -1]
    return float(values[-1]), axis * np.sign(axis[np.abs(axis).argmax()])


def angle(first: Floats, second: Floats) -> float:
    """Degrees between two axes [T] of unit length, whichever way they point: 0 to 90."""
    return float(np.degrees(np.arccos(min(1.0, abs(float(first @ second))))))


def _windows(found: Moments, window: int) -> list[Ints]:
    """Positions of the generations of each window; one of fewer than `FEWEST` is left out."""
    places, length = np.arange(len(found.generation)), max(window, FEWEST)
    spans = np.split(places, np.arange(length, len(places) - length + 1, length))
    found_spans = [span for span in spans if len(span) >= FEWEST]
    if not found_spans:
        raise UserError(f"fewer than {FEWEST} generations of parents on record: take a longer run")
    return found_spans


def _span(found: Moments, among: Ints) -> dict[str, int]:
    return {"first": int(found.generation[among[0]]), "last": int(found.generation[among[-1]])}


def _share(leads: float, matrix: Floats) -> float:
    trace = float(np.trace(matrix))
    return leads / trace if trace > 0 else np.nan
