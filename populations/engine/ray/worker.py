"""The Ray actor around a worker: it answers pings while it starts and lives.

`populations.engine.ray.supervisor` starts one for each worker of a run. It imports nothing heavy, so that a process is
up, and can be told from one that hangs, before it loads torch. What is here goes to workers as it is, so that they need
not find it on their path.
"""

import os
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ray
from ray import cloudpickle

from alife import siblings
from alife.siblings import claim

if TYPE_CHECKING:
    from alife.configuration.keys import RunConfig
    from alife.evolution.island import Scores
    from alife.evolution.reproduction import Newborns
    from alife.world.projections import Physics
    from populations.engine.worker import Worker


class PingedWorker:
    """`Worker` on Ray. Its constructor does nothing, so that every error belongs to a call."""

    worker: "Worker"

    def start(self, root: str, given: Sequence[ray.ObjectRef]) -> dict[str, Any]:
        """Become ready to live.

        Args:
            root: The folder that holds the packages of this program on the driver's machine.
            given: Files of the user's own objects, the configuration and the physics, as references: they can be read
                once the packages are imported.

        Returns:
            "where" this is, the id of the "node" and the class of its "machine"; or "node" and, under "hidden", what
            hides the packages here.
        """
        if found := _hidden(root):
            return found
        from alife import plugins
        from populations.engine.ray.devices import device_errors
        from populations.engine.worker import Worker, machine_class

        config: RunConfig
        physics: Physics
        texts, config, physics = ray.get(list(given))
        plugins.bring(texts)
        with device_errors():
            self.worker = Worker(config, physics)
            machine = machine_class(config)
        node = ray.get_runtime_context().get_node_id()
        return {"where": f"{socket.gethostname()}:{os.getpid()}", "node": node, "machine": machine}

    def live(self, *args: Any) -> "Scores":
        """As `Worker.live`."""
        from populations.engine.ray.devices import device_errors

        with device_errors():
            return self.worker.live(*args)

    def conceive(self, *args: Any) -> "Newborns":
        """As `Worker.conceive`."""
        from populations.engine.ray.devices import device_errors

        with device_errors():
            return self.worker.conceive(*args)

    @ray.method(concurrency_group="health")
    def ping(self) -> str:
        """Says that the process runs, and on which node."""
        return str(ray.get_runtime_context().get_node_id())


_remote: Any = ray.remote
WorkerActor = _remote(max_restarts=0, max_task_retries=0, concurrency_groups={"health": 1})(PingedWorker)


def errand(root: str, job: bytes) -> tuple[dict[str, str], Any]:
    """Do a job on Ray.

    Args:
        root: As of `PingedWorker.start`.
        job: A function and its keyword arguments, pickled.

    Returns:
        What hides the packages here ("node" and "hidden"), if something does, and what the function returned.
    """
    if found := _hidden(root):
        return found, None
    from populations.engine.ray.tasks import work

    return {}, work(*cloudpickle.loads(job))


def _hidden(root: str) -> dict[str, str]:
    if hidden := claim(root):
        return {"node": ray.get_runtime_context().get_node_id(), "hidden": f"{socket.gethostname()}: {hidden}"}
    return {}


for _module in (siblings, sys.modules[__name__]):
    cloudpickle.register_pickle_by_value(_module)
