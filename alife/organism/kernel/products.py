"""Matrix products of float32 networks, by the faster of the two libraries that torch brings.

Call `product` once for each pair of operands and what it returns at each step; `computing` sets the threads. On CPUs
torch multiplies float32 matrices with MKL, which keeps to half-width vectors on CPUs that Intel did not make. oneDNN
does not, but torch calls it for float32 only with leave to round to bfloat16. oneDNN takes that leave on CPUs with AMX
alone: elsewhere it is as exact as MKL, which is checked, and up to twice as fast once a product is large enough.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

Call = Callable[[], Any]

LARGE = 1 << 19
"""Multiplications from which oneDNN's dozen microseconds a call are worth it; for vectors they never are."""


def product(out: Tensor, a: Tensor, b: Tensor, factor: float = 1.0, *, add: bool = False) -> Call:
    """The call that sets `out` to factor · a @ b, or adds that to it.

    Args:
        out: [c, m, n], contiguous or with its last two dimensions swapped in memory.
        a: [c, m, k].
        b: [c, k, n].
        factor: Not 1 costs a little.
        add: Whether to keep what is in `out`.
    """
    if out.stride(2) != 1:
        out, a, b = out.mT, b.mT, a.mT
    if add or factor != 1:
        call: Call = partial(out.baddbmm_, a, b, beta=int(add), alpha=factor)
    else:
        call = partial(torch.bmm, a, b, out=out)
    size = out.numel() * a.shape[2] if min(out.shape[1:]) > 1 else 0
    quick = out.device.type == "cpu" and out.dtype == torch.float32 and size >= LARGE and onednn_is_exact()
    return partial(by_onednn, call) if quick else call


@cache
def onednn_is_exact() -> bool:
    """Whether this CPU's oneDNN computes float32 products in float32 though it has leave to round."""
    a = torch.linspace(-1, 1, 2 * 128 * 128).sin().view(2, 128, 128)
    got = torch.empty_like(a)
    by_onednn(partial(torch.bmm, a, a.mT, out=got))
    exact = torch.bmm(a.double(), a.double().mT)
    return bool((got - exact).abs().max() < 1e-5 * exact.abs().max())


def by_onednn(call: Call) -> None:
    """Make a call whose float32 products oneDNN computes, by leave that `onednn_is_exact` knows not to be taken."""
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        call()
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def computing(threads: int) -> Iterator[None]:
    """torch with so many threads and float32 products in float32; afterwards as the process had it, however it ends."""
    before, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    try:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision("highest")
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_float32_matmul_precision(precision)
