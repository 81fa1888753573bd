"""What there is in a cluster and room for, where tasks and actors are put, and what Ray's refusals mean."""

import contextlib
import sys
from collections.abc import Collection, Iterator
from typing import Any

from alife.configuration.keys import Ray, RunConfig
from alife.errors import UserError
from alife.words import count
from populations.engine.ray import addresses


def elsewhere(needs: Ray) -> bool:
    """Whether workers may be on other machines: a cluster is named, or this process is connected to one."""
    module = sys.modules.get("ray")
    return bool(addresses.place(needs).address) or (module is not None and module.is_initialized())


def places(config: RunConfig) -> dict[str, int]:
    """Workers that each node alive has resources for, in use or not, by the node's id; nodes without are left out."""
    import ray

    needs = {"CPU": config.ray.cpus_per_host, "GPU": config.ray.gpus_per_host}
    found = {}
    for node in ray.nodes():
        if node["Alive"]:
            has = node["Resources"]
            found[node["NodeID"]] = min(
                int(has.get(name, 0) / amount + 1e-9) for name, amount in needs.items() if amount
            )
    return {node: hosts for node, hosts in found.items() if hosts}


def nodes_at(address: str) -> list[str]:
    """Ids of the nodes alive at an IP address."""
    import ray

    return [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["NodeManagerAddress"] == address]


def not_on(nodes: Collection[str]) -> dict[str, Any]:
    """Options of a task or an actor that keep it away from nodes."""
    return {"label_selector": {"ray.io/node-id": f"!in({','.join(sorted(nodes))})"}} if nodes else {}


def only_on(node: str) -> dict[str, Any]:
    """Options of a task or an actor that put it on one node."""
    return {"label_selector": {"ray.io/node-id": node}}


def room(config: RunConfig) -> int:
    """Workers that the nodes alive now have resources for, however many of them are in use; each fits on one node."""
    return sum(places(config).values())


def check_room(config: RunConfig, who: str) -> None:
    """Refuse a cluster of which no node has what `who`, a worker or a job, asks for.

    Raises:
        UserError: There is none.
    """
    if room(config) < 1:
        raise UserError(
            f"ray: no node of the cluster has the {described(config.ray)} that a {who} asks for: lower "
            "ray.cpus_per_host or ray.gpus_per_host, or add such a node"
        )


def described(needs: Ray) -> str:
    """What a worker or a job asks for, in words."""
    gpus = f" and {count(needs.gpus_per_host, 'GPU')}" if needs.gpus_per_host else ""
    return f"{count(needs.cpus_per_host, 'CPU')}{gpus}"


@contextlib.contextmanager
def explain_full_store() -> Iterator[None]:
    """Turn Ray's refusal to hold another object into one line for the user.

    Raises:
        UserError: In place of ObjectStoreFullError and OutOfDiskError, which Ray raises when waiting did not help.
    """
    from ray.exceptions import ObjectStoreFullError, OutOfDiskError

    try:
        yield
    except (ObjectStoreFullError, OutOfDiskError) as error:
        what = "disk that it spills to" if isinstance(error, OutOfDiskError) else "shared memory"
        raise UserError(
            f"Ray's object store is full, and so is its {what}: free some, or start Ray with a larger "
            "--object-store-memory or with --temp-dir on a larger disk; 'alife resume' goes on from the last commit"
        ) from error
