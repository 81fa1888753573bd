"""What is on record of a run that is being written."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from alife import traits
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Newborns
from alife.format import manifest, tested
from populations.record import commit, shards
from populations.record.reader import check_loose, thaw, unbegun
from populations.record.storage import LocalFolder, explained


class OnRecord:
    """A run as its last commit left it.

    Attributes:
        config: The run's configuration, as config.yaml holds it.
    """

    def __init__(self, state: commit.Committed, config: RunConfig) -> None:
        self._state, self.config = state, config
        traits.enter(self.manifest)

    @property
    def manifest(self) -> dict[str, Any]:
        """The last one committed."""
        return self._state.manifest

    @property
    def uri(self) -> str:
        """Where the run folder is."""
        return self._state.folder.uri

    @property
    def address(self) -> str:
        """Where the run folder is, for processes that were started elsewhere."""
        folder = self._state.folder
        return str(folder.root.absolute()) if isinstance(folder, LocalFolder) else folder.uri

    def read(self, name: str, size: int) -> bytes:
        """Content of a file that the manifest lists.

        Raises:
            UserError: It is missing, or the storage refuses.
        """
        with explained(self._state.folder, f"reading {name}"):
            return self._state.folder.read(name, size)

    def thaw(
        self, entries: Sequence[Mapping[str, Any]], islands: Collection[int] | None = None
    ) -> tuple[dict[int, Newborns], dict[str, Any]]:
        """Newborns by island, and the meta they were stored with, of shards of one generation.

        Args:
            entries: As the manifest lists them.
            islands: Which; all if None.

        Raises:
            UserError: A shard is missing or damaged.
        """
        return shards.thaw(self.read, entries, islands, self.uri)

    def last_checkpoint(self) -> tuple[int, list[dict[str, Any]]]:
        """The last generation whose newborns are stored, and the shards that hold them.

        Raises:
            UserError: None are.
        """
        if unbegun(self.manifest):
            raise UserError(f"{self.uri}: this run ended before its founders were stored: start it again")
        generation = max(self.kept())
        listed = self.manifest["parts"]["checkpoints"]
        return generation, [entry for entry in listed if entry["generation"] == generation]

    def checkpoint(self, generation: int | None = None) -> tuple[int, dict[int, Newborns], dict[str, Any]]:
        """Newborns of a stored generation.

        Args:
            generation: One of `kept`; the last if None.

        Returns:
            (generation, newborns by island, the meta they were committed with).

        Raises:
            UserError: There is no such checkpoint, or it is damaged.
        """
        return thaw(self._state.folder, self.manifest, generation)

    def kept(self) -> list[int]:
        """Generations whose newborns are stored, in order."""
        return manifest.kept(self.manifest)

    def tested(self) -> list[int]:
        """Generations whose scores on test images lie beside the record."""
        with explained(self._state.folder, "looking for scores on test images"):
            return tested.listed(self._state.folder.ls(), self.manifest["generation"])

    def verify(self) -> None:
        """Make sure that what later commits will merge holds what was written, before anything is lived on top of it.

        Raises:
            UserError: A part does not; the line names it.
        """
        check_loose(self._state.folder, self.manifest, self.config)
