"""`alife bench checkpoints`: what commits cost in a run of the defaults, as a share of its time.

It reads the events that the run itself tells.
"""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from populations.record.reader import read_manifest
from tests.faults.driver import Driver, Ended, Event

_log = logging.getLogger(__name__)

Figure = dict[str, Any]


def bench(flags: Sequence[str] = ()) -> Iterator[Figure]:
    """Run the defaults and read their events.

    Args:
        flags: Of `alife run`, on top.

    Yields:
        {"name", "value", "unit", …}: the share of commits in the time from the first generation's start to the last
        commit; also up to each length of a run; seconds and bytes of a commit.

    Raises:
        Ended: The run did not end as it should.
    """
    with tempfile.TemporaryDirectory(prefix="alife-") as name:
        folder = Path(name)
        out = str(folder / "run")
        driver = Driver(
            ["run", "--out", out, "--no-figures", "--backend", "ray", *flags], folder / "events", folder / "said"
        )
        with suppress(Ended):
            for generation in range(9, 1 << 20, 10):
                driver.until(partial(driver.past, generation), pause=0.2, seconds=3600)
                _log.info("generation %d", generation + 1)
        if driver.wait():
            raise Ended(driver.words())
        sizes: Counter[int] = Counter()
        for entry in read_manifest(out)["parts"]["checkpoints"]:
            sizes[entry["generation"]] += entry["size"]
        yield from figures(driver.poll(), list(sizes.values()))


def figures(events: Sequence[Event], sizes: Sequence[int]) -> Iterator[Figure]:
    """What the events of a run, and the sizes of its checkpoints in bytes, say of its commits."""
    start = next(event["time"] for event in events if event["event"] == "start")
    commits = [event for event in events if event["event"] == "commit"]
    seconds = [commit["seconds"] for commit in commits]
    whole = commits[-1]["time"] - start
    length = commits[-1]["generation"] + 1
    share = {"name": f"checkpoints, share of {length} generations", "value": 100 * sum(seconds) / whole, "unit": "%"}
    yield {**share, "commits": len(commits), "seconds of the run": round(whole, 1)}
    yield {
        "name": "checkpoints, seconds of one",
        "value": median(seconds),
        "unit": "s",
        "worst": round(max(seconds), 3),
    }
    yield {"name": "checkpoints, size of one", "value": median(sizes) / 1e6, "unit": "MB"}
    for number, commit in enumerate(commits[:-1], 1):
        part = 100 * sum(seconds[:number]) / (commit["time"] - start)
        yield {
            "name": f"checkpoints, share of the first {commit['generation'] + 1} generations",
            "value": part,
            "unit": "%",
        }
