"""Which nodes of a cluster workers are placed on: a node that cannot live this run is kept clear of.

Tell a `Placing` whom to `refuse` and `keep`, and ask for the `room` and `options` that are left.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import RayError

from populations.engine.ray.cluster import not_on

REFUSED_SECONDS = 600.0
"""A node on which a worker could not start for a fault that may be mended is tried again after so long."""


class Placing:
    """Nodes that are refused, and workers that are kept only so that nobody gets their broken GPU."""

    def __init__(self) -> None:
        self._refused: dict[str, float] = {}
        self._kept: list[tuple[str, Any]] = []

    def refuse(self, node: str, seconds: float = float("inf")) -> None:
        """Place no worker there for so long."""
        self._refused[node] = time.monotonic() + seconds

    def keep(self, node: str, actor: Any) -> None:
        """Leave a worker that does nothing any more where it is."""
        self._kept.append((node, actor))

    def room(self, places: Mapping[str, int]) -> int:
        """Workers that there is room for.

        Args:
            places: Workers that each node alive has resources for, by the node's id.
        """
        refused = self.refused()
        kept = Counter(node for node, _ in self._kept)
        return sum(max(0, hosts - kept[node]) for node, hosts in places.items() if node not in refused)

    def refused(self) -> set[str]:
        """Nodes that are refused now."""
        now = time.monotonic()
        return {node for node, until in self._refused.items() if until > now}

    def options(self) -> dict[str, Any]:
        """Options of a new worker."""
        return {"scheduling_strategy": "SPREAD", **not_on(self.refused())}

    def described(self) -> str:
        """What is out of use, to be added to a message; "" if nothing is."""
        refused, kept = len(self.refused()), len(self._kept)
        words = [f"{refused} nodes are refused"] if refused else []
        words += [f"{kept} workers were given up for their GPU"] if kept else []
        return f" ({', '.join(words)})" if words else ""

    def close(self) -> None:
        """Let go of the workers that are kept."""
        for _, actor in self._kept:
            with contextlib.suppress(RayError):
                ray.kill(actor, no_restart=True)
        self._kept.clear()
