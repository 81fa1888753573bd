"""One run on Ray with many workers on few cores, and what it asks of the driver, as a line of JSON.

`python -m tests.support.many_workers OUT HOSTS key=value …` needs about 250 MB a worker.
"""

import json
import pickle
import sys
import time
from typing import Any

import ray

import alife
from populations.engine.ray import supervisor
from populations.observe import events
from populations.record.reader import read_manifest


class Measured(supervisor.RayBackend):
    """The backend, which counts what its workers report; the time that counting takes is known."""

    bytes_, reports, counting = 0, 0, 0.0

    def _hear(self, handle: supervisor.Handle, report: supervisor.Report) -> None:
        began = time.thread_time()
        Measured.reports += 1
        Measured.bytes_ += len(pickle.dumps(report, 5))
        Measured.counting += time.thread_time() - began
        super()._hear(handle, report)


def main(out: str, hosts: int, given: dict[str, Any]) -> dict[str, Any]:
    """Live a run.

    Args:
        out: The run folder.
        hosts: How many workers.
        given: The configuration, dotted.

    Returns:
        "status", "seconds" from the first start of a generation to the end, and of these CPU "microseconds" of the
        driver and "bytes" of reports for each generation of an island; "reports", "lost" workers, "hosts" in the end.
    """
    began, clock = 0.0, 0.0
    lost, hosts_then = 0, 0

    def sink(event: events.Event) -> None:
        nonlocal began, clock, lost, hosts_then
        if isinstance(event, events.Start):
            began, clock = time.monotonic(), time.process_time()
        if isinstance(event, events.Generation):
            hosts_then = event.hosts
        lost += isinstance(event, events.HostLost)

    supervisor.RayBackend = Measured  # type: ignore[misc]
    ray.init(address="local", num_cpus=hosts, include_dashboard=False, log_to_driver=False, logging_level="error")
    asked = {"ray.hosts": hosts, "ray.hang_timeout": 600, **given}
    status = alife.evolve(asked, out, backend="ray", sinks=[sink])
    seconds, used = time.monotonic() - began, time.process_time() - clock - Measured.counting
    ray.shutdown()
    manifest = read_manifest(out)
    count = asked["population.islands"] * (manifest["generation"] + 1)
    return {
        "status": status,
        "seconds": seconds,
        "microseconds": 1e6 * used / count,
        "bytes": Measured.bytes_ / count,
        "reports": Measured.reports,
        "lost": lost,
        "hosts": hosts_then,
        "files": sum(map(len, manifest["parts"].values())),
    }


if __name__ == "__main__":
    pairs = (word.split("=", 1) for word in sys.argv[3:])
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), {key: json.loads(value) for key, value in pairs})))
