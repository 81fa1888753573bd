"""How often intervals of what of a front is luck hold the truth, simulated: `python -m tests.support.coverage_fronts`
prints a table.

A study is of n runs, a run of genomes that live the same lives. Beside `analysis.assays.lived_again` stands the
hypervolume of the means over the other lives, which is not used.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.assays.lived_again import fronts, worth
from analysis.evolution.fronts import hypervolume, pareto_front
from analysis.statistics.intervals import intervals

Floats = NDArray[np.float64]
REFERENCE: Final = (1.0, 0.1)
SIZES: Final = (3, 6, 8, 24)
GENOMES, LIVES = 24, 8
LONG: Final = 40
"""Lives whose fronts the truth of a run is a mean over."""
WHAT: Final = ("luck", "share of the lead")
FIDELITY, SPREAD = (2.0, 0.1), (0.6, 0.02)
"""Mean and standard deviation of one life among equal genomes: −log₁₀ ρ, accuracy."""


@dataclass(frozen=True)
class World:
    """What genomes are like, in standard deviations of what a life does to one.

    Attributes:
        name: In words.
        spread: Among genomes of a run.
        correlation: Of both traits among genomes.
        chance: Of both traits in a life of a genome.
        common: Of what a life does to all who live it.
        heavy: Whether chance is Student's t with 5 degrees of freedom.
    """

    name: str
    spread: float
    correlation: float = 0.0
    chance: float = 0.0
    common: float = 0.5
    heavy: bool = False

    def genomes(self, rng: np.random.Generator) -> Floats:
        """[P, 1, 2] what they are; runs differ by as much as chance."""
        pairs = rng.multivariate_normal([0, 0], [[1, self.correlation], [self.correlation, 1]], GENOMES)
        return (rng.normal(size=2) + self.spread * pairs)[:, None]

    def lives(self, genomes: Floats, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """[P, n] −log₁₀ ρ and accuracy."""
        shape = (GENOMES, n, 2)
        noise = rng.standard_t(5, shape) / (5 / 3) ** 0.5 if self.heavy else rng.normal(size=shape)
        noise[..., 1] = self.chance * noise[..., 0] + (1 - self.chance**2) ** 0.5 * noise[..., 1]
        found = genomes + noise + self.common * rng.normal(size=(n, 2))
        return FIDELITY[0] + FIDELITY[1] * found[..., 0], SPREAD[0] + SPREAD[1] * found[..., 1]


WORLDS: Final = (
    World("equal genomes", 0.0),
    World("equal genomes, a life does both", 0.0, chance=0.7),
    World("genomes differ by half of chance", 0.5),
    World("genomes differ as chance, and trade", 1.0, -0.8),
    World("genomes differ by 3, and trade", 3.0, -0.8),
    World("genomes differ as chance, heavy tails", 1.0, heavy=True),
)


class Row(NamedTuple):
    """How often 95 % intervals over n runs hold the truth; `means` is by the hypervolume of means."""

    world: str
    what: str
    n: int
    truth: float
    covered: float
    means: float


def coverage(world: World, runs: int, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> Iterator[Row]:
    """Of the luck, and of its share of the lead, in studies of n of so many runs."""
    rng = np.random.default_rng(seed)
    truth, found, means = _true(world, runs, rng), np.empty((runs, 2)), np.empty((runs, 2))
    for run in range(runs):
        scores = world.lives(world.genomes(rng), LIVES, rng)
        own = worth(*scores, REFERENCE)
        other = own.raw - np.mean([hypervolume(front, REFERENCE) for front in fronts(*scores, REFERENCE)[1]])
        found[run] = own.luck, own.share_of_lead
        means[run] = other, other / (own.raw - own.typical)
    for place, what in enumerate(WHAT):
        for n in sizes:
            held = (_held(values[:, place], n, truth[place]) for values in (found, means))
            yield Row(world.name, what, n, float(truth[place]), *held)


def _true(world: World, runs: int, rng: np.random.Generator) -> Floats:
    """[2] luck and its share of the lead: of each run by what its genomes are, over fronts of `LONG` lives."""
    out = []
    for _ in range(runs // 20):
        genomes = world.genomes(rng)
        deep, high = (m + sd * genomes[:, 0, k] for k, (m, sd) in enumerate((FIDELITY, SPREAD)))
        luck, lead = [], []
        for x, y in zip(*(scores.T for scores in world.lives(genomes, LONG, rng)), strict=True):
            raw = hypervolume(np.column_stack([10.0**-x, y]), REFERENCE)
            steps = pareto_front(np.column_stack([10.0**-x, y]))
            widths = deep[steps] - np.append(deep[steps][1:], 0.0)
            luck.append(raw - widths @ (high[steps] - REFERENCE[1]))
            lead.append(raw - deep.mean() * (high.mean() - REFERENCE[1]))
        out.append((np.mean(luck), np.mean(luck) / np.mean(lead)))
    return np.mean(out, axis=0)


def _held(values: Floats, n: int, truth: float) -> float:
    low, high = intervals(values[: len(values) // n * n].reshape(-1, n))
    return float(((low <= truth) & (truth <= high)).mean())


def main(runs: int = 24_000) -> None:
    """Print the table."""
    print(f"{'runs of':40} {'':18} {'n':>3} {'truth':>7} {'covered':>8} {'by means':>9}")
    for world in WORLDS:
        for row in coverage(world, runs):
            print(
                f"{row.world:40} {row.what:18} {row.n:3} {row.truth:7.4f} {row.covered:8.3f} {row.means:9.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
