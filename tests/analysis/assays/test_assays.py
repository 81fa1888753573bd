"""Assays of stored genomes: planted truths come back, sisters share their lives, and the command keeps what it says."""

import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alife import assays
from alife.assays.lives import Use, grow, of_each, sample
from alife.assays.mutation import dimension, effects, retention, slope
from alife.cli.main import main
from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat
from alife.evolution.reproduction import birth, conceive
from alife.organism.measures import relative_error
from alife.traits import MAIN
from analysis.assays import components, correlations, fertility, garden, mutation, read, within_life
from analysis.report.of_assay import publish
from populations import evolve
from populations.engine.prepare import prepare
from populations.studies.assay_runner import store


@pytest.fixture
def place(small):
    """A habitat, and newborns of generation 1 with birth noise."""
    config, physics = prepare(parse_config(small))
    habitat = Habitat(config, physics)
    founders = reproduction.founders(config, physics.shape.n_weights, 0)
    return habitat, conceive(config, founders.messages, founders, np.arange(len(founders)), 1, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory, idx_folder):
    """A finished run of six generations."""
    out = str(tmp_path_factory.mktemp("assays") / "run")
    config = {
        "task": str(idx_folder),
        "generations": 6,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 6, "coordinates": 32, "images": 16},
        "population": {"islands": 3, "size": 6},
        "checkpoint": {"every": 2},
    }
    evolve(config, out, backend="local")
    return out


# Planted truths


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float64, (4, 4), elements=st.floats(-3, 3, width=32)), st.floats(0.001, 0.5))
def test_probes_recover_the_trace_and_the_singular_values_of_a_linear_map(matrix, epsilon):
    signs = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=4)), dtype=torch.float64)
    points = torch.linspace(1, 2, signs.numel(), dtype=torch.float64).view(signs.shape)
    traces, gains = slope(lambda x: x @ torch.from_numpy(matrix).T + 1, points, signs, epsilon)
    assert traces.mean().item() == pytest.approx(np.trace(matrix), abs=1e-6)
    assert gains.mean().item() == pytest.approx((matrix**2).sum() / 4, abs=1e-6)


def planted(genome, replicate, residual, size=(600, 30), seed=0):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(0, genome**0.5, (size[0], 1)), rng.normal(0, replicate**0.5, (1, size[1]))
    return one + other + rng.normal(0, residual**0.5, size)


def test_variance_components_are_those_that_were_planted():
    found = components.components(planted(2.0, 5.0, 3.0))
    assert found.genome == pytest.approx(2.0, rel=0.15)
    assert found.residual == pytest.approx(3.0, rel=0.05)
    assert found.replicate == pytest.approx(5.0, rel=0.6)
    assert found.heritability == pytest.approx(0.4, abs=0.05)


def test_what_divides_islands_is_left_out_within_them():
    islands = np.repeat([0, 1, 2], 60)
    scores = planted(1.0, 0.5, 1.0, (180, 30)) + 10.0 * islands[:, None]
    assert components.heritability(scores).value > 0.9
    within = components.heritability(scores, islands)
    assert within.value == pytest.approx(0.5, abs=0.1)
    assert within.covers(0.5)


def test_a_negative_estimate_stays_negative():
    scores = np.array([[1.0, -1.0], [-1.0, 1.0], [2.0, -2.0], [-2.0, 2.0]])
    found = components.components(scores)
    assert found.genome == -found.residual / 2 < 0
    assert components.heritability(scores).value < 0
    assert components.deviation(scores).value == 0


def test_genomes_that_diverged_are_left_out():
    scores = planted(1.0, 0.0, 1.0, (50, 4))
    spoilt = np.vstack([scores, [[np.nan, 0, 0, 0], [np.inf, 0, 0, 0]]])
    assert components.heritability(spoilt) == components.heritability(scores)


def planted_pair(correlation, luck, size=(300, 12), seed=0):
    """Two traits whose genomes correlate; what a life does to both of one genome correlates by `luck`."""
    rng = np.random.default_rng(seed)
    genome = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size[0])
    chance = rng.multivariate_normal([0, 0], [[1, luck], [luck, 1]], size)
    return genome[:, :1] + chance[..., 0], genome[:, 1:] + chance[..., 1]


@pytest.mark.parametrize(("truth", "luck"), [(-0.7, 0.9), (0.0, -0.9), (0.5, 0.0)])
def test_the_genetic_correlation_is_that_of_genomes_and_not_of_lives(truth, luck):
    x, y = planted_pair(truth, luck)
    found = correlations.joint(x, 1000 * y)
    assert found.correlation == pytest.approx(truth, abs=0.1)
    assert found.coheritability == pytest.approx(truth / 2, abs=0.06)
    assert correlations.correlation(x, y).covers(truth)


def test_a_genetic_correlation_within_islands_leaves_out_what_divides_them():
    x, y = planted_pair(-0.6, 0.0)
    islands = np.arange(len(x)) % 2
    shifted = [trait + 5.0 * islands[:, None] for trait in (x, y)]
    assert correlations.joint(*shifted).correlation > 0.5
    assert correlations.joint(*shifted, islands).correlation == pytest.approx(-0.6, abs=0.1)


def test_there_is_no_genetic_correlation_where_genomes_do_not_differ():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 40, 5))
    y -= y.mean(axis=1, keepdims=True)
    found = correlations.joint(x, y)
    assert np.isnan(found.correlation)
    assert np.isfinite(found.coheritability)


def test_an_undefined_genetic_correlation_has_no_interval():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 40, 5))
    y -= y.mean(axis=1, keepdims=True)
    found = correlations.correlation(x, y)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert np.isfinite(correlations.correlation(*planted_pair(0.3, 0.0)).low)


def weighed(gain, cost, genomes=20, seed=2, weights=((0.0, 0), (0.1, 0), (1.0, 1), (10.0, 2))):
    """Lives under four task weights: accuracy rises and −log₁₀ ρ falls by so much a decade of weight, and the step from
    no weight is free.
    """
    rng = np.random.default_rng(seed)
    tables = []
    for generation in (0, 9):
        for weight, decades in weights:
            fidelity = 2 - cost * decades + rng.normal(0, 0.01, genomes)
            accuracy = 0.1 * (weight == 0) + (weight > 0) * (0.5 + gain * decades) + rng.normal(0, 0.001, genomes)
            keys = {
                "generation": generation,
                "id": np.arange(genomes),
                "replicate": 0,
                "task_weight": np.float32(weight),
            }
            scores = {"accuracy": accuracy, "replication_error": 10**-fidelity, "copying_error": 10**-fidelity}
            tables.append(pd.DataFrame({**keys, **scores}))
    return {"weights": pd.concat(tables, ignore_index=True)}


@pytest.mark.parametrize(("cost", "verb"), [(0.1, "trade"), (0.0, "are not shown to trade"), (-0.1, "are not shown")])
def test_within_a_life_planted_costs_come_back(cost, verb):
    rows, statements = within_life.summarise(weighed(0.03, cost), {})
    found = {(row.quantity, row.generation): row for row in rows}
    assert found["selection accuracy: more at task weight 10 than at 0.1", 9].covers(0.06)
    assert found["replication fidelity, −log₁₀ ρ: more at task weight 10 than at 0.1", 9].covers(-2 * cost)
    if cost:
        assert found[within_life.RATE, 9].value == pytest.approx(0.03 / cost, rel=0.2)
    assert found[within_life.FREE, 0].value == pytest.approx(0.4, abs=0.01)
    assert f"Within a life genomes of generation 9 {verb}" in statements[1]
    assert statements[0].startswith("Within a life founders")


def test_one_task_weight_bears_no_verdict_within_a_life():
    rows, statements = within_life.summarise(weighed(0.03, 0.1, weights=((0.0, 0), (1.0, 1))), {})
    assert statements[1].startswith("Within a life genomes of generation 9 lived under task weight 1 alone: whether")
    assert "needs two weights above 0. The step from no task to 1 adds accuracy 0.4" in statements[1]
    assert not [row for row in rows if "more at" in row.quantity or row.quantity == within_life.RATE]
    assert [row for row in rows if row.quantity == within_life.FREE]


def lines(errors, ratios):
    count, length = np.shape(errors)
    table = {"founder_error": errors, "norm_ratio": ratios}
    keys = {
        "id": np.repeat(np.arange(count), length),
        "replicate": 0,
        "descent": np.tile(np.arange(1, length + 1), count),
    }
    return pd.DataFrame({**keys, **{name: np.ravel(values) for name, values in table.items()}})


def test_depth_ends_at_the_first_break():
    errors = [[0.1, 0.2, 0.3], [0.1, 0.6, 0.1], [0.7, 0.1, 0.1], [0.1, np.nan, np.nan], [0.1, 0.1, 0.1]]
    ratios = [[1.0, 1.0, 1.9], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, np.nan, np.nan], [1.0, 0.6, 0.4]]
    assert fertility.depths(lines(errors, ratios)).tolist() == [3, 1, 0, 1, 2]


def lived(gain, seed=1, genomes=30, lives=5, spread=1.0):
    """A garden in which generation 9 is better than generation 3 by `gain`."""
    rng = np.random.default_rng(seed)
    tables = []
    for generation in (0, 3, 9):
        better = gain * (generation == 9)
        scores = {
            "accuracy": 0.6 + 0.01 * (rng.normal(better, spread, (genomes, 1)) + rng.normal(0, 1, (genomes, lives))),
            "replication_error": 10 ** (-2 - 0.1 * (better + rng.normal(0, 1, (genomes, lives)))),
            "copying_error": 10 ** (-3 - 0.1 * (better + rng.normal(0, 1, (genomes, lives)))),
        }
        ids = np.repeat(np.arange(genomes) + (generation << 20), lives)
        keys = {"generation": generation, "id": ids, "island": ids % 3, "replicate": np.tile(np.arange(lives), genomes)}
        tables.append(pd.DataFrame({**keys, **{name: values.ravel() for name, values in scores.items()}}))
    return {"lives": pd.concat(tables, ignore_index=True)}


@pytest.mark.parametrize(("gain", "verb"), [(3, "beats"), (-3, "is beaten by"), (0, "cannot be told from")])
def test_a_garden_says_who_beats_whom(gain, verb):
    rows, statements = garden.summarise(lived(gain), {"scheme": "tournament"})
    text = " ".join(statements)
    if gain:
        lives, islands = (5, 3) if gain > 0 else (0, 0)
        assert f", higher in {lives} of 5 lives and on {islands} of 3 islands" in text
    assert f"generation 9 {verb} generation 3 in selection accuracy" in text
    assert f"generation 9 {verb} generation 3 in replication error ρ" in text
    assert ("adaptation" in text) == (gain > 0)
    assert "nobody ever printed their genomes" in text
    found = {(row.quantity, row.generation): row for row in rows}
    difference = found["selection accuracy: more than generation 3", 9]
    assert difference.covers(0.01 * gain)
    means = [found["selection accuracy", generation].value for generation in (9, 3)]
    assert difference.value == pytest.approx(means[0] - means[1])


def test_a_control_never_adapts():
    statements = garden.summarise(lived(3), {"scheme": "shuffled"})[1]
    assert "what differs is drift, no adaptation" in " ".join(statements)


def test_a_garden_calls_an_undefined_correlation_undefined():
    frames = lived(0)
    rows, statements = garden.summarise(frames, {"scheme": "tournament"})
    assert "H² within a common life" in " ".join(statements)
    lives = frames["lives"]
    flat = lives.groupby(["generation", "id"])["accuracy"].transform("mean") - lives["accuracy"]
    rows, statements = garden.summarise({"lives": lives.assign(accuracy=0.6 + flat)}, {"scheme": "tournament"})
    [said] = [text for text in statements if "genetic correlation" in text]
    assert said.endswith("is undefined: by one of them the genomes cannot be told apart.")
    bare = [row for row in rows if row.quantity.startswith(garden.GENETIC)]
    assert np.isnan([[e.value, e.low, e.high] for e in bare]).all()


def test_a_garden_in_which_a_whole_generation_diverged_has_means_of_the_other():
    lives = lived(1)["lives"]
    gone = lives["generation"] == 9
    errors = {name: lives[name].mask(gone) for name in ("replication_error", "copying_error")}
    statements = garden.summarise({"lives": lives.assign(**errors)}, {"scheme": "tournament"})[1]
    assert any("higher in 0 of 0 lives and on 0 of 0 islands" in text for text in statements)


def test_one_life_that_diverged_leaves_its_genome_out_of_every_mean_and_is_told():
    lives = lived(1)["lives"]
    one = lives.index[(lives["generation"] == 9) & (lives["replicate"] == 0)][0]
    genome = (lives["generation"] == 9) & (lives["id"] == lives["id"][one])
    spoilt = lives.copy()
    spoilt.loc[one, ["replication_error", "copying_error"]] = np.nan
    without, _ = garden.summarise({"lives": lives[~genome]}, {"scheme": "tournament"})
    rows, statements = garden.summarise({"lives": spoilt}, {"scheme": "tournament"})
    assert [row.value for row in rows] == pytest.approx([row.value for row in without], nan_ok=True)
    for trait in MAIN:
        found = [garden._where(table, trait, 9, 3) for table in (spoilt, lives[~genome])]
        assert found[0] == found[1]
        assert np.array_equal(garden.of_lives(spoilt, trait, 9), garden.of_lives(lives[~genome], trait, 9))
    assert statements[-1].startswith(f"1 of {len(lives)} lives diverged: a genome that")
    assert not any("diverged:" in text for text in garden.summarise({"lives": lives}, {"scheme": "tournament"})[1])


def test_a_genome_that_diverged_under_a_task_weight_has_no_mean_there():
    rows = [
        {"id": i, "replicate": k, "generation": 4, "island": 0, "task_weight": w, "accuracy": 0.5 + w / 10}
        for i, k, w in itertools.product(range(3), range(2), (0.1, 1.0))
    ]
    lives = pd.DataFrame(rows).assign(replication_error=0.1, copying_error=0.1)
    one = (lives["id"] == 1) & (lives["replicate"] == 0) & (lives["task_weight"] == 1)
    lives.loc[one, "replication_error"] = np.nan
    for trait in ("accuracy", "replication_error"):
        assert within_life.curves(lives, trait, 4).isna().to_numpy().tolist() == [
            [False, False],
            [False, True],
            [False, False],
        ]
    assert np.isnan(within_life.changes(lives, 4)["accuracy"]).tolist() == [False, True, False]


def test_a_sentence_truncates_and_says_so():
    frames = lived(0, spread=0.0)
    rows, statements = garden.summarise(frames, {"scheme": "tournament"})
    negative = [row for row in rows if row.quantity.startswith("H²") and row.generation and row.value < 0]
    assert negative
    assert "0, truncated from the estimate −" in " ".join(statements)


# Lives


def test_the_same_genomes_score_the_same_in_a_garden_whatever_their_generation(place):
    habitat, newborns = place
    table = pd.DataFrame(assays.garden(habitat, {1: newborns, 7: newborns})["lives"])
    one, other = (table[table.generation == g].drop(columns="generation").reset_index(drop=True) for g in (1, 7))
    pd.testing.assert_frame_equal(one, other)
    assert len(one) == 5 * len(newborns)
    scores = one.pivot(index="id", columns="replicate", values="replication_error").to_numpy()
    assert (np.ptp(scores, axis=1) > 0).all(), "lives differ"
    few = pd.DataFrame(assays.garden(habitat, {1: newborns.take(np.array([4, 2]))})["lives"])
    both = few.merge(one, on=["id", "replicate"])
    np.testing.assert_allclose(both.replication_error_x, both.replication_error_y, rtol=1e-5)


def test_a_life_under_a_weight_is_that_of_a_habitat_with_it_whatever_else_is_tried(place):
    habitat, newborns = place
    table = pd.DataFrame(assays.within_life(habitat, {1: newborns}, 2, (0.0, 0.5, 4.0))["weights"])
    assert len(table) == 2 * 3 * len(newborns)
    alone = pd.DataFrame(assays.within_life(habitat, {1: newborns}, 2, (4.0, 9.0))["weights"])
    same = [t[t.task_weight == 4].reset_index(drop=True) for t in (table, alone)]
    pd.testing.assert_frame_equal(*same)
    life = habitat.config.life.model_copy(update={"task_weight": 4.0})
    habitat.config = habitat.config.model_copy(update={"life": life})
    genomes = habitat.born(newborns)
    stream = of_each(habitat.config.seed, Use.WEIGHTS, newborns.ids.tolist(), 1)
    adults, emitted = grow(habitat, genomes, newborns, stream)
    rows = same[0][same[0].replicate == 1]
    np.testing.assert_array_equal(rows.accuracy, habitat.accuracy(adults, "select"))
    np.testing.assert_array_equal(rows.replication_error, relative_error(emitted, genomes).numpy())
    none = table[table.task_weight == 0].groupby("id").replication_error.mean()
    heavy = table[table.task_weight == 4].groupby("id").replication_error.mean()
    assert (none != heavy).all()


def test_a_run_without_a_task_has_nothing_to_weigh(small):
    config, physics = prepare(parse_config({**small, "task": "none"}))
    founders = reproduction.founders(config, physics.shape.n_weights, 0)
    with pytest.raises(UserError, match="no task weight"):
        assays.within_life(Habitat(config, physics), {0: founders})


def test_sisters_with_the_same_genome_never_differ(place):
    habitat, newborns = place
    newborns.noise[:] = 1e-30
    table = pd.DataFrame(effects(habitat, newborns, 3))
    noisy, clean = (table[table.noisy == noise].drop(columns="noisy").reset_index(drop=True) for noise in (True, False))
    pd.testing.assert_frame_equal(noisy, clean)


def test_retention_is_the_projection_of_what_differs_on_the_noise(place):
    habitat, newborns = place
    table = pd.DataFrame(retention(habitat, newborns, 2))
    stream = of_each(habitat.config.seed, Use.RETENTION, newborns.ids.tolist(), 1)
    genomes = birth(newborns, habitat.shape)
    noisy, clean = (grow(habitat, habitat.tensor(g), newborns, stream)[1].numpy() for g in (genomes, newborns.messages))
    noise, change = (genomes - newborns.messages).astype(float), (noisy - clean).astype(float)
    first = table[table.emission == 1]
    energy = (noise**2).sum(1)
    np.testing.assert_allclose(first.projection, (noise * change).sum(1) / energy, atol=1e-4)
    np.testing.assert_allclose(first["size"], (change**2).sum(1) / energy, rtol=1e-3)
    np.testing.assert_allclose(first.carried, first.projection)
    assert sorted(table.emission.unique()) == [1, 2]


def test_the_heritable_dimension_is_the_slope_of_emission(place):
    """Of pure regeneration, where emission is a smooth function, it is the trace that autograd gives."""
    habitat, newborns = place
    habitat.config = habitat.config.model_copy(update={"life": habitat.config.life.model_copy(update={"steps": 0})})
    table = pd.DataFrame(dimension(habitat, newborns.take(np.arange(2)), probes=150, epsilon=0.01))
    found = table[np.isclose(table.epsilon, 0.005)].groupby("id").trace
    genomes = habitat.born(newborns.take(np.arange(2)))
    for genome, (_, traces) in zip(genomes, found, strict=True):
        truth = jacobian(habitat, genome).trace().item()
        assert traces.mean() == pytest.approx(truth, abs=4 * float(traces.std()) / len(traces) ** 0.5)


def jacobian(habitat, genome):
    h, k = habitat.config.quine.hidden, habitat.config.quine.coordinate_units

    def emit(g):
        one, two, out = g[: h * h].view(h, h), g[h * h : 2 * h * h].view(h, h), g[2 * h * h : 2 * h * h + h]
        return torch.selu(torch.selu(habitat.features.coordinates @ one[:, :k].T) @ two.T) @ out

    return torch.autograd.functional.jacobian(emit, genome)


def test_descent_without_learning_and_noise_is_emission_of_emissions(place):
    habitat, newborns = place
    table = pd.DataFrame(assays.fertility(habitat, newborns, 3)["descent"])
    assert len(table) == 4 * 3 * len(newborns)
    founders = habitat.born(newborns)
    genomes = founders
    for k in (1, 2, 3):
        emitted = habitat.emit(genomes)
        rows = table[~table.learning & ~table.noise & (table.descent == k)]
        error = ((emitted - genomes) ** 2).sum(1) / (genomes**2).sum(1)
        np.testing.assert_allclose(rows.replication_error, error, rtol=1e-3)
        np.testing.assert_allclose(rows.norm_ratio, emitted.norm(dim=1) / founders.norm(dim=1), rtol=1e-3)
        genomes = emitted
    noisy = table[table.learning & table.noise]
    assert not np.allclose(noisy.founder_error, table[table.learning & ~table.noise].founder_error)


def test_a_run_without_learning_or_noise_has_no_treatments_with_them(small):
    config, physics = prepare(parse_config({**small, "life": {"steps": 0}, "reproduction": {"mutation": 0}}))
    founders = reproduction.founders(config, physics.shape.n_weights, 0)
    table = assays.fertility(Habitat(config, physics), founders, 2)["descent"]
    assert not table["learning"].any()
    assert not table["noise"].any()
    assert len(table["id"]) == 2 * len(founders)


def test_who_diverged_has_no_accuracy(place):
    habitat, newborns = place
    newborns.messages[2] *= np.float32(1e30)
    lives = assays.garden(habitat, {1: newborns})["lives"]
    weights = assays.within_life(habitat, {1: newborns})["weights"]
    for table in (effects(habitat, newborns, 2), lives, weights):
        gone = table["id"] == newborns.ids[2]
        assert np.isnan(table["replication_error"][gone]).all()
        assert np.isnan(table["accuracy"][gone]).all()
        assert np.isfinite(table["accuracy"][~gone]).all()


def test_samples_are_even_and_the_same(place):
    habitat, _ = place
    islands = [reproduction.founders(habitat.config, 20, island) for island in range(3)]
    taken = sample(islands, 8, seed=1)
    assert np.array_equal(taken.ids, sample(islands, 8, seed=1).ids)
    assert sorted(np.bincount(taken.ids >> 40)) == [2, 3, 3]
    assert len(np.unique(taken.ids)) == 8
    assert len(sample(islands, 1000, seed=1)) == 18


# The command


@pytest.mark.parametrize(
    ("name", "experiments", "says"),
    [
        ("garden", {"lives"}, ["In the common garden generation 6", "H² within", "founders"]),
        ("within_life", {"weights"}, ["Within a life founders", "Within a life genomes of generation 6", "no task"]),
        ("mutation", {"retention", "dimension", "effects"}, ["Birth noise", "heritable dimension", "New mutations"]),
        ("fertility", {"descent"}, ["With learning, with birth noise", "No learning, no birth noise"]),
    ],
)
def test_the_command_keeps_what_it_says(run, capsys, name, experiments, says):
    more = ["--descent", "3"] if name == "fertility" else []
    assert main(["assay", run, "--generation", "6", name, "--sample", "6", *more]) == 0
    printed = capsys.readouterr().out
    for text in says:
        assert text in printed
    assert "mutation rate" not in printed
    frames, about = read(run, name, 6)
    assert set(frames) == experiments
    assert max(about["generations"]) == 6
    with open(f"{run}/assays/{name}-6.json", encoding="utf-8") as file:
        summary = json.load(file)
    assert summary["estimates"]
    for statement in summary["statements"]:
        assert statement in re.sub(r"\s+", " ", printed)
    for estimate in summary["estimates"]:
        if None not in (estimate["low"], estimate["high"]):
            assert estimate["low"] <= estimate["high"]
    for kind in ("png", "svg", "pdf"):
        with open(f"{run}/assays/{name}-6.{kind}", "rb") as file:
            assert len(file.read()) > 5_000


def test_a_garden_compares_the_generations_that_are_named(run):
    assert main(["assay", run, "garden", "--generation", "2,5", "--sample", "3", "--no-figures"]) == 0
    frames, about = read(run, "garden", 5)
    assert about["generations"] == [2, 5]
    assert sorted(frames["lives"]["generation"].unique()) == [2, 5]
    assert frames["lives"]["generation"].dtype == np.int32


def test_results_go_wherever_a_run_may_lie():
    frames = lived(1)
    tables = {"lives": {name: frames["lives"][name].to_numpy() for name in frames["lives"]}}
    about = {"assay": "garden", "name": "r", "generations": [0, 3, 9], "replicates": 5, "seed": 0, "scheme": "drift"}
    store("memory://bucket/run", about, tables)
    result = publish("memory://bucket/run", "garden", 9)
    assert {file.rpartition(".")[2] for file in result.files} == {"parquet", "json", "png", "svg", "pdf"}
    again, stored = read("memory://bucket/run", "garden", 9)
    pd.testing.assert_frame_equal(again["lives"], frames["lives"])
    assert stored["replicates"] == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["garden", "--generation", "99"], "no checkpoint of generation 99"),
        (["garden", "--generation", "x"], "--generation x: expected numbers"),
        (["garden", "--replicates", "3"], "--replicates 3: the garden assay needs at least 5"),
        (["within_life", "--task-weights", "0.1"], "--task-weights: the within_life assay needs two or more"),
        (["within_life", "--task-weights", "1,x"], "--task-weights 1,x: expected numbers"),
        (["within_life", "--task-weights", "0,1"], "needs two or more different numbers above 0"),
        (["within_life", "--task-weights", "1,inf"], "--task-weights inf: is not allowed: from 0 to 1e+30"),
        (["within_life", "--task-weights", "1,1e31"], "--task-weights 1e+31: is not allowed"),
        (["within_life", "--task-weights=-1,1,2"], "--task-weights -1: is not allowed"),
        (["within_life", "--task-weights", "1,1.00000001,2"], "two are the same"),
        (["within_life", "--task-weights", "1e-9,0,1"], "two are the same"),
        (["within_life", "--task-weights", "1e-9,1"], "needs two or more different numbers above 0"),
        (["within_life", "--task-weights", "16777216,16777217"], "two are the same"),
        (["mutation", "--generation", "0"], "no birth noise"),
        (["mutation", "--generation", "2,3"], "--generation: the mutation assay takes one generation, not 2"),
        (["fertility", "--sample", "0"], "--sample 0"),
        (["fertility", "--descent", "0"], "--descent 0"),
        (["fertility", "--descent", "9" * 400], "99…: at most 1,000,000"),
        (["garden", "--replicates", "1000000001"], "--replicates 1000000001: at most 1,000,000"),
        (["garden", "--descent", "3"], "--descent: the garden assay has no use for it; fertility has"),
        (["fertility", "--task-weights", "1,2"], "--task-weights: the fertility assay has no use for it"),
        (["harden"], "invalid choice: 'harden'"),
    ],
)
def test_refusals_are_one_line(run, capsys, arguments, says):
    try:
        code = main(["assay", run, *arguments])
    except SystemExit as exit:
        code = exit.code
    assert code == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_what_is_no_table_of_an_assay_is_refused(run, tmp_path):
    with pytest.raises(UserError, match="no such assay"):
        read(run, "garden", 77)
    (tmp_path / "assays").mkdir()
    (tmp_path / "assays" / "garden-3.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match="not readable as a table"):
        read(str(tmp_path), "garden", 3)


def test_the_command_offers_every_assay(capsys):
    assert main(["assay", "--help"]) == 0
    assert f"{{{','.join(assays.ASSAYS)}}}" in capsys.readouterr().out


def test_results_are_read_without_torch():
    code = "import sys, analysis.assays.garden, analysis.assays.mutation, analysis.assays.fertility\n"
    code += "import analysis.assays.of_runs, analysis.studies.futures\n"
    code += "print([m for m in ('torch', 'ray', 'populations') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_noise_in_other_directions_is_what_is_left_without_its_own():
    sisters = {"id": np.arange(4), "emission": 1, "projection": [0.5, 0.5, -0.5, -0.5], "size": 1.0, "carried": 0.5}
    probes = {"id": np.tile(np.arange(4), 2), "epsilon": np.repeat([0.02, 0.01], 4), "trace": 3.0, "gain": 1.0}
    lives = {"id": np.tile(np.arange(4), 2), "noisy": np.repeat([True, False], 4)}
    pairs = pd.concat([pd.DataFrame({**lives, "replicate": r, **dict.fromkeys(MAIN, 0.5)}) for r in (0, 1)])
    frames = {"retention": pd.DataFrame(sisters), "dimension": pd.DataFrame(probes), "effects": pairs}
    rows, said = mutation.summarise(frames, {"mutation": 0.05, "generations": [9], "weights": 1000})
    assert {row.quantity: row for row in rows}[f"{mutation.OTHER}, emission 1"].value == pytest.approx(0.75)
    assert "differ by 0.750 [0.750, 0.750] of its energy in other directions" in said[0]
    assert {row.generation for row in rows} == {9}


def test_effects_are_of_noise_and_are_held_against_a_difference_of_two_lives():
    """Planted: noise lowers accuracy by 0.02 ± 0.01 among mutations; lives of one genome have an sd of 0.03."""
    rng = np.random.default_rng(0)
    genomes, lives_ = 400, 6
    base = 0.6 + rng.normal(0, 0.03, (genomes, lives_))
    effect = rng.normal(-0.02, 0.01, (genomes, 1))
    tables = []
    for noisy in (True, False):
        ids = np.repeat(np.arange(genomes), lives_)
        keys = {"id": ids, "replicate": np.tile(np.arange(lives_), genomes), "noisy": noisy}
        error = np.full(genomes * lives_, 0.01)
        accuracy = (base + noisy * (effect + rng.normal(0, 0.005, base.shape))).ravel()
        tables.append(pd.DataFrame({**keys, "accuracy": accuracy, "replication_error": error, "copying_error": error}))
    found = mutation.effects_on(pd.concat(tables), "accuracy")
    assert found["mean"].covers(-0.02)
    assert found["spread"].value == pytest.approx(0.01, rel=0.15)
    assert found["chance"].value == pytest.approx(np.std(base[:, ::2] - base[:, 1::2]), rel=0.05)
    assert found["chance"].covers(0.03 * 2**0.5)
