"""The Ray actor around a worker: it answers pings while it starts, and reports while it lives.

`populations.engine.ray.supervisor` starts one for each worker of a run. It imports nothing heavy, so that a process is
up, and can be told from one that hangs, before it loads torch. What is here goes to workers as it is, so that they need
not find it on their path.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ray
from ray import cloudpickle
from ray.exceptions import RayActorError

from alife import siblings
from alife.siblings import claim

if TYPE_CHECKING:
    from alife.configuration.keys import RunConfig
    from alife.world.projections import Physics
    from populations.engine.pieces import Help
    from populations.engine.resident import Resident
    from populations.engine.tasks import Report, RunFolder, Task


class PingedWorker:
    """`populations.engine.resident.Resident` on Ray. Its constructor does nothing: every error belongs to a call."""

    resident: "Resident"

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
        from populations.engine.resident import Resident
        from populations.engine.worker import Worker, machine_class

        config: RunConfig
        physics: Physics
        texts, config, physics = ray.get(list(given))
        plugins.bring(texts)
        with device_errors():
            self.resident = Resident(Worker(config, physics), _deliver, device_errors)
            machine = machine_class(config)
        node = ray.get_runtime_context().get_node_id()
        return {"where": f"{socket.gethostname()}:{os.getpid()}", "node": node, "machine": machine}

    def begin(self, folder: "RunFolder", watched: bool) -> bool:
        """As `Resident.begin`."""
        return self.resident.begin(folder, watched)

    @ray.method(concurrency_group="tasks")
    def tell(self, tasks: "Sequence[Task | Help]") -> None:
        """As `Resident.tell`: from the driver, and from other workers."""
        self.resident.tell(tasks)

    @ray.method(concurrency_group="reports")
    def report(self, most: float, least: float) -> "Report":
        """As `Resident.report`."""
        return self.resident.report(most, least)

    @ray.method(concurrency_group="health")
    def ping(self) -> str:
        """Says that the process runs, and on which node."""
        return str(ray.get_runtime_context().get_node_id())


_remote: Any = ray.remote
_GROUPS = {"health": 1, "tasks": 1, "reports": 1}
WorkerActor = _remote(max_restarts=0, max_task_retries=0, concurrency_groups=_GROUPS)(PingedWorker)


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


def _deliver(to: Any, tasks: "Sequence[Task | Help]") -> None:
    """Tell another worker; if it is gone, it is asked again once its islands have another."""
    from populations.engine.ray.cluster import explain_full_store

    with explain_full_store(), contextlib.suppress(RayActorError):
        to.tell.remote(tasks)


def _hidden(root: str) -> dict[str, str]:
    if hidden := claim(root):
        return {"node": ray.get_runtime_context().get_node_id(), "hidden": f"{socket.gethostname()}: {hidden}"}
    return {}


for _module in (siblings, sys.modules[__name__]):
    cloudpickle.register_pickle_by_value(_module)
