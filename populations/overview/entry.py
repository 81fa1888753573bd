"""A run, a sweep or a folder of the seed paper's experiments in a line: what `alife ls` prints of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from alife import schema
from alife.configuration.parsing import LARGEST_SWEEP, NOT_YAML
from alife.errors import UserError
from alife.format import manifest, stored
from populations.record.presence import age, writer_lives
from populations.record.storage import Folder, explained, open_folder
from populations.studies import failed, paper_results, sweep_folder

ABANDONED: Final = "abandoned"
"""The status of what says that it is running, and nobody writes it any more."""
DAMAGED: Final = "damaged"
STATUSES: Final = (*schema.STATUSES, ABANDONED, DAMAGED)
ENDED: Final = ("finished", "extinct")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """How something stands; what is not known is None, or empty.

    Attributes:
        name: As it was found.
        kind: "run", "sweep" or "paper".
        status: One of `STATUSES`.
        done: Generations lived; of a sweep its runs that have ended, of the paper parts.
        of: How many there are to be.
        births: On record, of all runs of a sweep.
        islands: Of a run.
        size: Of an island.
        updated: When the last commit was, ISO 8601.
        age: Seconds since then.
        scheme: Of selection.
        problem: What is wrong with it.
    """

    name: str
    kind: str
    status: str
    done: int = 0
    of: int | None = None
    births: int | None = None
    islands: int | None = None
    size: int | None = None
    updated: str = ""
    age: float | None = None
    scheme: str = ""
    problem: str = ""


def of_run(name: str, uri: str) -> Entry:
    """Of a run, by its manifest and its configuration."""
    folder = open_folder(uri)
    try:
        content = read(folder)
    except UserError as error:
        return Entry(name, "run", DAMAGED, problem=str(error).removeprefix(f"{uri}/"))
    entry = Entry(
        name=name,
        kind="run",
        status=status_of(folder, content),
        done=content["generation"] + 1,
        births=sum(part["rows"] for part in content["parts"]["births"]),
        updated=content["updated"],
        age=age(content["updated"]),
    )
    try:
        return replace(entry, **_settings(settings(folder, content)))
    except UserError as error:
        return replace(entry, status=DAMAGED, problem=str(error).removeprefix(f"{uri}/"))


def of_sweep(name: str, uri: str, runs: Sequence[Entry]) -> Entry:
    """Of a sweep, by its plan and its runs."""
    folder = open_folder(uri)
    source = f"{folder.uri}/{sweep_folder.PLAN}"
    try:
        with explained(folder, f"reading {sweep_folder.PLAN}"):
            plan = _yaml(folder.read(sweep_folder.PLAN, LARGEST_SWEEP), source)
        of = len(plan["treatments"]) * len(plan["seeds"])
    except (UserError, KeyError, TypeError) as error:
        what = str(error) if isinstance(error, UserError) else f"{source}: damaged: no plan of a sweep"
        return Entry(name, "sweep", DAMAGED, problem=what.removeprefix(f"{uri}/"))
    done = sum(run.status in ENDED for run in runs)
    status = "finished" if done == of else "interrupted"
    if any(run.status == "running" for run in runs) or writer_lives(folder):  # tasks of an array hold runs only
        status = "running"
    elif done < of and failed.read(folder):
        status = "failed"
    updated = max((run.updated for run in runs), default="")
    births = sum(run.births or 0 for run in runs)
    return Entry(name, "sweep", status, done, of, births, updated=updated, age=age(updated))


def of_paper(name: str, uri: str) -> Entry:
    """Of a folder of the seed paper's experiments, by what its parts have left."""
    folder = open_folder(uri)
    try:
        with explained(folder, "looking there"):
            done = len(paper_results.ended(folder))
            under_way = bool(paper_results.progress(folder))
    except UserError as error:
        return Entry(name, "paper", DAMAGED, problem=str(error).removeprefix(f"{uri}/"))
    alive = writer_lives(folder)
    return Entry(name, "paper", "running" if alive else "interrupted" if under_way else "finished", done)


def read(folder: Folder) -> dict[str, Any]:
    """The manifest of a run, in one request.

    Raises:
        UserError: There is none, or it is damaged or of another format.
    """
    with explained(folder, f"reading {manifest.NAME}", ""):
        try:
            data = folder.read(manifest.NAME, manifest.MOST)
        except (FileNotFoundError, NotADirectoryError):
            raise stored.missing(folder.uri, folder.ls) from None
    return manifest.parse(data, f"{folder.uri}/{manifest.NAME}")


def settings(folder: Folder, content: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that a manifest vouches for, as it is written: believed by its SHA-256, not checked again.

    Raises:
        UserError: It is missing, or not what was written.
    """
    source = f"{folder.uri}/{stored.CONFIG}"
    with explained(folder, f"reading {stored.CONFIG}", ""):
        data = folder.read(stored.CONFIG, stored.MOST_CONFIG)
    if schema.seal(data) not in [dict(entry) for entry in content["config"]]:
        raise UserError(f"{source}: damaged or edited: its SHA-256 is not the one in {manifest.NAME}")
    return _yaml(data, source)


def status_of(folder: Folder, content: Mapping[str, Any]) -> str:
    """The status on record; `ABANDONED` where that is "running", and its writer has gone."""
    if content["status"] != "running" or writer_lives(folder):
        return str(content["status"])
    with suppress(UserError):  # it may have ended just now
        return str(again) if (again := read(folder)["status"]) != "running" else ABANDONED
    return ABANDONED


def _yaml(data: bytes, source: str) -> dict[str, Any]:
    try:
        tree = yaml.load(data.decode(), _LOADER)
    except NOT_YAML:
        tree = None
    if not isinstance(tree, dict):
        raise UserError(f"{source}: damaged: not the YAML that was written")
    return tree


def _settings(tree: Mapping[str, Any]) -> dict[str, Any]:
    try:
        population, selection = tree["population"], tree["selection"]
        shuffled = ", shuffled" if selection.get("shuffled") else ""
        return {
            "of": int(tree["generations"]),
            "islands": int(population["islands"]),
            "size": int(population["size"]),
            "scheme": f"{selection['scheme']}{shuffled}",
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(f"{stored.CONFIG}: damaged: not the complete configuration of a run") from None
