"""The workers of a run on a cluster: started where there is room, let go, and replaced.

`populations.engine.ray.supervisor` makes one `WorkerPool`, lets it `look`, `grow` and `check` again and again, and
tells it whom to let go and which nodes to refuse. What the workers do is not decided here.
"""

import contextlib
import time

import ray
from ray.exceptions import RayError

from alife import plugins, siblings
from alife.configuration.keys import RunConfig
from alife.configuration.together import useful
from alife.errors import UserError
from alife.world.projections import Physics
from populations.engine.ray import cluster
from populations.engine.ray import head as cluster_head
from populations.engine.ray.failures import Handle
from populations.engine.ray.placing import Placing
from populations.engine.ray.worker import WorkerActor

STARVED_SECONDS = 300.0
"""Without any worker that is up for so long, the run stops."""


class WorkerPool:
    """The workers that there are.

    Args:
        config: Resolved; how many workers, and what each needs.
        physics: What each is sent; put into the object store once.

    Attributes:
        handles: Of those that are up or starting.
        pause: Seconds until the next may be started.
        lived: Whether any has been given an island yet.

    Raises:
        UserError: There is no room for one on any node.
    """

    def __init__(self, config: RunConfig, physics: Physics):
        self._ray, self._useful = config.ray, useful(config)
        self.handles: list[Handle] = []
        self.pause, self.lived = 0.0, False
        self._placing = Placing()
        self._refusal: Exception | None = None
        self._numbered, self._starved = 0, 0.0
        self._head = cluster_head.Head(config)
        try:
            cluster.check_room(config, "worker")
            with cluster.explain_full_store():
                self._sent = [ray.put(each) for each in (plugins.carried(), config, physics)]
            self.grow()
        except BaseException:
            self.close()
            raise

    def look(self, seconds: float) -> None:
        """See that the cluster's head still answers, `seconds` after the last look.

        Raises:
            UserError: It has been silent for too long.
        """
        self._head.look(seconds)
        if self._head.gone:
            raise UserError(
                f"the head of the Ray cluster has not answered for {cluster_head.HEAD_SECONDS:.0f} s: start a new "
                "cluster, then 'alife resume' goes on from the last commit"
            )

    def grow(self, seconds: float = 0.0) -> None:
        """Start workers for the room there is now: what has gone is replaced, and a node that has joined is used."""
        self.pause -= seconds
        if self._head.quiet or self.pause > 0:
            return
        wanted = self._useful if self._ray.hosts == "auto" else self._ray.hosts
        for _ in range(min(wanted - len(self.handles), self.room() - len(self._placed()))):
            self._numbered += 1
            actor = WorkerActor.options(
                num_cpus=self._ray.cpus_per_host, num_gpus=self._ray.gpus_per_host, **self._placing.options()
            ).remote()
            start = actor.start.remote(siblings.ROOT, self._sent)
            name, now = f"worker {self._numbered}", time.monotonic()
            self.handles.append(Handle(name, actor, start, now, self._numbered))

    def check(self, seconds: float) -> None:
        """Raise when for long there has been no worker that is up, or at once when no node has ever been of use."""
        if self._refusal and not self.lived and not self.handles and not self.room():
            raise self._refusal
        self._starved = 0.0 if any(handle.phase != "start" for handle in self.handles) else self._starved + seconds
        if self._starved > STARVED_SECONDS:
            raise UserError(
                f"no worker has been up for {STARVED_SECONDS:.0f} s: the nodes alive have room for {self.room()}"
                f"{self._placing.described()}, if others do not use them; 'alife resume' goes on from the last commit "
                "when there is some"
            )

    def room(self) -> int:
        """Workers that there is room for on nodes that are not refused."""
        return self._placing.room(self._head.places)

    def stranded(self) -> list[Handle]:
        """Workers that start though there is no room for them any more: Ray lets them wait for a node that is gone."""
        starting = [handle for handle in self.handles if handle.phase == "start"]
        return starting[: max(0, len(self._placed()) - self.room())]

    def let_go(self, handle: Handle, keep: bool = False) -> None:
        """End a worker; or `keep` its process where it is, doing nothing, so that no other gets its GPU."""
        self.handles.remove(handle)
        handle.phase = "gone"
        if keep:
            self._placing.keep(handle.node, handle.actor)
        else:
            _kill(handle)

    def refuse(self, node: str, error: Exception, seconds: float = float("inf")) -> None:
        """Place no worker on a node, and raise `error` if no node will do; those that start there are to go too."""
        self._placing.refuse(node, seconds)
        self._refusal = self._refusal or error
        self.pause = 0.0
        for other in [each for each in self.handles if each.node == node and each.phase == "start"]:
            self.let_go(other)

    def close(self) -> None:
        """Let all workers go."""
        self._head.close()
        for handle in self.handles:
            _kill(handle)
        self.handles = []
        self._placing.close()

    def _placed(self) -> list[Handle]:
        """Workers that take up `room`: those that may be, or come to be, on a node that is not refused."""
        refused = self._placing.refused()
        return [handle for handle in self.handles if handle.node not in refused]


def _kill(handle: Handle) -> None:
    with contextlib.suppress(RayError):
        ray.kill(handle.actor, no_restart=True)
