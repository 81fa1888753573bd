"""What things take in simulated time."""

import json
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Costs:
    """Seconds, and bytes a second.

    Attributes:
        life: Of an individual.
        emission: Likewise.
        scoring: Likewise, with birth, the choice of parents, and the rows of the record.
        jitter: Standard deviation of a life, relative.
        slow: Share of nodes that are slow.
        slowness: How many times longer a life takes there.
        start: From the start of a worker until it can be told something.
        latency: Of a message, with `latency_jitter` as the mean of an exponential on top.
        latency_jitter: See `latency`.
        bandwidth: Of one connection.
        report: CPU of the driver for a report, whatever is in it.
        news: CPU of the driver for the report of one generation of an island, in a report of many.
        order: CPU of the driver to tell one worker something.
        commit: Of a manifest, without parts.
        listed: Of each part that a manifest lists.
        encode: CPU of a byte of newborns that is written: safetensors, SHA-256, copies.
        put: CPU of a byte of genomes that is sent to another worker.
        get: CPU of a byte of genomes that has come from one.
        row: CPU of a row of births that is written.
        file: Of a file, whatever is in it.
        storage: Bytes that all workers together write in a second.
        weights: N, numbers of a genome.
    """

    life: float = 0.01
    emission: float = 0.002
    scoring: float = 0.001
    jitter: float = 0.05
    slow: float = 0.0
    slowness: float = 1.5
    start: float = 10.0
    latency: float = 5e-4
    latency_jitter: float = 1e-4
    bandwidth: float = 1e9
    report: float = 2e-4
    news: float = 2e-5
    order: float = 1e-4
    commit: float = 0.005
    listed: float = 5e-5
    encode: float = 1e-9
    put: float = 1e-9
    get: float = 5e-10
    row: float = 1e-6
    file: float = 0.002
    storage: float = 5e9
    weights: int = 21_100

    def individual(self) -> float:
        """Seconds of one individual."""
        return self.life + self.emission + self.scoring


def measured(path: Path, **others: float) -> Costs:
    """Costs as `python -m benchmarks engine` has measured them, and others as they are given."""
    content = json.loads(path.read_text())
    return replace(Costs(), **{name: each["value"] for name, each in content["costs"].items()}, **others)
