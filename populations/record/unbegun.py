"""A run that has stored no founders has never been: nothing of it stays.

Call `remove`, which lets others in too.
"""

import contextlib
import re

from alife import schema
from alife.errors import UserError
from alife.format import manifest
from populations.record import lease
from populations.record.reader import CONFIG, fetch_manifest, sizes_of, unbegun
from populations.record.storage import Folder, LocalFolder

_FOLDERS = "|".join(schema.PART_KINDS)
_PART = rf"(?:{_FOLDERS})/[0-9a-f-]+\.(?:parquet|safetensors)"
WORKER = re.compile(_PART)
"""Names of files that become a run's when its manifest lists them."""
ORPHAN = re.compile(rf"{_PART}|\.[\w.-]+\.tmp")
"""Names of files that only a writer leaves."""


def remove(folder: Folder, lock: lease.Lock) -> None:
    """Remove what a run leaves that has stored no founders, then let others in."""
    try:
        with contextlib.suppress(OSError, UserError):
            lock.check()
            names = folder.ls()
            if manifest.NAME not in names or unbegun(fetch_manifest(folder)[0]):
                for name in {CONFIG, manifest.NAME} & names.keys():
                    folder.delete(name)
                for name in sizes_of(folder):
                    if ORPHAN.fullmatch(name):
                        folder.delete(name)
                if isinstance(folder, LocalFolder):
                    for name in filter(lease.is_lock, names):
                        folder.delete(name)
                    folder.unmake()
    finally:
        lock.release()
