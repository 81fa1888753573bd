"""How the dense network is computed between its products: `life.passes`.

Call `kernel` for what a life, emission and classification are made of.
"""

import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Final, NamedTuple

from torch import Tensor

from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE
from alife.errors import Unfit
from alife.organism.lifetime import live
from alife.organism.quine import Forward

PAYS: Final = range(32, 251)
"""Hidden units with which `auto` is fused: fewer are not worth loading numba for, and of more BLAS divides
products among threads."""


class Kernel(NamedTuple):
    """Lives, as of `alife.organism.lifetime.live`, and forward passes."""

    live: Callable[..., Tensor]
    forward: type[Forward]


def kernel(passes: str) -> Kernel:
    """The kernel of `life.passes`, "torch" or "fused"; the latter needs numba."""
    if passes != "fused":
        return Kernel(live, Forward)
    from alife.organism.fused.forward import FusedForward
    from alife.organism.fused.life import live as fused

    return Kernel(fused, FusedForward)


def chosen(config: RunConfig) -> str:
    """What `life.passes` comes to on a device that is known: on a GPU torch, whatever is asked for."""
    life = config.life
    if config.device == "cuda":
        return "torch"
    if life.passes != "auto":
        return life.passes
    able = config.device == "cpu" and config.quine.network == DENSE and life.precision == "float32"
    pays = config.quine.hidden in PAYS and life.chunk is None
    return "fused" if able and pays and _has_numba() else "torch"


def check(config: RunConfig) -> None:
    """Refuse fused passes where there are none.

    Raises:
        Unfit: numba is not installed.
    """
    if chosen(config) == "fused" and not _has_numba():
        raise Unfit(
            "life.passes: fused: numba is not installed here: pip install 'alife-quines[fast]', "
            "or use --life.passes torch"
        )


def on_record(config: RunConfig) -> dict[str, str]:
    """What decides bits beside torch: the versions of the libraries that `fused` is made of."""
    return {name: _version(name) for name in ("numba", "llvmlite", "scipy")} if chosen(config) == "fused" else {}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _has_numba() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "threadpoolctl"))
