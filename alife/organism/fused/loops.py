"""How loops are compiled: put `loop`, or `summing`, above a function of arrays and numbers.

Numba keeps what it has compiled beside the source, or in a folder of the user's; where there is neither, each process
compiles anew. It minds the file of a function alone, and loops are made of functions of several files: what is kept
here goes by all of them.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit
from numba.core.caching import FunctionCache

from alife.organism import optimizers
from alife.organism.kernel import activation, gradient

Loop = TypeVar("Loop", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy", "nogil": True}


def loop(function: Loop) -> Loop:
    """Compiled, its sums and products in the order in which they stand."""
    return _compiled(function, _OPTIONS)


def summing(function: Loop) -> Loop:
    """Compiled, its sums in the order that this processor's vectors allow."""
    return _compiled(function, {**_OPTIONS, "fastmath": {"reassoc"}})


class _Cache(FunctionCache):
    """What is compiled of one function, under the text of everything that it may be made of."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return *super()._index_key(sig, codegen), sources()


def _compiled(function: Loop, options: dict[str, Any]) -> Loop:
    compiled: Any = njit(**options)(function)
    with suppress(RuntimeError):  # there is no folder to keep it in
        compiled._cache = _Cache(function)
    made: Loop = compiled
    return made


@cache
def sources() -> str:
    """SHA-256 of the source of all loops."""
    others = (Path(str(module.__file__)) for module in (optimizers, activation, gradient))
    files = sorted([*Path(__file__).parent.glob("*.py"), *others])
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
