"""The moments at which a fault happens: each is waited for, seen, and true of a worker that stands still.

`wait` until a run has come far enough, then strike within `caught`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.faults import processes
from tests.faults.scenario import Hit, Scenario

EARLY = 4
"""Generation that is complete before a fault, so that some are committed and some are not; starts come before."""
WRITING = {
    "writing rows": lambda name: not name.startswith("checkpoints/"),
    "writing a shard": lambda name: name.startswith("checkpoints/"),
}
"""Moments in which a worker, or the driver for one, has a file open, by what tells that it is such a file."""
UNSEALED = 10
"""The generation that is written next when one has met: with `UNMET` the keys of a run of which that can be said, and
whose generations take longer than it takes to hear of them."""
UNMET = {"checkpoint.every": 100, "migration.every": 3, "life.steps": 60}
PIECES = {"population.islands": 2, "population.size": 60}
"""Keys of a run whose islands are lived in pieces."""


def wait(scenario: Scenario, moment: str) -> None:
    """Return once a run has come so far that a moment may be waited for."""
    if moment == "between meeting and seal":
        scenario.lived(6)
    elif moment != "starting":
        scenario.lived(EARLY)


@contextmanager
def caught(scenario: Scenario, moment: str, **more: Any) -> Iterator[Hit]:
    """A worker that stands still at a moment.

    Args:
        scenario: Of the run.
        moment: A phase; "helped", where it lives an island of `PIECES`; "writing rows" or "writing a shard", with the
            file half there; "writing the last shard"; "merging" parts that are on record; or "between meeting and
            seal", where it has met its neighbours and has not written that.
        more: As of `Scenario.host`.
    """
    proof: Callable[[int], bool] = lambda _: True  # noqa: E731
    phase, out, last = moment, scenario.out, int(scenario.config["generations"])
    if moment == "helped":
        phase = "living"
    elif moment in WRITING:
        phase, proof = "writing", lambda pid: any(map(WRITING[moment], processes.files(pid, out)))
    elif moment == "writing the last shard":
        shard = f"checkpoints/{last:07d}-"
        phase, proof = "writing", lambda pid: any(name.startswith(shard) for name in processes.files(pid, out))
    elif moment == "merging":
        phase, proof = "writing", lambda pid: any(_merged(scenario, name) for name in processes.files(pid, out))
    elif moment == "between meeting and seal":
        phase, proof = "living", lambda _: not any(out.glob(f"checkpoints/{UNSEALED:07d}-*"))
    with scenario.host(phase, proof=proof, **more) as hit:
        yield replace(hit, phase=moment)


def _merged(scenario: Scenario, name: str) -> bool:
    kind, _, base = name.partition("/")
    return kind != "checkpoints" and base[:7].isdigit() and int(base[:7]) <= scenario.committed
