"""How the dense network is computed between its products: `life.passes`.

Call `kernel` for what a life, emission and classification are made of, `check` for whether this machine has it.
"""

import importlib.metadata
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from torch import Tensor

from alife.configuration.keys import RunConfig
from alife.errors import Unfit
from alife.organism.lifetime import live
from alife.organism.quine import Forward

LIBRARIES: Final = ("numba", "llvmlite", "scipy")
"""What fused loops are made of, which decides the last bits of births."""


class Kernel(NamedTuple):
    """Lives, as of `alife.organism.lifetime.live`, and forward passes."""

    live: Callable[..., Tensor]
    forward: type[Forward]


def kernel(passes: str) -> Kernel:
    """The kernel of `life.passes`; "fused" needs numba."""
    if passes == "torch":
        return Kernel(live, Forward)
    from alife.organism.fused.forward import FusedForward
    from alife.organism.fused.life import live as fused

    return Kernel(fused, FusedForward)


def check(config: RunConfig) -> None:
    """Refuse fused loops where there are none.

    Raises:
        Unfit: The run lives on a GPU, or numba cannot be used.
    """
    if config.life.passes == "torch":
        return
    if config.device == "cuda":
        raise Unfit("life.passes: fused: is of CPUs: use --life.passes torch, or --device cpu")
    if not can_fuse():
        raise Unfit(
            "life.passes: fused: this machine has no numba that works: pip install 'alife-quines[fast]' there, or use "
            "--life.passes torch"
        )


def on_record(config: RunConfig) -> dict[str, str]:
    """The versions of `LIBRARIES` that a run's births depend on."""
    names = LIBRARIES if config.life.passes == "fused" else ()
    return {name: importlib.metadata.version(name) for name in names}


@cache
def can_fuse() -> bool:
    """Whether numba is installed, and with it what it needs."""
    try:
        import numba  # noqa: F401
        import threadpoolctl  # noqa: F401
    except ImportError:
        return False
    return True
