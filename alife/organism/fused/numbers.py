"""One number at a time: what the loops of `passes` are made of. Numba inlines these.

Sums and products are never reordered, and multiply-adds are asked for by name: vectors of any width give the same bits.
"""

from typing import Any, Final

import llvmlite.ir as ir
import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from alife.organism.kernel.activation import LN_2, SELU_ALPHA

KNEE: Final = np.float32(SELU_ALPHA / LN_2)  # κ
STEEP: Final = np.float32(1 / LN_2)  # s/UNIT
ZERO: Final = np.float32(0)
ONE: Final = np.float32(1)
LOWEST: Final = np.float32(-126)
"""Smaller powers of two than this one are taken for it."""
SHIFT: Final = np.float32(1.5 * 2**23 + 127)
"""A number to which this is added has itself, rounded, as a float's exponent in its lowest bits."""
A: Final = np.float32(6.931471880293e-01)
B: Final = np.float32(2.402265092234e-01)
C: Final = np.float32(5.550357104253e-02)
D: Final = np.float32(9.618056669892e-03)
E: Final = np.float32(1.339086735133e-03)
F: Final = np.float32(1.546144746013e-04)
"""(2^r - 1)/r for |r| ≤ ½ is A + B·r + … + F·r⁵ up to 1.3e-8 of it (Chebyshev interpolation)."""

WIDE: Final = '"prefer-vector-width"="512"'
"""Of a function: by itself LLVM keeps to half of a vector on Intel's servers, where SELU then takes a third longer."""


def _fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        set.add(builder.function.attributes, WIDE)  # `add` itself knows no attributes of this form
        return builder.fma(*args)

    return types.float32(*[types.float32] * 3), code


def _power_of(context: Any, shifted: Any) -> Any:
    """2^n, of n + SHIFT."""
    whole, real = ir.IntType(32), ir.FloatType()

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(builder.shl(builder.bitcast(args[0], whole), ir.Constant(whole, 23)), real)

    return types.float32(types.float32), code


fma: Any = intrinsic(_fma)
_power: Any = intrinsic(_power_of)


@njit(inline="always")
def factors(q: Any) -> Any:
    """(2^n, 2^r), whose product is 2^q, of q ≤ 127; n is the nearest whole number and r the rest."""
    q = LOWEST if q < LOWEST else q
    shifted = q + SHIFT
    r = q - (shifted - SHIFT)
    return _power(shifted), fma(r, fma(r, fma(r, fma(r, fma(r, fma(r, F, E), D), C), B), A), ONE)


@njit(inline="always")
def selu(q: Any) -> Any:
    """SELU(z)/UNIT of q = z/ln 2 (23): q above 0, κ(2^q - 1) elsewhere; what is not finite stays so."""
    power, rest = factors(q)
    return q if q > ZERO else fma(KNEE * power, rest, -KNEE)


@njit(inline="always")
def slope(activation: Any, factor: Any) -> Any:
    """factor · SELU'(z)/UNIT of an activation SELU(z)/UNIT (24)."""
    return factor * STEEP if activation > ZERO else fma(factor, activation, factor * KNEE)
