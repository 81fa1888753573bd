"""A job in a process of Ray: what it raises says whether another node should do it instead."""

from collections.abc import Callable, Mapping
from typing import Any

import ray

from alife.errors import Unfit
from populations.engine.ray.devices import DeviceError, device_errors


class Elsewhere(Exception):
    """What a job ended with on a node that will not do for it.

    Attributes:
        node: The node's id.
        why: One line.
        device: Whether it was a GPU that failed.
    """

    def __init__(self, node: str, why: str, device: bool):
        super().__init__(node, why, device)
        self.node, self.why, self.device = node, why, device


def work(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> Any:
    """Do a job, in a worker.

    Raises:
        Elsewhere: This node will not do for it.
    """
    try:
        with device_errors():
            return function(**kwargs)
    except (Unfit, DeviceError) as error:
        node = ray.get_runtime_context().get_node_id()
        device = isinstance(error, DeviceError)
        raise Elsewhere(node, error.why if isinstance(error, DeviceError) else str(error), device) from None
