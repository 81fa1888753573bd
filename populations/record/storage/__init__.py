"""A folder that outlives its writer: durable writes and atomic conditional replacement, on disk or at any fsspec URI.

opening.py      a path or a URI as a folder, and its refusals in one line
folder.py       what a folder is
disk.py         a directory
remote.py       a prefix of an fsspec file system
conditional.py  how stores replace an object only if it is the one last seen
"""

from populations.record.storage.disk import LocalFolder
from populations.record.storage.folder import MOST, Conflict, Folder
from populations.record.storage.opening import explained, is_passing, now, open_below, open_folder
from populations.record.storage.remote import RemoteFolder

__all__ = [
    "MOST",
    "Conflict",
    "Folder",
    "LocalFolder",
    "RemoteFolder",
    "explained",
    "is_passing",
    "now",
    "open_below",
    "open_folder",
]
