"""Epistasis and distributions of effects where they are planted, and how often their intervals hold the truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alife.cli.main import main
from analysis.assays import dfe, epistasis, read
from analysis.assays.correlations import correlations
from analysis.statistics.intervals import intervals


def mutants(interaction, n=60, lives=5, noise=0.03, seed=0, generation=9):
    """Table of an additive trait, −log₁₀ of both errors, and what `interaction` (of both effects) adds."""
    rng = np.random.default_rng(seed)
    base, a, b = 2 + 0.1 * rng.normal(size=n), -0.1 + 0.1 * rng.normal(size=n), -0.1 + 0.1 * rng.normal(size=n)
    of_life = 0.1 * rng.normal(size=(n, lives))
    tables = []
    for first in (False, True):
        for second in (False, True):
            level = base + first * a + second * b + (first and second) * interaction(a, b, rng)
            values = level[:, None] + of_life + noise * rng.normal(size=(n, lives))
            keys = {"id": np.repeat(np.arange(n), lives), "replicate": np.tile(np.arange(lives), n)}
            error = 10 ** -values.ravel()
            keys |= {"first": first, "second": second, "generation": generation, "island": 0}
            tables.append(pd.DataFrame({**keys, "accuracy": values.ravel() / 4, "replication_error": error}))
    return pd.concat(tables, ignore_index=True).assign(copying_error=lambda table: table["replication_error"])


def test_of_an_additive_trait_there_is_none():
    found = epistasis.of_generation(mutants(lambda a, b, _: 0.0), "replication_error", 9)
    assert found["mean"].covers(0)
    assert found["spread"].low == 0
    assert found["effect"].covers(-0.1)
    assert found["effect"].high < -0.05


def test_planted_epistasis_is_recovered_with_its_sign():
    found = epistasis.of_generation(mutants(lambda a, b, _: 0.2), "copying_error", 9)
    assert found["mean"].covers(0.2)
    assert found["mean"].low > 0.15
    assert found["spread"].low == 0
    apart = mutants(lambda a, b, rng: -0.1 + 0.15 * rng.normal(size=len(a)), n=200)
    found = epistasis.of_generation(apart, "accuracy", 9)
    assert found["mean"].covers(-0.1 / 4)
    assert found["spread"].covers(0.15 / 4)
    assert found["together"].covers(0)


def test_diminishing_returns_are_a_negative_correlation():
    found = epistasis.of_generation(mutants(lambda a, b, _: -0.5 * (a + b)), "replication_error", 9)
    assert found["mean"].covers(0.1)
    assert found["together"].high < -0.8
    assert epistasis.of_generation(mutants(lambda a, b, _: 0.5 * (a + b)), "accuracy", 9)["together"].low > 0.8


def test_who_diverged_in_one_life_is_left_out():
    table = mutants(lambda a, b, _: 0.0, n=10)
    table.loc[7, "replication_error"] = np.nan
    assert epistasis.of_generation(table, "replication_error", 9)["mean"].n == 9
    rows, said = epistasis.summarise({"mutants": table}, {"generations": [9]})
    assert any("1 of 200 lives diverged" in text for text in said)
    assert {row.generation for row in rows} == {9}


def many(trials, n, lives, share, seed=0, tilt=0.0):
    """[trials, n, lives] sums of effects and ε of which `share` of the spread is true, with the noise they share."""
    rng = np.random.default_rng(seed)
    effects, own = rng.normal(size=(2, trials, n, 1))
    noise = rng.normal(size=(4, trials, n, lives))
    epsilon = share * (own + tilt * effects)
    return effects + noise[1] + noise[2] - 2 * noise[0], epsilon + noise[3] - noise[1] - noise[2] + noise[0]


@pytest.mark.parametrize("n", [6, 24])
def test_intervals_of_mean_epistasis_hold_the_truth_as_often_as_said(n):
    low, high = intervals(many(4000, n, 5, 0.5)[1].mean(axis=2))
    assert np.mean((low <= 0) & (high >= 0)) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_noise_that_both_share_makes_no_correlation(share):
    effects, epsilon = many(300, 24, 5, share)
    naive = [stats.pearsonr(a, b).pvalue < 0.05 for a, b in zip(effects.mean(2), epsilon.mean(2), strict=True)]
    low, high = correlations(epsilon, effects, draws=999)
    assert np.mean(naive) > 0.15
    assert np.mean((low <= 0) & (high >= 0)) > 0.92


def effects(draw, n, noise, seed, lives=5):
    rng = np.random.default_rng(seed)
    return draw(rng, n)[:, None] + noise * np.sqrt(lives) * rng.standard_normal((n, lives))


DRAWN = {
    "normal": (lambda rng, n: rng.normal(-0.1, 0.1, n), stats.norm.cdf(-1)),
    "two values": (lambda rng, n: np.where(rng.random(n) < 0.1, 0.1, -0.1), 0.1),
    "none": (lambda rng, n: -rng.exponential(0.1, n), 0.0),
    "gamma": (lambda rng, n: np.where(rng.random(n) < 0.2, 1, -1) * rng.gamma(2, 0.05, n), 0.2),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("noise", [0.03, 0.1])
def test_the_share_of_beneficial_mutations_is_within_its_interval(name, noise):
    draw, truth = DRAWN[name]
    found = [dfe.beneficial(effects(draw, 96, noise, seed)) for seed in range(25)]
    assert np.mean([e.covers(truth) for e in found]) >= 0.84  # 21 of 25
    values = np.mean([e.value for e in found])
    assert values == pytest.approx(truth, abs=0.12)


def test_noise_alone_would_count_more_mutations_as_beneficial():
    draw, truth = DRAWN["two values"]
    table = [effects(draw, 400, 0.1, seed) for seed in range(3)]
    assert np.mean([(each.mean(axis=1) > 0).mean() for each in table]) > truth + 0.1
    share = [dfe.beneficial(each).value for each in table]
    assert np.mean(share) == pytest.approx(truth, abs=0.05)
    grid, weights = dfe.deconvolved(table[0], share[0])
    assert weights.sum() == pytest.approx(1)
    assert weights[grid > 0].sum() == pytest.approx(share[0])
    assert (weights * grid).sum() == pytest.approx(table[0].mean(), abs=0.01)


def lives_of(mean, sd, generation, n=300, lives=6, seed=0):
    """As of the assay: sisters in the same lives."""
    rng = np.random.default_rng([seed, generation])
    base, effect = 2 + 0.2 * rng.normal(size=(n, lives)), rng.normal(mean, sd, (n, 1))
    tables = []
    for noisy in (True, False):
        values = base + noisy * (effect + 0.05 * rng.normal(size=base.shape))
        keys = {"id": np.repeat(np.arange(n), lives), "replicate": np.tile(np.arange(lives), n), "noisy": noisy}
        error = 10 ** -values.ravel()
        scores = {"accuracy": values.ravel() / 4, "replication_error": error, "copying_error": error}
        tables.append(pd.DataFrame({**keys, "generation": generation, **scores}))
    return pd.concat(tables, ignore_index=True)


def test_mean_and_spread_through_time_are_those_planted():
    frames = {"effects": pd.concat([lives_of(-0.1, 0.1, 3), lives_of(-0.3, 0.05, 9)])}
    rows, said = dfe.summarise(frames, {"generations": [3, 9]})
    found = {(row.trait, row.generation, row.quantity.partition(", ")[2].rpartition(", ")[2]): row for row in rows}
    assert found["replication_error", 3, "mean"].covers(-0.1)
    assert found["replication_error", 9, "sd among mutations"].covers(0.05)
    shares = [r for r in rows if r.quantity.startswith("share") and r.trait == "replication_error"]
    assert [row.covers(stats.norm.cdf(z)) for row, z in zip(shares, (-1, -6), strict=True)] == [True, True]
    change = next(row for row in rows if "more than generation 3" in row.quantity and row.trait == "copying_error")
    assert change.covers(-0.2)
    assert any("From generation 3 to generation 9" in text for text in said)
    assert any("lower" in text for text in said)


def test_few_mutations_or_lives_have_no_interval():
    assert not dfe.beneficial(np.ones((1, 5))).known
    assert not dfe.beneficial(np.ones((5, 1))).known
    assert dfe.beneficial(np.ones((5, 3))).value == 1
    assert np.isnan(dfe.beneficial(np.ones((0, 3))).value)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import alife

    folder = str(tmp_path_factory.mktemp("assays") / "run")
    small = {"task": "glyphs", "generations": 6, "quine": {"hidden": 12, "coordinate_units": 6}, "life": {"steps": 4}}
    small |= {"population": {"islands": 2, "size": 6}, "checkpoint": {"every": 3, "keep": 9}}
    alife.evolve(small, folder, backend="local", quiet=True)
    return folder


@pytest.mark.parametrize("name", ["epistasis", "dfe"])
def test_the_command_keeps_what_it_says(run, name, capsys):
    assert main(["assay", run, name, "--generation", "3,6", "--sample", "4", "--replicates", "3"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    summary = json.loads((Path(run) / f"assays/{name}-6.json").read_text())
    assert all(statement in printed for statement in summary["statements"])
    frames, about = read(run, name, 6)
    (table,) = frames.values()
    assert about["generations"] == [3, 6]
    assert sorted(table["generation"].unique()) == [3, 6]
    assert len(table) == 2 * 4 * 3 * (4 if name == "epistasis" else 2)
    for kind in ("png", "svg", "pdf"):
        assert (Path(run) / f"assays/{name}-6.{kind}").stat().st_size > 5_000


def test_the_double_mutant_has_both_mutations(run):
    from alife.assays.epistasis import MUTANTS, _mutants
    from alife.evolution.reproduction import trait
    from populations.studies.assay_runner import thaw

    habitat, groups = thaw(run, [3], 4)
    newborns = groups[3]
    noise = trait(habitat.config, newborns, "mutation")
    none, b, a, both = (
        dict(zip(MUTANTS, _mutants(habitat, newborns, noise), strict=True))[key] for key in sorted(MUTANTS)
    )
    assert np.array_equal(none.numpy(), newborns.messages)
    np.testing.assert_allclose((both - none).numpy(), ((a - none) + (b - none)).numpy(), atol=1e-6)
    size = ((a - none).square().mean(1).sqrt() / none.square().mean(1).sqrt()).numpy()
    assert size == pytest.approx(noise, rel=0.3)
    assert not np.allclose(a.numpy(), b.numpy())


def test_founders_without_birth_noise_have_no_effects(run, capsys):
    assert main(["assay", run, "dfe", "--generation", "0"]) == 2
    assert "dfe: nobody of generation 0 was born with birth noise" in capsys.readouterr().err
