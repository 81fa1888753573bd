"""Sums of parents and children by generation: what inheritance.py, breeder.py and matrices.py are made of.

Everything is a deviation from the mean of those who lived to the end in the deme (an island in one generation) in which
a child was conceived, summed over demes: neither time, nor place, nor migration is in it. A pair is a child that lived
to the end and its parent, or the mean of its two. Who survives into a generation is nobody's child there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from alife.errors import UserError
from alife.traits import measured
from analysis.evolution.islands import SETTLED, Bools, Demes, Floats, Ints, chosen, ratio, totals
from analysis.lineage.phylogeny import NOBODY

COLLINEAR: Final = 1e-3
"""Directions with less than this share of the variance of the leading one, in standardised traits, count as none."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums of pairs by generation.

    Attributes:
        traits: T names; units are those of `alife.traits.measured`.
        generation: [G] int64, of the parents; those with pairs.
        pairs: [G] how many.
        differential: [G, T] S, the mean of parents over pairs.
        response: [G, T] R, the mean of children.
        parents: [G, T, T] sums of squares and products of parents, about their mean in each deme.
        inherited: [G, T, T] likewise of parents (rows) and children (columns).
        children: [G, T, T] likewise of children.
        variance: [G, T, T] covariances of all who lived to the end, demes weighted by pairs.
    """

    traits: Sequence[str]
    generation: Ints
    pairs: Floats
    differential: Floats
    response: Floats
    parents: Floats
    inherited: Floats
    children: Floats
    variance: Floats

    @cached_property
    def scale(self) -> Floats:
        """[T] standard deviation within demes, of all generations: the unit of standardised traits; 1 where it is 0."""
        variance = np.average(self.variance, axis=0, weights=self.pairs).diagonal()
        return np.where(variance > 0, np.sqrt(variance), 1.0)

    def phenotypic(self, among: Ints) -> Floats:
        """[T, T] P of some generations, positions in `generation`; standardised."""
        mean = np.average(self.variance[among], axis=0, weights=self.pairs[among])
        return mean / np.outer(self.scale, self.scale)

    def genetic(self, among: Ints, learned: Ints | None = None, symmetric: bool = True) -> Floats:
        """[T, T] G of some generations: the parent–offspring covariance, made symmetric; standardised.

        Of parents as they were before selection, which lowers their covariance with children and leaves the regression
        of children on them (Lande and Arnold 1983): it is that regression times P. Of one parent it holds all that is
        inherited, dominance and epistasis too, and not half of it as with two; the mean of two parents has half of the
        variance, and the regression on it makes up for that.

        Args:
            among: Generations whose P it is, positions in `generation`.
            learned: Those whose regression it is; the same if None.
            symmetric: False leaves it as it is, children in rows and parents in columns. It is not symmetric where a
                trait of parents makes another of their children, as maternal effects do (Kirkpatrick and Lande 1989).
        """
        learned, unit = among if learned is None else learned, np.outer(self.scale, self.scale)
        parents, inherited = (sums[learned].sum(axis=0) / unit for sums in (self.parents, self.inherited))
        covariance = inherited.T @ inverse(parents) @ self.phenotypic(among)
        return (covariance + covariance.T) / 2 if symmetric else covariance


def moments(record: Demes, traits: Sequence[str] | None = None, first: int = SETTLED) -> Moments:
    """A run's moments, of individuals with a finite value of every trait.

    Args:
        record: A run's births by deme.
        traits: All on record if None.
        first: Generation of the first parents that count.

    Raises:
        UserError: A trait is not on record, or nobody has a parent that counts.
    """
    found = paired(record, chosen(record, traits), first)
    if not len(found.generation):
        raise UserError(f"no children of generation {first} or later are on record: take a longer run")
    return found


def paired(record: Demes, traits: Sequence[str], first: int) -> Moments:
    """As `moments`, of no generation where nobody has a parent that counts."""
    z = np.stack([measured(trait, record.tree.births[trait]) for trait in traits], axis=1)
    known = record.living & np.isfinite(z).all(axis=1)
    mean = np.stack([record.mean(each, known) for each in np.where(known[:, None], z, 0.0).T], axis=1)
    parents, others = record.tree.parent[record.children], record.tree.second[record.children]
    others = np.where(others == NOBODY, parents, others)
    use = known[record.children] & known[parents] & known[others]
    use &= record.generation[record.home[parents]] >= first
    deme = record.home[parents[use]]
    raised = (z[parents[use]] + z[others[use]]) / 2 - mean[deme]
    children = z[record.children[use]] - mean[deme]
    adults = np.where(known[:, None], z - mean[record.home], 0.0)
    return _summed(record, traits, adults * _weights(record, known, deme), raised, children, deme)


def inverse(matrix: Floats) -> Floats:
    """[T, T] pseudo-inverse of a covariance matrix, without directions that are `COLLINEAR`."""
    return np.asarray(np.linalg.pinv(matrix, rcond=COLLINEAR, hermitian=True), np.float64)


def _weights(record: Demes, known: Bools, deme: Ints) -> Floats:
    """[n, 1] roots of how much each adult counts: as much as its deme has pairs, in equal shares."""
    pairs = totals(deme, np.ones(len(deme)), record.count)
    weight: Floats = np.sqrt(np.nan_to_num(ratio(pairs, record.total(known))))
    return weight[record.home][:, None]


def _summed(
    record: Demes, traits: Sequence[str], adults: Floats, parents: Floats, children: Floats, deme: Ints
) -> Moments:
    length = len(record.tree.starts) - 1
    when, lived = deme // record.islands, record.home // record.islands
    pairs = totals(when, np.ones(len(when)), length)
    kept = np.flatnonzero(pairs)

    def means(values: Floats) -> Floats:
        return np.stack([totals(when, each, length)[kept] / pairs[kept] for each in values.T], axis=1)

    centred, grown = (_centred(each, deme, record.count) for each in (parents, children))
    return Moments(
        traits=tuple(traits),
        generation=record.tree.first + kept,
        pairs=pairs[kept],
        differential=means(parents),
        response=means(children),
        parents=_products(centred, centred, when, length)[kept],
        inherited=_products(centred, grown, when, length)[kept],
        children=_products(grown, grown, when, length)[kept],
        variance=_products(adults, adults, lived, length)[kept] / pairs[kept, None, None],
    )


def _centred(values: Floats, deme: Ints, count: int) -> Floats:
    number = totals(deme, np.ones(len(deme)), count)
    return np.stack([each - ratio(totals(deme, each, count), number)[deme] for each in values.T], axis=1)


def _products(first: Floats, second: Floats, when: Ints, length: int) -> Floats:
    """[length, T, T] sums of products of [n, T] values by generation."""
    sums = [[totals(when, a * b, length) for b in second.T] for a in first.T]
    return np.moveaxis(np.array(sums), -1, 0)
