"""The manifest of a run in which nothing has happened yet. What a manifest must be lies in `alife.format.stored`."""

from collections.abc import Mapping
from typing import Any

from alife import schema
from alife.configuration.keys import RunConfig
from alife.format.stored import MANIFEST as NAME
from alife.format.stored import parse_manifest as parse
from alife.format.stored import serialise
from populations.record.storage import now

__all__ = ["NAME", "begin", "parse", "serialise"]


def begin(
    config: RunConfig, seal: Mapping[str, Any], versions: Mapping[str, str], machine: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest of a run in which nothing has happened yet.

    Args:
        config: The run's configuration.
        seal: Size and SHA-256 of config.yaml.
        versions: Of the packages that decide the births.
        machine: The class within which births are promised to be identical.
    """
    started = now()
    return {
        "format": schema.FORMAT_VERSION,
        "epoch": 1,
        "status": "running",
        "generation": -1,
        "seed": config.seed,
        "created": started,
        "updated": started,
        "versions": dict(versions),
        "class": dict(machine),
        "starts": [],
        "task": None,
        "warnings": [],
        "restarts": [],
        "config": [dict(seal)],
        "parts": {kind: [] for kind in schema.PART_KINDS},
    }
