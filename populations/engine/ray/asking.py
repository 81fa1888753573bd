"""`device: auto` on a cluster: whether its nodes have GPUs that torch can use, as workers there say.

Call `device`.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import ray
from ray.exceptions import RayError

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from populations.engine.backend import Interrupted
from populations.engine.ray import cluster

ASK_SECONDS: Final = 120.0
"""Time for a GPU of the cluster to come free, and for a worker there to load torch."""

_log = logging.getLogger(__name__)


def device(config: RunConfig, stopping: Callable[[], bool], probe: Callable[[], bool] | None = None) -> str:
    """ "cuda" if a worker on a node with GPUs says that torch can use one, else "cpu". Ray is connected.

    Args:
        config: Says what a worker needs; one GPU if it says nothing of GPUs.
        stopping: Asked while waiting.
        probe: What a worker is asked.

    Raises:
        Interrupted: `stopping()` became true.
        UserError: There are GPUs, but none came free to be asked.
    """
    gpus = config.ray.gpus_per_host or 1.0
    needs = config.model_copy(update={"ray": config.ray.model_copy(update={"gpus_per_host": gpus})})
    nodes = list(cluster.places(needs))
    remote: Any = ray.remote
    ask = remote(probe or _probe())
    waiting = [ask.options(num_cpus=0, num_gpus=gpus, **cluster.only_on(node)).remote() for node in nodes]
    end = time.monotonic() + ASK_SECONDS
    try:
        while waiting and time.monotonic() < end:
            if stopping():
                raise Interrupted
            ready, waiting = ray.wait(waiting, timeout=0.25)
            if any(map(_says_yes, ready)):
                return "cuda"
    finally:
        for call in waiting:
            ray.cancel(call, force=True)
    if waiting:
        raise UserError(
            f"device: auto: the cluster has GPUs, but none came free within {ASK_SECONDS:.0f} s to be tried: say "
            "--device cuda to wait for one, or --device cpu"
        )
    if nodes:
        _log.warning("the cluster has GPUs, but torch cannot use them there: this run computes on CPUs")
    return "cpu"


def _probe() -> Callable[[], bool]:
    """A function that goes to workers as it is."""

    def has_cuda() -> bool:
        import torch

        return torch.cuda.is_available()

    return has_cuda


def _says_yes(call: Any) -> bool:
    try:
        return bool(ray.get(call))
    except RayError as error:
        _log.warning("a node with a GPU could not be asked for it: %s", str(error).strip().splitlines()[-1])
        return False
