"""One generation of one island as a function: what it measures, and that it depends on nothing but its arguments."""

import numpy as np
import pytest

from alife import schema
from alife.configuration.keys import parse_config
from alife.configuration.together import together
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat, default_chunk
from alife.evolution.island import lifetime, lived, whole
from alife.evolution.reproduction import birth, conceive
from alife.world.task import load_task
from populations.engine.prepare import prepare


@pytest.fixture
def place(small):
    config, physics = prepare(parse_config(small))
    return config, Habitat(config, physics)


def newborns(config, habitat, generation=1):
    founders = reproduction.founders(config, habitat.shape.n_weights, 0)
    return conceive(config, founders.messages, founders, np.arange(len(founders)), generation, 0)


def test_scores_are_what_the_record_says(place):
    config, habitat = place
    group = newborns(config, habitat)
    scores, emitted = lifetime(habitat, group, 1, 0, collapse_norm=1e-6, test=True)
    genomes = birth(group, habitat.shape)
    energy = (genomes.astype(float) ** 2).sum(1)
    rho = ((emitted - genomes).astype(float) ** 2).sum(1) / energy
    copying = ((emitted - group.messages).astype(float) ** 2).sum(1) / (group.messages.astype(float) ** 2).sum(1)
    np.testing.assert_allclose(scores.columns["replication_error"], rho, rtol=1e-4)
    np.testing.assert_allclose(scores.columns["copying_error"], copying, rtol=1e-4)
    np.testing.assert_allclose(scores.columns["squared_norm"], energy, rtol=1e-5)
    assert set(scores.columns) == set(schema.SCORES)
    assert scores.living.all()
    assert scores.test_accuracy is not None
    assert set(scores.seconds) == {"birth", "life", "emission", "scoring"}


def test_the_same_arguments_give_the_same_bits_and_others_do_not(place):
    config, habitat = place
    group = newborns(config, habitat)

    def bits(generation=1, island=0):
        scores, emitted = lifetime(habitat, group, generation, island, 1e-6)
        return emitted.tobytes() + b"".join(scores.columns[name].tobytes() for name in schema.SCORES)

    assert bits() == bits()
    assert bits() != bits(generation=2)
    assert bits() != bits(island=1)


def test_answers_are_given_where_they_are_asked_for_and_change_nothing_else(place):
    config, habitat = place
    group = newborns(config, habitat)
    group.messages[1] = np.inf
    plain, emitted = lifetime(habitat, group, 1, 0, 1e-6)
    scores, again = lifetime(habitat, group, 1, 0, 1e-6, answers=True)
    assert plain.answers is None
    assert scores.answers is not None
    assert scores.answers.shape == (6, 10, 10)
    assert not scores.answers[1].any()
    right = np.diagonal(scores.answers, axis1=1, axis2=2).mean(1)  # as many images of each class
    np.testing.assert_allclose(right, scores.columns["accuracy"], atol=1e-6)
    assert emitted.tobytes() == again.tobytes()
    assert all(plain.columns[name].tobytes() == scores.columns[name].tobytes() for name in schema.SCORES)


def test_learning_improves_printing_and_classifying(small):
    def lived(steps):
        life = {"steps": steps, "coordinates": 128, "images": 64}
        config, physics = prepare(parse_config({**small, "life": life}))
        habitat = Habitat(config, physics)
        return lifetime(habitat, newborns(config, habitat), 1, 0, 1e-6)[0].columns

    before, after = lived(0), lived(150)
    assert (after["replication_error"] < before["replication_error"]).all()
    assert np.median(after["accuracy"]) > np.median(after["newborn_accuracy"]) + 0.2
    assert np.array_equal(before["accuracy"], before["newborn_accuracy"])


def test_the_zero_genome_has_collapsed_and_nan_has_diverged(place):
    config, habitat = place
    group = newborns(config, habitat)
    group.messages[0] = 0
    group.messages[1] = np.inf
    scores, _ = lifetime(habitat, group, 1, 0, collapse_norm=0.5)
    assert scores.causes[0] == "collapsed"
    assert scores.causes[1] == "diverged"
    assert scores.living[2:].all()
    assert np.isnan(scores.columns["replication_error"][1])
    assert scores.columns["accuracy"][1] == 0


def test_a_life_without_a_task_has_no_accuracy(small):
    config, physics = prepare(parse_config({**small, "task": "none"}))
    assert load_task("none") is None
    habitat = Habitat(config, physics)
    assert habitat.shape.n_weights == 2 * 12**2 + 12
    scores, _ = lifetime(habitat, newborns(config, habitat), 1, 0, 1e-6, test=True)
    assert not scores.columns["accuracy"].any()


@pytest.mark.parametrize("pairing", ["blank", "joint"])
def test_both_pairings_live(small, pairing):
    config, physics = prepare(parse_config({**small, "quine": {**small["quine"], "pairing": pairing}}))
    habitat = Habitat(config, physics)
    scores, _ = lifetime(habitat, newborns(config, habitat), 1, 0, 1e-6)
    assert scores.living.all()


def test_the_chunk_is_a_rule_of_the_configuration():
    config = parse_config({})
    assert default_chunk(config, 21_100) == 8, "three equal shares of 24"
    assert default_chunk(parse_config({"population": {"size": 2}}), 21_100) == 2


@pytest.mark.parametrize("environment", ["individual", "shared"])
@pytest.mark.parametrize("size", [24, 50, 72])
def test_parts_of_an_island_have_the_bits_of_the_whole(small, environment, size):
    life = {**small.get("life", {}), "environment": environment}
    config, physics = prepare(parse_config({**small, "life": life, "population": {"islands": 1, "size": size}}))
    habitat = Habitat(config, physics)
    group, step = newborns(config, habitat), habitat.together
    one = lived(habitat, group, 1, 0, 1e-6, True, {}, True)
    slots = [slice(first, min(first + step, size)) for first in range(0, size, step)]
    parts = [lived(habitat, group.take(s), 1, 0, 1e-6, True, {}, True, first=s.start) for s in slots]
    assert (len(parts) > 1) == (size > 24)
    together, alone = whole(config, parts), whole(config, [one])
    assert b"".join(part.emitted.tobytes() for part in parts) == one.emitted.tobytes()
    for name, column in alone.columns.items():
        assert together.columns[name].tobytes() == column.tobytes()
    assert (together.causes == alone.causes).all()
    assert together.answers.tobytes() == alone.answers.tobytes()
    assert together.test_accuracy.tobytes() == alone.test_accuracy.tobytes()
    assert together.fittest[0] == alone.fittest[0]
    assert [each.tobytes() for each in together.fittest[1:]] == [each.tobytes() for each in alone.fittest[1:]]


def test_what_takes_an_island_as_a_whole_is_not_parted(small):
    whole_island = {**small, "population": {"islands": 1, "size": 50}}
    assert together(prepare(parse_config(whole_island))[0]) < 50
    measured = {**whole_island, "measures": {"shaken": {"object": "examples/my_measure.py:robustness"}}}
    own = {**whole_island, "quine": {"network": "weightwise"}, "task": "none"}
    for each in (own, measured):
        assert together(parse_config(each)) == 50
