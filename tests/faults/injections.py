"""Faults of workers and nodes: each waits until its moment is seen, happens, and says what it hit.

An injection is given the scenario of a run that has been started. Whoever it waits for stands still (SIGSTOP) between
being seen and being hit, so that what is said of it is true of that moment.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from tests.faults import processes
from tests.faults.cluster import raylet
from tests.faults.driver import Ended
from tests.faults.moments import EARLY, caught, wait
from tests.faults.scenario import Hit, Scenario

Injection = Callable[[Scenario], Hit]


def host_killed(moment: str) -> Injection:
    """SIGKILL to a worker."""

    def inject(scenario: Scenario) -> Hit:
        wait(scenario, moment)
        with caught(scenario, moment) as hit:
            processes.kill(hit.process)
        return hit

    return inject


def host_hung(moment: str) -> Injection:
    """A worker that stands still and is not let go on; one that starts, once torch comes in: then it answers pings."""

    def loads(pid: int) -> bool:
        return moment != "starting" or processes.maps(pid, "libtorch")

    def inject(scenario: Scenario) -> Hit:
        wait(scenario, moment)
        with caught(scenario, moment, which=loads) as hit:
            return hit

    return inject


def receiver_killed(moment: str) -> Injection:
    """SIGKILL to a worker that stands still while its neighbours live on, until they wait for it.

    Args:
        moment: "living": it has not told them that it is here; "waiting": it may have, and newborns are sent to it.
    """

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with caught(scenario, moment) as hit:
            idle: Counter[int] = Counter()

            def waits(pid: int) -> bool:
                idle[pid] = 0 if processes.busy(pid) else idle[pid] + 1
                return pid != hit.process and idle[pid] > 20

            with scenario.host("waiting", which=waits, seconds=20) as other:
                processes.kill(hit.process)
                processes.thaw(other.process)
        return replace(hit, phase=f"{moment}, process {other.process} waiting for it")

    return inject


def hosts_killed(count: int) -> Injection:
    """SIGKILL to several workers that stand still together."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        hits: list[Hit] = []
        with ExitStack() as stack:
            for _ in range(count):
                others = {hit.process for hit in hits}
                live = scenario.host("living", "conceiving", "waiting", which=lambda pid, o=others: pid not in o)  # type: ignore[misc]
                hits.append(stack.enter_context(live))
            for hit in hits:
                processes.kill(hit.process)
        first, *more = hits
        return replace(first, phase=", ".join(hit.phase for hit in hits), others=tuple(hit.process for hit in more))

    return inject


def host_killed_twice(scenario: Scenario) -> Hit:
    """SIGKILL to a worker, and to another one that lives its islands, before anything more is on record."""
    scenario.lived(EARLY + 2)
    scenario.driver.until(lambda: scenario.committed >= EARLY)
    with scenario.host("living") as first:
        processes.kill(first.process)
    scenario.driver.until(lambda: any(event["event"] == "host_lost" for event in scenario.driver.poll()))
    with scenario.host("living", which=lambda pid: pid != first.process) as second:
        if second.committed != first.committed:
            raise Ended("something was put on record between the two")
        processes.kill(second.process)
    return replace(first, phase="living, and another living", others=(second.process,))


def node_removed(moment: str, joins: int = 0) -> Injection:
    """A node killed with all that runs on it while a worker on it is at a moment.

    Args:
        moment: Of the worker.
        joins: CPUs of a node that joins afterwards. The run's other worker stands still until one there has lived.
    """

    def inject(scenario: Scenario) -> Hit:
        wait(scenario, moment)
        node = scenario.cluster.nodes[-1][0]
        with caught(scenario, moment, node=node) as hit:
            scenario.cluster.remove(node)
        if joins:
            node_joins(joins)(scenario)
        return hit

    return inject


def node_hung(phase: str) -> Injection:
    """A node that answers nobody any more, its workers least of all."""

    def inject(scenario: Scenario) -> Hit:
        wait(scenario, phase)
        node = scenario.cluster.nodes[-1][0]
        with scenario.host(phase, node=node) as hit:
            processes.freeze(raylet(node))
        return hit

    return inject


def node_joins(cpus: int) -> Injection:
    """A node joins while the only worker stands still; then islands are divided anew, and one there lives."""

    def inject(scenario: Scenario) -> Hit:
        scenario.lived(EARLY)
        with scenario.host("living") as frozen:
            node = scenario.cluster.add(cpus)
            scenario.driver.until(lambda: bool(scenario.cluster.hosts(node)))
            scenario.driver.until(lambda: any({"waiting"} & there for there in scenario.cluster.hosts(node).values()))
        processes.thaw(frozen.process)
        with scenario.host("living", node=node) as seen:
            processes.thaw(seen.process)
        return replace(seen, phase="joined, living")

    return inject
