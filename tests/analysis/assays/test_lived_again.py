"""Fronts that are lived again: luck does not stay, a trade-off does, and intervals over runs hold what they say."""

import numpy as np
import pytest

from analysis.assays.lived_again import fronts, worth
from analysis.evolution.fronts import hypervolume, pareto_front
from analysis.statistics.intervals import interval
from tests.support import coverage_fronts as simulated

REFERENCE = (1.0, 0.1)


def lived(genomes, lives=8, noise=1.0, seed=0):
    """[P, R] −log₁₀ ρ and accuracy of genomes [P, 2] whose lives are noisy, by 0.1 and 0.02."""
    rng = np.random.default_rng(seed)
    scores = np.asarray(genomes, np.float64)[:, None] + noise * rng.normal(0, (0.1, 0.02), (len(genomes), lives, 2))
    return scores[..., 0], scores[..., 1]


def traded(size=12):
    """Genomes that all are on the front: a decade of ρ costs 0.2 of accuracy."""
    depth = np.linspace(1, 3, size)
    return np.column_stack([depth, 0.9 - 0.2 * (depth - 1)])


def test_of_equal_genomes_all_that_a_front_has_beyond_them_is_luck():
    found = [worth(*lived([[2.0, 0.6]] * 48, seed=seed), REFERENCE) for seed in range(40)]
    assert interval([one.again for one in found]).covers(2.0 * 0.5)
    assert interval([one.share_of_lead for one in found]).covers(1.0)
    assert interval([one.luck for one in found]).low > 0.15
    assert np.mean([one.stay for one in found]) < 0.2


def test_a_trade_off_stays():
    genomes = traded()
    truth = hypervolume(np.column_stack([10.0 ** -genomes[:, 0], genomes[:, 1]]), REFERENCE)
    found = [worth(*lived(genomes, noise=0.2, seed=seed), REFERENCE) for seed in range(40)]
    assert np.mean([one.again for one in found]) == pytest.approx(truth, rel=0.01)
    assert np.mean([one.share for one in found]) < 0.03
    assert np.mean([one.stay for one in found]) > 0.95


def test_the_raw_hypervolume_is_that_of_fronts():
    fidelity, accuracy = lived(traded())
    volumes = [
        hypervolume(np.column_stack([10.0**-x, y]), REFERENCE) for x, y in zip(fidelity.T, accuracy.T, strict=True)
    ]
    assert worth(fidelity, accuracy, REFERENCE).raw == pytest.approx(np.mean(volumes))


def test_lives_without_noise_have_no_luck():
    found = worth(*lived(traded(), noise=0.0), REFERENCE)
    assert found.again == pytest.approx(found.raw)
    assert (found.members, found.stay) == (12, 1)


def test_fronts_are_of_the_life_that_chose_and_values_of_the_others():
    fidelity, accuracy = lived(traded())
    raw, again = fronts(fidelity, accuracy, REFERENCE)
    points = np.column_stack([10.0 ** -fidelity[:, 0], accuracy[:, 0]])
    chosen = pareto_front(points)
    assert raw[0] == pytest.approx(points[chosen])
    means = np.column_stack([10.0 ** -fidelity[:, 1:].mean(axis=1), accuracy[:, 1:].mean(axis=1)])
    assert again[0] == pytest.approx(means[chosen])


def test_what_does_not_beat_the_reference_is_worth_nothing():
    fidelity, accuracy = lived([[2.0, 0.05]] * 5 + [[-1.0, 0.9]], noise=0.0)
    found = worth(fidelity, accuracy, REFERENCE)
    assert (found.raw, found.again, found.members) == (0, 0, 0)
    assert np.isnan([found.share, found.stay]).all()
    assert [len(front) for front in fronts(fidelity, accuracy, REFERENCE)[0]] == [0] * 8


def test_genomes_that_diverged_are_left_out():
    fidelity, accuracy = lived(traded())
    spoilt = np.vstack([fidelity, np.full((1, 8), 9.0)])
    spoilt[-1, 3] = np.nan
    assert worth(spoilt, np.vstack([accuracy, np.full((1, 8), 0.99)])) == worth(fidelity, accuracy)


def test_two_lives_are_too_few():
    with pytest.raises(ValueError, match="2 lives"):
        worth(*lived(traded(), lives=2))


@pytest.mark.parametrize("world", simulated.WORLDS[:3:2], ids=lambda world: world.name)
def test_intervals_cover_and_those_by_the_hypervolume_of_means_do_not(world):
    """100 studies: 0.9 is 2.3 standard errors below 0.95."""
    for row in simulated.coverage(world, 600, (6,)):
        assert row.covered >= 0.9, row
        assert row.means < 0.8, row
