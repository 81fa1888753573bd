"""Founders, conception, birth noise and death."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.configuration.keys import parse_config
from alife.evolution.reproduction import birth, causes_of_death, conceive, founders, identities
from alife.organism.shape import Shape

SHAPE = Shape(hidden=30, coordinate_units=15, classes=39)
N = SHAPE.n_weights


def config(**over):
    return parse_config({"population": {"size": 5}, **over})


def test_founders_are_uniform_within_the_framework_default():
    group = founders(config(population={"size": 40}), N, island=2)
    assert group.messages.shape == (40, N)
    assert group.messages.dtype == np.float32
    assert np.abs(group.messages).max() <= 0.1
    assert group.messages.std() == pytest.approx(0.1 / 3**0.5, rel=0.01)
    assert np.array_equal(group.ids, group.ancestors)
    assert np.array_equal(birth(group, SHAPE), group.messages)


def test_founders_differ_between_islands_and_seeds_and_not_between_calls():
    one = founders(config(), N, 0).messages
    assert np.array_equal(one, founders(config(), N, 0).messages)
    assert not np.array_equal(one, founders(config(), N, 1).messages)
    assert not np.array_equal(one, founders(config(seed=1), N, 0).messages)


def children(heritable=(), mutation=0.2, generation=4):
    c = config(reproduction={"mutation": mutation, "heritable": heritable})
    parents = founders(c, N, 0)
    emitted = parents.messages * 2
    chosen = np.array([3, 3, 0, 1, 3])
    return c, parents, emitted, chosen, conceive(c, emitted, parents, chosen, generation, island=1)


def test_children_carry_what_their_parent_emitted():
    _, parents, emitted, chosen, born = children()
    assert np.array_equal(born.messages, emitted[chosen])
    assert np.array_equal(born.ancestors, parents.ids[chosen])
    assert np.array_equal(born.ids, identities(1, 4, 5))


def test_birth_noise_has_the_stated_size_and_is_each_child_s_own():
    _, _, _emitted, _chosen, born = children(mutation=0.2)
    noise = birth(born, SHAPE) - born.messages
    rms = np.sqrt((born.messages.astype(float) ** 2).mean(1))
    np.testing.assert_allclose(noise.std(1) / rms, 0.2, rtol=0.08)
    assert not np.allclose(noise[0], noise[1])
    assert np.array_equal(birth(born, SHAPE), birth(born, SHAPE))


def test_birth_noise_follows_the_individual_not_its_place():
    _, _, _, _, born = children()
    assert np.array_equal(birth(born.take(np.array([2, 0])), SHAPE), birth(born, SHAPE)[[2, 0]])


def test_traits_are_inherited_with_a_log_normal_step_only_if_heritable():
    *_, born = children(heritable=("learning_rate",))
    assert set(born.traits["task_weight"]) == {np.float32(0.1)}
    assert len(set(born.traits["learning_rate"])) == 5
    assert np.abs(np.log(born.traits["learning_rate"] / 0.005)).max() < 0.5
    assert np.array_equal(born.noise, born.traits["mutation"])


@pytest.mark.filterwarnings("error")
def test_traits_end_where_float32_does():
    c = config(reproduction={"heritable": ["task_weight", "mutation"], "trait_mutation": 10})
    parents = founders(c, N, 0)
    parents.traits["task_weight"][:] = parents.traits["mutation"][:] = 3e38
    born = conceive(c, parents.messages, parents, np.arange(5), 1, 0)
    assert all(np.isfinite(trait).all() for trait in born.traits.values())
    assert born.traits["task_weight"].max() == np.finfo(np.float32).max
    assert born.traits["task_weight"].dtype == np.float32
    assert birth(born, SHAPE).shape == born.messages.shape


@given(st.floats(0, 5, width=32), st.floats(0.0078125, 1, width=32))
@settings(max_examples=40, deadline=None)
def test_causes_of_death(norm, limit):
    causes = causes_of_death(
        np.array([norm, np.nan, norm, 0.0], np.float32), np.array([0.1, 0.1, np.nan, np.nan], np.float32), limit
    )
    assert causes[0] == ("collapsed" if norm < limit else "generation_end")
    assert causes[1] == "diverged"
    assert causes[2] == ("collapsed" if norm < limit else "diverged")
    assert causes[3] == "collapsed"
    assert set(causes) <= set(schema.CAUSES)
