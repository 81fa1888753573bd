"""What a writer notes of the run itself between two commits: its starts, the workers it lost, what it learns.

Make `Notes` with a recorder, put `started` and `restarted` into them, and `noted` puts all into the next manifest.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populations.record.provenance import invocation
from populations.record.storage import now


@dataclass
class Notes:
    """Not yet on record.

    Attributes:
        starts: As of the manifest.
        restarts: As of the manifest.
        facts: Fields of the manifest that are to be replaced.
    """

    starts: list[dict[str, Any]] = field(default_factory=list)
    restarts: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def started(generation: int, versions: Mapping[str, str]) -> dict[str, Any]:
    """That the run starts or goes on, who asked for it how, and with what; as of `Recorder.start`."""
    return {
        "time": now(),
        "generation": generation,
        "command": invocation(),
        "version": versions.get("alife-quines", "unknown"),
        "versions": dict(versions),
        "host": socket.gethostname(),
    }


def restarted(generation: int, host: str, why: str, seconds_lost: float) -> dict[str, Any]:
    """That a worker was lost; as of `Recorder.restart`."""
    return {"time": now(), "generation": generation, "host": host, "why": why, "seconds_lost": float(seconds_lost)}


def noted(content: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """A manifest's content with the notes in it."""
    lists = {"starts": [*content["starts"], *notes.starts], "restarts": [*content["restarts"], *notes.restarts]}
    return {**content, **notes.facts, **lists}
