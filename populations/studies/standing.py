"""How the runs of a sweep stand before anything is done: call `standing`.

What ended is known from the journal, and what is there from one listing a treatment; only runs that have begun and are
not in the journal are asked themselves.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from alife.errors import UserError
from alife.format import files
from populations.record.storage import Folder, explained, open_below, open_folder
from populations.studies.journal import Journal
from populations.studies.plan import PlannedRun
from populations.studies.run_rows import begun

ENDED: Final = ("finished", "extinct")
REQUESTS: Final = 16
"""Made at once of a storage that is not this machine's disk."""

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True)
class Standing:
    """How runs stand.

    Attributes:
        written: Those that have ended and are in the journal.
        found: Statuses of others that have begun.
        lived: Generations that these have committed.
    """

    written: frozenset[str]
    found: Mapping[str, str]
    lived: Mapping[str, int]

    @property
    def ended(self) -> set[str]:
        """All that have ended."""
        return {*self.written, *(name for name, status in self.found.items() if status in ENDED)}


def standing(folder: Folder, runs: Mapping[str, PlannedRun], journal: Journal) -> Standing:
    """How some runs of a sweep stand.

    Raises:
        UserError: The storage refuses, or a run's folder is a link.
    """
    there = begun_among(folder, runs)
    written = frozenset(there & journal.ended()) if there else frozenset()
    names = [name for name in runs if name in there and name not in written]
    asked = ask_each(folder, lambda name: _manifest(f"{folder.uri}/runs/{name}"), names)
    manifests = dict(zip(names, asked, strict=True))
    found = {name: manifest for name, manifest in manifests.items() if manifest}
    lived = {name: manifest["generation"] + 1 for name, manifest in found.items()}
    return Standing(written, {name: str(manifest["status"]) for name, manifest in found.items()}, lived)


def begun_among(folder: Folder, runs: Mapping[str, PlannedRun]) -> set[str]:
    """Names of those that have a folder.

    Raises:
        UserError: The storage refuses, or a run's folder is a link.
    """
    treatments = list(dict.fromkeys(run.treatment for run in runs.values()))
    there: set[str] = set()
    listed = ask_each(folder, lambda name: _ls(folder.uri, name), treatments)
    for treatment, names in zip(treatments, listed, strict=True):
        for name, size in names.items():
            run = f"{treatment}/{name}"
            if run in runs:
                if size is not None:
                    open_below(folder.uri, f"runs/{run}")  # a file; a link is refused
                there.add(run)
    return there


def _ls(out: str, treatment: str) -> dict[str, int | None]:
    folder = open_below(out, f"runs/{treatment}")
    with explained(folder, "looking for runs there"):
        return folder.ls()


def _manifest(out: str) -> dict[str, Any] | None:
    try:
        return begun(open_folder(out))
    except UserError:  # the run itself will say so
        return None


def ask_each(folder: Folder, ask: Callable[[_A], _B], of: Iterable[_A]) -> list[_B]:
    """Answers, in order; of a sweep in an object store many are asked for at once."""
    if not files.is_remote(folder.uri):
        return [ask(each) for each in of]
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(ask, of))
