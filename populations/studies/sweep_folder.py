"""The folder of a sweep: what is in it, and its one writer. Call `stored_plan` first, then `claim` the folder.

Processes that share a sweep `begin` instead, and claim its folder for moments.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alife.errors import UserError
from alife.format import manifest
from populations.record import lease
from populations.record.storage import Conflict, Folder, explained, is_passing
from populations.studies.jobs import BUSY_SECONDS
from populations.studies.plan import Plan, difference, dump, parse_plan

PLAN: Final = "sweep.yaml"


def stored_plan(folder: Folder) -> Plan | None:
    """The sweep that a folder holds.

    Raises:
        UserError: It holds something else, or cannot be written.
    """
    with explained(folder, "looking for a sweep there"):
        names = folder.ls().keys()
        folder.check_writable()
        if PLAN in names:
            return parse_plan(folder.read(PLAN).decode(errors="replace"), f"{folder.uri}/{PLAN}")
    if manifest.NAME in names:
        raise UserError(f"{folder.uri}: holds a run, not a sweep: choose another --out")
    if not all(lease.is_lock(name) or is_passing(name) for name in names):
        raise UserError(f"{folder.uri}: is not empty, and holds no {PLAN}: choose another --out")
    return None


def claim(folder: Folder, plan: Plan, stored: Plan | None) -> lease.Lock:
    """Become the one writer of a sweep's folder; a new one begins with its plan, another may get new assays."""
    with explained(folder, "creating the sweep's folder"):
        folder.make()
        lock = lease.acquire(folder)
    try:
        if stored is None or stored.assays != plan.assays:
            with explained(folder, f"writing {PLAN}"):
                _write_plan(folder, plan, stored)
    except BaseException:
        lock.release()
        raise
    return lock


def begin(folder: Folder, plan: Plan, stored: Plan | None) -> None:
    """Write the plan, unless it is there; other processes may do the same at this moment.

    Raises:
        UserError: One of them has begun another sweep, or the storage refuses.
    """
    if stored is not None and stored.assays == plan.assays:
        return
    with explained(folder, "creating the sweep's folder"):
        folder.make()
    with patiently_claimed(folder):
        stored = stored_plan(folder)
        if stored and (what := difference(stored, plan)):
            raise UserError(f"{folder.uri}: another sweep has just started here: {what}: choose another --out")
        if stored is None or stored.assays != plan.assays:
            with explained(folder, f"writing {PLAN}"):
                _write_plan(folder, plan, stored)


@contextmanager
def patiently_claimed(folder: Folder) -> Iterator[None]:
    """Be the one writer of a sweep's folder for a moment, once others who are that for a moment have done.

    Raises:
        UserError: Another process stays its writer, or the storage refuses.
    """
    end = time.monotonic() + BUSY_SECONDS
    with explained(folder, "locking it"):
        while True:
            try:
                lock = lease.acquire(folder)
                break
            except lease.Busy:
                if time.monotonic() > end:
                    raise
            time.sleep(random.uniform(0.05, 0.5))
    try:
        yield
    finally:
        lock.release()


def _write_plan(folder: Folder, plan: Plan, stored: Plan | None) -> None:
    try:
        folder.replace(PLAN, dump(plan).encode(), folder.fetch(PLAN)[1] if stored else None)
    except Conflict:
        raise UserError(f"{folder.uri}: another sweep has just started here: choose another --out") from None
