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
        from populations.host import Host, machine_class

        self.host = Host(config, physics)
        return {"where": f"{socket.gethostname()}:{os.getpid()}", "machine": machine_class(config)}

    def live(self, *args: Any) -> "Scores":
        """As `Host.live`."""
        return self.host.live(*args)

    def conceive(self, *args: Any) -> "Newborns":
        """As `Host.conceive`."""
        return self.host.conceive(*args)

    @ray.method(concurrency_group="health")
    def ping(self) -> None:
        """Says that the process runs."""


_remote: Any = ray.remote
HostActor = _remote(max_restarts=0, max_task_retries=0, concurrency_groups={"health": 1})(PingedHost)
