"""A run of an older format brought to the present one: its manifest alone is written anew, its parts stay.

Call `migrate` with a path or a URI.
"""

from typing import NamedTuple

from alife import schema
from populations.record.lease import LEASE_SECONDS
from populations.record.opening import reopen
from populations.record.reader import read_manifest


class Migration(NamedTuple):
    """A run's format before, and now; the same where there was nothing to do."""

    before: int
    now: int

    @property
    def is_due(self) -> bool:
        """Whether the run was of an older format."""
        return self.before != self.now


def migrate(uri: str, *, check: bool = False, lease_seconds: float = LEASE_SECONDS) -> Migration:
    """Bring a run to the present format, as the next commit would.

    The manifest is replaced, atomically and by the folder's one writer; what an interrupted writer has left behind is
    removed. Births, their digest and the status stay.

    Args:
        uri: The run: a path or an fsspec URI.
        check: Only say what would be done.
        lease_seconds: How long a dead writer keeps others out where there is no file lock.

    Returns:
        The format before, and the present one.

    Raises:
        UserError: There is no run, it is damaged or of a newer format, or another process writes it; nothing has
            changed.
    """
    found = Migration(read_manifest(uri)["format"], schema.FORMAT_VERSION)
    if found.is_due and not check:
        state, _, _ = reopen(uri, lease_seconds)
        state.lock.release()
    return found
