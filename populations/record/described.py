"""What is said of a run beside its rows: why it was restarted, what it learns, that it goes on for longer."""

from collections.abc import Mapping, Sequence
from typing import Any

from alife import traits
from alife.configuration.changes import changed
from alife.errors import UserError
from alife.format import manifest, steps
from populations.record import commit, lease, notes
from populations.record.on_record import OnRecord
from populations.record.reader import CONFIG


class Described(OnRecord):
    """A run of which things are said; what is noted is on record with the next commit."""

    def restart(self, generation: int, host: str, why: str, seconds_lost: float) -> None:
        """Note that workers had to be restarted; on record with the next commit.

        Args:
            generation: The one that is lived again.
            host: Which was lost.
            why: In a few words.
            seconds_lost: Since that generation's first start.
        """
        self._state.notes.restarts.append(notes.restarted(generation, host, why, seconds_lost))

    def start(self, generation: int, versions: Mapping[str, str]) -> None:
        """Note that the run starts or goes on, who asked for it how, and with what; on record with the next commit.

        Args:
            generation: The first one to be lived.
            versions: As `populations.record.provenance.versions`.
        """
        self._state.notes.starts.append(notes.started(generation, versions))

    def describe(
        self,
        *,
        task: Mapping[str, Any] | None = None,
        objects: Mapping[str, Mapping[str, Any]] | None = None,
        warnings: Sequence[str] | None = None,
    ) -> None:
        """Say what the run learns, what it is made with and what it is warned of; on record with the next commit.

        Args:
            task: digest, shape, classes, split and counts of the data.
            objects: name, sha256 and parameters of the user's own objects, by configuration key.
            warnings: One line each.

        What is None stays as it is on record.
        """
        said = {"task": task, "objects": objects, "warnings": warnings}
        self._state.notes.facts |= {field: value for field, value in said.items() if value is not None}
        traits.enter({**self.manifest, **self._state.notes.facts})

    def extend(self, generations: int) -> None:
        """Raise the total number of generations; the same total again changes nothing.

        Raises:
            UserError: It is smaller than the present total, or more than there can be.
        """
        if generations < self.config.generations:
            raise UserError(
                f"generations: {generations} is fewer than the {self.config.generations} of this run: name more"
            )
        self.change({"generations": generations})

    def change(self, changes: Mapping[str, Any]) -> None:
        """Change keys of the configuration, as `alife.configuration.changes` allows.

        Raises:
            UserError: They are not allowed.
        """
        config = changed(self.config, changes)
        if config == self.config:
            return
        commit.reconfigure(self._state, config)
        self.config = config

    def attach(self, name: str, data: bytes) -> None:
        """Write a file that belongs beside the record and not to it, such as the scores on test images.

        Args:
            name: In the run folder itself, not in a folder below it.
            data: Its content; replaces what was there, all or nothing.
        """
        if "/" in name or name in (CONFIG, manifest.NAME, lease.NAME, steps.NAME):
            raise ValueError(f"{name!r} is no name for an attachment")
        folder = self._state.folder
        with commit.writing(self._state):
            folder.replace(name, data, folder.fetch(name)[1] if name in folder.ls() else None)
