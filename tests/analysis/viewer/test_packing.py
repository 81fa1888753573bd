"""Columns as text, and the order of rows in which descendants stand together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.lineage.phylogeny import NOBODY, of_run
from analysis.viewer.order import PLACES, ladder
from analysis.viewer.packing import STEPS, pack, quantise, unpack
from analysis.viewer.record import record
from tests.support.bred import breed
from tests.support.synthetic import EDGES, synthetic_run


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=40), st.booleans())
def test_a_column_comes_back(values: list[int], is_delta: bool) -> None:
    packed = pack(np.array(values, np.int64), is_delta)
    assert unpack(packed).tolist() == values
    assert packed.size == len(values)


def test_values_come_back_within_half_a_step() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    values[::7] = [np.nan, np.inf, -np.inf] * 47 + [np.nan, np.inf]
    codes, low, high = quantise(values)
    back = low + (codes - 1.0) / STEPS * (high - low)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(codes > 0, finite)
    np.testing.assert_allclose(back[finite], values[finite], atol=(high - low) / STEPS * 0.51)


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [3.0, 3.0]])
def test_one_value_or_none_is_no_scale(values: list[float]) -> None:
    codes, low, high = quantise(np.array(values, np.float64))
    assert codes.tolist() == [int(np.isfinite(value)) for value in values]
    assert low <= high


@pytest.mark.parametrize("name", [*EDGES, "many islands"])
def test_descendants_stand_together(name: str) -> None:
    tree = of_run(synthetic_run(**EDGES.get(name, {"generations": 20, "islands": 12, "size": 5})))
    order = ladder(tree)
    assert sorted(order.rows) == list(range(len(tree)))
    rank = np.argsort(order.rows)
    for number, layer in enumerate(tree.layers):
        rows = order.rows[layer]
        assert set(rows) == set(range(layer.start, layer.stop)), "generations keep their rows"
        assert (np.diff(order.place[layer]) >= 0).all()
        assert (np.diff(order.parent[layer]) >= 0).all(), "children are in the order of their parents"
        if number:
            above = tree.layers[number - 1].start
            assert (rank[tree.parent[rows]] - above == order.parent[layer]).all()
        else:
            assert (tree.parent[rows] == NOBODY).all()
    assert order.place.min() >= 0
    assert order.place.max() <= PLACES


def test_what_is_packed_is_the_record() -> None:
    run = synthetic_run(12, 3, 8, seed=5)
    packed, tree = record(run), of_run(run)
    order = ladder(tree)
    births = tree.births.iloc[order.rows]
    generation = np.repeat(np.arange(12), unpack(packed.blocks["counts"]))
    ids = unpack(packed.blocks["born"]) << 40 | generation << 20 | unpack(packed.blocks["slot"])
    assert ids.tolist() == births["id"].tolist()
    assert unpack(packed.blocks["island"]).tolist() == births["island"].tolist()
    trait = next(each for each in packed.head["traits"] if each["name"] == "accuracy")
    codes = unpack(packed.blocks["accuracy"])
    back = trait["low"] + (codes - 1) / STEPS * (trait["high"] - trait["low"])
    np.testing.assert_allclose(back, births["accuracy"], atol=1e-4)


def test_two_parents_and_ages_are_packed() -> None:
    run = breed(6, 2, 10, survivors=2, crossover=0.5)
    packed, tree = record(run), of_run(run)
    assert unpack(packed.blocks["age"]).max() > 0
    order = ladder(tree)
    rank = np.argsort(order.rows)
    second = unpack(packed.blocks["second"])
    for place, row in enumerate(order.rows):
        if tree.second[row] == NOBODY:
            assert second[place] == 0
        else:
            before = tree.starts[np.searchsorted(tree.starts, row, side="right") - 2]
            assert rank[tree.second[row]] - before + 1 == second[place]
