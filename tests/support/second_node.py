"""A second node for the session's Ray: `pytest_plugins = ("tests.support.second_node",)`, and the fixture
`second_node`."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def second_node(ray_8: None) -> Iterator[str]:
    """Its id. It has 8 logical CPUs, as the first one, and 2 GPUs that do not exist."""
    import ray
    from ray._private.node import Node
    from ray._private.parameter import RayParams

    before = _alive()
    parameters = RayParams(
        gcs_address=ray.get_runtime_context().gcs_address,
        node_ip_address="127.0.0.1",
        num_cpus=8,
        num_gpus=2,
        object_store_memory=80_000_000,
        min_worker_port=0,
        max_worker_port=0,
        node_manager_port=0,
        include_log_monitor=False,
    )
    node = Node(parameters, head=False, shutdown_at_exit=True, spawn_reaper=False)
    try:
        yield _joined(before)
    finally:
        node.kill_all_processes(check_alive=False, allow_graceful=True, wait=True)
        end = time.monotonic() + 60
        while _alive() - before and time.monotonic() < end:
            time.sleep(0.2)


def _joined(before: set[str]) -> str:
    end = time.monotonic() + 90
    while not (new := _alive() - before):
        assert time.monotonic() < end, "no second node within 90 s"
        time.sleep(0.2)
    return new.pop()


def _alive() -> set[str]:
    import ray

    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}
