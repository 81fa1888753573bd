"""The Ray actor around a host: it answers pings while it starts and lives.

A room of its own, and one that imports nothing heavy, so that a process is up, and can be told from one that hangs,
before it loads torch.
"""

import os
import socket
from typing import TYPE_CHECKING, Any

import ray

if TYPE_CHECKING:
    from alife.config import RunConfig
    from alife.island import Scores
    from alife.physics import Physics
    from alife.reproduction import Newborns
    from populations.host import Host


class PingedHost:
    """`Host` on Ray. Its constructor does nothing, so that every error belongs to a call."""

    host: "Host"

    def start(self, config: "RunConfig", physics: "Physics") -> dict[str, Any]:
        """Become ready to live; says where this is, and the class of its machine."""
        from populations.devices import device_errors
        from populations.host import Host, machine_class

        with device_errors():
            self.host = Host(config, physics)
            machine = machine_class(config)
        node = ray.get_runtime_context().get_node_id()
        return {"where": f"{socket.gethostname()}:{os.getpid()}", "node": node, "machine": machine}

    def live(self, *args: Any) -> "Scores":
        """As `Host.live`."""
        from populations.devices import device_errors

        with device_errors():
            return self.host.live(*args)

    def conceive(self, *args: Any) -> "Newborns":
        """As `Host.conceive`."""
        from populations.devices import device_errors

        with device_errors():
            return self.host.conceive(*args)

    @ray.method(concurrency_group="health")
    def ping(self) -> str:
        """Says that the process runs, and on which node."""
        return str(ray.get_runtime_context().get_node_id())


_remote: Any = ray.remote
HostActor = _remote(max_restarts=0, max_task_retries=0, concurrency_groups={"health": 1})(PingedHost)
