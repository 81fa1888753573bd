"""Crossover: what each operator takes of which parent, who the second parent is, and what is refused of one's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alife.configuration.keys import Selection, parse_config
from alife.configuration.operators import CROSSOVERS
from alife.errors import UserError
from alife.evolution import crossover
from alife.evolution.crossover import OPERATORS
from alife.evolution.schemes import SCHEMES
from alife.evolution.selection import Choice, expected_offspring, is_recorded, select
from alife.format.summary import contributed, siblings
from alife.organism.shape import Shape
from tests.support.own import EXAMPLES

SHAPE = Shape(hidden=5, coordinate_units=2, classes=3)
BLEND = f"{EXAMPLES}/my_crossover.py:blend"
ACCURACY = np.array([0.5, 0.7, 0.7, 0.61, 0.2, 0.9, 0.7, 0.33, np.nan, 0.45], np.float32)
RHO = np.array([0.01, 0.02, 0.02, 0.004, 0.004, 0.3, 0.011, 0.05, np.nan, 0.009], np.float32)
LIVING = np.arange(10) != 8


def pair(seed: int = 0, shape: Shape = SHAPE) -> np.ndarray:
    """Two messages of which no weight is the other's."""
    return np.random.default_rng(seed).permutation(2 * shape.n_weights).reshape(2, -1).astype(np.float32)


def children(name: str, count: int, shape: Shape = SHAPE) -> np.ndarray:
    """[count, N] bool: which weights of children are the second message's."""
    operator, (message, other) = crossover.operator(name, shape), pair(shape=shape)
    crossed = [operator(message, other, np.random.default_rng(seed), "here") for seed in range(count)]
    assert all(child.dtype == np.float32 for child in crossed)
    return np.stack([child == other for child in crossed])


def test_registry_is_what_the_configuration_allows():
    assert tuple(OPERATORS) == CROSSOVERS
    for name in (*CROSSOVERS, BLEND):
        assert parse_config({"reproduction.crossover_operator": name}).reproduction.crossover_operator == name
    with pytest.raises(
        UserError, match=r"reproduction.crossover_operator: 'unit' is not allowed: did you mean units\?"
    ):
        parse_config({"reproduction.crossover_operator": "unit"})
    with pytest.raises(UserError, match=r"reproduction.crossover: 1.5 is not allowed: .*less than or equal to 1"):
        parse_config({"reproduction.crossover": 1.5})


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from(CROSSOVERS),
    hidden=st.integers(2, 7),
    classes=st.integers(0, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_weight_is_one_parent_s_or_the_other_s(name, hidden, classes, seed):
    shape = Shape(hidden, 1, classes)
    message, other = pair(seed, shape)
    before = message.copy(), other.copy()
    operator = crossover.operator(name, shape)
    child = operator(message, other, np.random.default_rng(seed), "here")
    assert ((child == message) ^ (child == other)).all()
    assert np.array_equal(child, operator(message, other, np.random.default_rng(seed), "here"))
    assert np.array_equal(message, before[0])
    assert np.array_equal(other, before[1])
    assert not np.may_share_memory(child, message)
    assert np.array_equal(operator(message, message.copy(), np.random.default_rng(seed), "here"), message)
    for matrix in shape.matrices((child == other).astype(np.float32)):
        if name == "units":
            assert np.isin(matrix.mean(axis=1), (0, 1)).all(), "a unit's weights stay together"
        if name == "matrices":
            assert matrix.mean() in (0, 1)


@pytest.mark.parametrize(("name", "independent"), [("weights", SHAPE.n_weights), ("units", 14), ("matrices", 4)])
def test_either_parent_has_an_equal_chance(name, independent):
    taken = children(name, 2000)
    assert abs(taken.mean() - 0.5) < 4 * 0.5 / (2000 * independent) ** 0.5
    assert np.abs(taken.mean(axis=0) - 0.5).max() < 0.06
    assert len(np.unique(taken, axis=0)) <= 2**independent


def test_units_of_different_matrices_are_drawn_apart():
    taken = children("units", 2000).astype(float)
    first, second = taken[:, 0], taken[:, SHAPE.hidden**2]  # unit 0 of either layer
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def choice(rules: Selection, share: float, generation: int = 0, size: int = 10) -> Choice:
    columns = {"accuracy": ACCURACY, "replication_error": RHO}
    draw = np.random.default_rng(generation)
    offered = {"answers": draw.random((len(LIVING), 3, 3)), "clades": draw.integers(0, 3, len(LIVING))}
    return select(rules, columns, LIVING, size, 3, generation, 0, None, offered, share)


@settings(max_examples=50, deadline=None)
@given(
    scheme=st.sampled_from(sorted(SCHEMES)),
    shuffled=st.booleans(),
    survivors=st.integers(0, 4),
    share=st.floats(0, 1),
    generation=st.integers(0, 50),
)
def test_a_second_parent_lives_is_another_and_moves_no_first(scheme, shuffled, survivors, share, generation):
    rules = Selection.model_validate({"scheme": scheme, "shuffled": shuffled, "survivors": survivors})
    alone, both = choice(rules, 0, generation), choice(rules, share, generation)
    assert np.array_equal(alone.parents, both.parents)
    assert np.array_equal(alone.survivors, both.survivors)
    assert not len(alone.crossed)
    assert LIVING[both.mates[both.crossed]].all()
    assert (both.mates[both.crossed] != both.parents[both.crossed]).all()
    again = choice(rules, share, generation)
    assert np.array_equal(both.mates, again.mates)


def counted(scheme: str, share: float, draws: int = 500) -> dict[str, np.ndarray]:
    """n_offspring and n_shared of each over many generations."""
    rules = Selection.model_validate({"scheme": scheme})
    found = [choice(rules, share, generation) for generation in range(draws)]
    two = np.concatenate([each for one in found for each in (one.parents[one.crossed], one.mates[one.crossed])])
    every = np.concatenate([one.parents for one in found] + [one.mates[one.crossed] for one in found])
    return {"n_offspring": np.bincount(every, minlength=10), "n_shared": np.bincount(two, minlength=10)}


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if not is_recorded(scheme)])
@pytest.mark.parametrize("share", [0.4, 1.0])
def test_what_parents_contribute_follows_the_expectation_of_the_scheme(scheme, share):
    """With half of each child of two parents; and a second parent is as often somebody as a first one is."""
    births = counted(scheme, share)
    expected = expected_offspring(Selection.model_validate({"scheme": scheme}), ACCURACY, RHO, LIVING, 5000)
    given_ = contributed(births)
    assert given_.sum() == 5000
    seen = expected > 0
    assert not given_[~seen].any()
    assert stats.chisquare(given_[seen], expected[seen]).pvalue > 1e-3
    chance = expected / 5000
    crossed = births["n_shared"].sum() / 2
    assert crossed / 5000 == pytest.approx(share * (1 - np.square(chance).sum()), abs=0.03)


def test_siblings_are_counted_by_hand():
    births = {"n_offspring": np.array([3, 2, 2]), "n_shared": np.array([0, 2, 1])}
    # alone: 3·2; two of half each: 2 · ¼; one alone and one half: 2 · ½
    np.testing.assert_allclose(siblings(births), [6, 0.5, 1])
    np.testing.assert_allclose(contributed(births), [3, 1, 1.5])


def own(folder, body: str, arguments: str = "message, other, random") -> str:
    (folder / "own.py").write_text(f"import numpy as np\n\n\ndef cross({arguments}):\n    {body}\n")
    return f"{folder}/own.py:cross"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return message[1:] + other[1:]", "of shape (69,) on trial, with made-up messages: a new message is expected"),
        ("return (message + other).astype(float)", "gave float64 of shape (70,)"),
        ("return message", "gave the message itself on trial"),
        ("return other[::-1]", "gave the other message itself on trial, with made-up messages, or a view of it"),
        ("return None", "gave a NoneType on trial"),
        ("return message * np.float32('nan')", "gave nan as weight 0 on trial"),
        ("return (message * np.random.rand()).astype('f')", "gave two messages for one child on trial"),
        ("message += other; return message", "line 5: ValueError: output array is read-only"),
        ("other += message; return other", "line 5: ValueError: output array is read-only"),
    ],
)
def test_a_wrong_operator_is_refused_on_trial(body, said, tmp_path):
    found = crossover.own_operator(own(tmp_path, body), again=True)
    assert found is not None
    with pytest.raises(UserError) as error:
        crossover.on_trial(found, SHAPE)
    assert str(error.value).startswith(f"reproduction.crossover_operator: {tmp_path}/own.py:cross: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_one_s_own_may_ask_for_the_shape(tmp_path):
    name = own(tmp_path, "assert shape.classes == 3; return (message + other) / 2", "message, other, random, shape")
    found = crossover.own_operator(name, again=True)
    assert found is not None
    crossover.on_trial(found, SHAPE)
    message, other = pair()
    child = crossover.operator(name, SHAPE)(message, other, np.random.default_rng(0), "here")
    np.testing.assert_allclose(child, (message + other) / 2)
    with pytest.raises(UserError, match=r"takes 2 arguments: a function of \(message, other, random\)"):
        crossover.own_operator(own(tmp_path, "return message", "message, other"), again=True)
