"""float32 products inside loops of numba, by the BLAS that scipy brings: call `multiply` in what `share` does.

On CPUs with AVX-512 OpenBLAS has kernels for products of up to `SMALL` multiplications, which copy nothing: twice as
fast as MKL's for blocks of 16 columns, and as its best for blocks of 64.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, TypeVar

import llvmlite.ir as ir
import numpy as np
from llvmlite.ir import Constant
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from threadpoolctl import ThreadpoolController

from alife.organism.fused.loops import loop

Item = TypeVar("Item")

SGEMM: Final = np.uintp(get_cython_function_address("scipy.linalg.cython_blas", "sgemm"))
"""Where it is; handed to loops as an argument, so that they can be kept on disk."""
SMALL: Final = 1_000_000
WIDEST: Final = 64
"""Columns of a block at most: activations of a few blocks stay in the nearest cache."""
NARROWEST: Final = 16
"""And at least: as many floats as fill a vector."""


def width(hidden: int) -> int:
    """Columns of a block of activations, of networks with so many hidden units."""
    columns = WIDEST
    while columns > NARROWEST and hidden * hidden * columns > SMALL:
        columns //= 2
    return columns


def share(threads: int, do: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Do each of some items, on so many threads, each of which multiplies by itself; BLAS is then as it was.

    Args:
        threads: At most.
        do: Lets other threads go on.
        items: In any order.
    """
    with _controller().limit(limits=1):
        if threads == 1 or len(items) < 2:
            for item in items:
                do(item)
            return
        with ThreadPoolExecutor(threads, initializer=_alone) as pool:
            for _ in pool.map(do, items):
                pass


def _alone() -> None:
    """One thread of BLAS for this thread, where each has its own number of them, as with OpenMP."""
    _controller().limit(limits=1)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def _call(context: Any, where: Any, turns: Any, sizes: Any, factors: Any, a: Any, b: Any, c: Any) -> Any:
    """Call Fortran's sgemm: (turn a, turn b), (m, n, k, lda, ldb, ldc), (alpha, beta), and three addresses."""
    signature = types.void(where, turns, sizes, factors, a, b, c)

    def code(target: Any, builder: Any, _: Any, args: Any) -> Any:
        def kept(value: Any) -> Any:
            return cgutils.alloca_once_value(builder, value)

        def letter(turned: Any) -> Any:
            byte = ir.IntType(8)
            return kept(builder.select(turned, Constant(byte, ord("T")), Constant(byte, ord("N"))))

        address, turned, counts, scales, *arrays = args
        first, second = (letter(builder.extract_value(turned, i)) for i in range(2))
        m, n, k, lda, ldb, ldc = (
            kept(builder.trunc(builder.extract_value(counts, i), ir.IntType(32))) for i in range(6)
        )
        alpha, beta = (kept(builder.extract_value(scales, i)) for i in range(2))
        there = [builder.inttoptr(array, ir.PointerType(ir.FloatType())) for array in arrays]
        handed = [first, second, m, n, k, alpha, there[0], lda, there[1], ldb, beta, there[2], ldc]
        kind = ir.FunctionType(ir.VoidType(), [each.type for each in handed])
        builder.call(builder.inttoptr(address, ir.PointerType(kind)), handed)
        return target.get_dummy_value()

    return signature, code


_sgemm: Any = intrinsic(_call)


@loop
def multiply(where: Any, c: Any, a: Any, turn_a: bool, b: Any, turn_b: bool, alpha: Any, beta: Any) -> None:
    """c = alpha·a·b + beta·c, of matrices whose rows lie in one piece; a and b transposed where they are to turn."""
    (m, n), k = c.shape, a.shape[0] if turn_a else a.shape[1]
    # Fortran sees each of them transposed
    sizes = np.int64(n), np.int64(m), np.int64(k), b.strides[0] // 4, a.strides[0] // 4, c.strides[0] // 4
    _sgemm(where, (turn_b, turn_a), sizes, (alpha, beta), b.ctypes.data, a.ctypes.data, c.ctypes.data)
