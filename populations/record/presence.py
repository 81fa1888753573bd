"""Whether a folder has a writer: call `writer_lives`, or `gone` for who the last one was; nobody is disturbed."""

import json
from datetime import UTC, datetime
from typing import Final

from alife.errors import UserError
from populations.record import lease
from populations.record.storage import Folder, LocalFolder

CLOCKS: Final = 300.0
"""Seconds by which the clocks of two machines may differ."""


def writer_lives(folder: Folder) -> bool:
    """Whether somebody writes in a folder, as far as that can be seen."""
    try:
        return not gone(folder)
    except (OSError, UserError):
        return True


def gone(folder: Folder) -> str:
    """Who wrote in a folder last, if no writer lives there any more, as `lease.abandoned`; nothing is written for it.

    Of a lease its holder says when it was renewed: it has gone if that was twice its length ago and `CLOCKS` more.

    Raises:
        OSError: The storage refuses.
    """
    if isinstance(folder, LocalFolder):
        return lease.abandoned(folder)
    try:
        holder = json.loads(folder.read(lease.NAME, 1 << 16))
        renewed, seconds = age(holder["renewed"]), float(holder["seconds"])
    except FileNotFoundError:
        return "nobody knows which"
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    late = renewed is not None and renewed > 2 * seconds + CLOCKS
    who = f"process {holder.get('pid')} on {holder.get('host')}, since {holder.get('since')}"
    return who if late or holder.get("released") else ""


def age(updated: str) -> float | None:
    """Seconds since a moment of a record; None if it is none."""
    try:
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(updated)).total_seconds())
    except (ValueError, TypeError):
        return None
