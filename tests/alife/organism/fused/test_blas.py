"""Products inside loops against numpy's, and the threads of BLAS while they go on and afterwards."""

from contextlib import nullcontext
from threading import Barrier, get_ident

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import ThreadpoolController, threadpool_limits

from alife.configuration.keys import Life
from alife.organism.fused import blas
from alife.organism.fused.blas import NARROWEST, SGEMM, SMALL, WIDEST, multiply, share, width
from alife.organism.fused.life import live
from alife.organism.fused.loops import loop
from tests.alife.organism.test_lifetime import features_of, genomes_of, stream


@loop
def multiplied(sgemm, c, a, turn_a, b, turn_b, factors, sizes):
    """`multiply` of blocks of the sizes m, n, k, whose first number is at [1, 2]."""
    m, n, k = sizes
    rows, columns = (k, m) if turn_a else (m, k)
    above, beside = (n, k) if turn_b else (k, n)
    a, b = a[1 : 1 + rows, 2 : 2 + columns], b[1 : 1 + above, 2 : 2 + beside]
    multiply(sgemm, c[1 : 1 + m, 2 : 2 + n], a, turn_a, b, turn_b, factors[0], factors[1])


def within(block):
    """A larger matrix, of which it is a block at [1, 2]."""
    matrix = np.full((block.shape[0] + 3, block.shape[1] + 5), 7, np.float32)
    matrix[1:-2, 2:-3] = block
    return matrix


@given(
    sizes=st.tuples(*[st.integers(1, 70)] * 3),
    turn_a=st.booleans(),
    turn_b=st.booleans(),
    alpha=st.sampled_from([1.0, 0.0, -0.7]),
    beta=st.sampled_from([0.0, 1.0, 0.3]),
)
@settings(deadline=None, max_examples=80)
def test_products_of_blocks_are_numpy_s(sizes, turn_a, turn_b, alpha, beta):
    m, n, k = sizes
    draw = np.random.default_rng([m, n, k])
    a, b, c = (draw.normal(size=size).astype(np.float32) for size in ((m, k), (k, n), (m, n)))
    expected = within(alpha * (a.astype(np.float64) @ b) + beta * c)
    if beta == 0:
        c[:] = np.nan  # and is not looked at
    got = within(c)
    handed = within(a.T if turn_a else a), within(b.T if turn_b else b)
    first, second = (each.copy() for each in handed)
    share(
        1,
        lambda factors: multiplied(SGEMM, got, first, turn_a, second, turn_b, factors, sizes),
        [(np.float32(alpha), np.float32(beta))],
    )
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=2e-5)
    np.testing.assert_array_equal((first, second)[0], handed[0])
    np.testing.assert_array_equal((first, second)[1], handed[1])


@given(st.integers(1, 2000))
def test_blocks_are_as_wide_as_small_products_allow(hidden):
    columns = width(hidden)
    assert columns in (WIDEST, WIDEST // 2, NARROWEST)
    assert columns == NARROWEST or hidden * hidden * columns <= SMALL
    assert columns == WIDEST or hidden * hidden * 2 * columns > SMALL


def limits():
    """Threads of each BLAS in this process."""
    return {
        each["filepath"]: each["num_threads"] for each in ThreadpoolController().info() if each["user_api"] == "blas"
    }


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_item_is_done_once_where_blas_has_one_thread(threads):
    seen, done = [], []

    def do(item):
        seen.append(set(limits().values()))
        done.append(item)

    with threadpool_limits(2, user_api="blas"):
        before = limits()
        assert set(before.values()) == {2}
        share(threads, do, range(5))
        assert limits() == before
    assert sorted(done) == [*range(5)]
    assert seen == [{1}] * 5


def test_each_thread_that_multiplies_asks_for_one_of_blas(monkeypatch):
    """Where BLAS is OpenMP's, the number is the thread's that asks."""
    asked, busy, both = set(), set(), Barrier(2)

    class Controller:
        def limit(self, limits):
            asked.add((get_ident(), limits))
            return nullcontext()

    def do(_):
        busy.add(get_ident())
        both.wait(10)

    monkeypatch.setattr(blas, "_controller", Controller)
    share(2, do, range(2))
    assert len(busy) == 2
    assert asked >= {(thread, 1) for thread in busy}


@pytest.mark.parametrize("threads", [1, 2])
def test_an_item_that_raises_is_told_and_leaves_blas_its_threads(threads):
    def do(item):
        if item == 1:
            raise ArithmeticError("it overflowed")

    with threadpool_limits(2, user_api="blas"):
        before = limits()
        with pytest.raises(ArithmeticError, match="it overflowed"):
            share(threads, do, range(4))
        assert limits() == before


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("hidden", [300, 500])
def test_large_products_do_not_depend_on_the_threads_of_blas(hidden, threads):
    """OpenBLAS divides the larger ones among its threads, and adds up otherwise."""
    features = features_of(hidden=hidden, units=8, dtype=torch.float32)
    genomes = genomes_of(features, p=2)
    assert hidden * hidden * width(hidden) > SMALL
    life = Life(steps=2, coordinates=64, images=16, threads=threads)
    adults = []
    for limit in (1, 2):
        with threadpool_limits(limit, user_api="blas"):
            adults.append(live(features, genomes, life, "blank", torch.full((2,), 0.01), torch.ones(2), stream))
    assert torch.equal(*adults)
