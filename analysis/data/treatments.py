"""Runs grouped by treatment: which are there, and which of them differ only by seed.

Call `load_groups` with paths, or `group` with runs; comparisons, trends and the report of a sweep start from these
groups.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import fsspec

from alife.errors import UserError
from alife.format import files
from alife.format.manifest import NAME as MANIFEST
from alife.words import count
from analysis.data import projections
from analysis.data.labels import SCHEME, SHUFFLED, SOURCE, labels
from analysis.data.run import Run, load_run
from analysis.data.source import Source

Groups = Mapping[str, Sequence[Run]]

NOT_TREATMENT: Final = (
    "seed",
    "device",
    "quine.projection_seed",
    "life.threads",
    "life.chunk",
    "measures",
    "checkpoint",
    "ray",
)
"""Keys, or sections, that say where and by which numbers a run was made and what was measured in it, and not what was
done to it."""


DEPTH: Final = 3
PLAN: Final = "sweep.yaml"
"""What a sweep has beside its runs: `populations.studies.sweep` writes it."""


def measures(runs: Iterable[Run]) -> tuple[str, ...]:
    """Columns of measures of their own that all of some runs have, in the order of the first."""
    named = [run.measures for run in runs]
    return tuple(name for name in named[0] if all(name in those for those in named)) if named else ()


def find_runs(path: str | os.PathLike[str]) -> list[str]:
    """Folders of runs at or below a path (`DEPTH` levels at most), in order of their names.

    Raises:
        UserError: There is none.
    """
    given = os.fspath(path)
    top = given.rstrip("/") or "/"
    try:
        if files.is_remote(given):
            system, root = fsspec.core.url_to_fs(given)
            system.invalidate_cache()
            below = (
                {""} if system.exists(f"{root.rstrip('/')}/manifest.json") else set(_remote(system, root.rstrip("/")))
            )
        else:
            below = set(_local(files.local(given), "", DEPTH))
    except Exception as error:  # each storage has its own classes
        raise UserError(
            f"{given}: {' '.join((getattr(error, 'strerror', None) or str(error)).split())}: name another folder"
        ) from None
    if below == {""}:
        return [given]
    if not below:
        raise UserError(f"{given}: no run there, nor in the folders below it: name a folder with a manifest.json")
    return sorted(f"{top}{name}" for name in below)


def _local(folder: Path, name: str, depth: int) -> Iterator[str]:
    """Names of runs at or below a folder; a folder of runs may hold links to some that lie elsewhere."""
    if (folder / MANIFEST).exists():
        yield name
    elif depth and folder.is_dir():
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_dir() and not entry.name.startswith("."):
                yield from _local(folder / entry.name, f"{name}/{entry.name}", depth - 1)


def _remote(system: Any, root: str) -> Iterator[str]:
    for depth in range(1, DEPTH + 1):
        for name in system.glob(f"{root}/{'*/' * depth}{MANIFEST}"):
            yield name.removesuffix(f"/{MANIFEST}").removeprefix(root)


def load_groups(paths: Iterable[str | os.PathLike[str]], births: bool = True) -> dict[str, list[Run]]:
    """Runs at or below the paths, grouped by treatment and labelled, in the order in which they were named.

    Args:
        paths: Folders of runs, or folders of such folders.
        births: As in `analysis.data.run.load_run`.

    Raises:
        UserError: A path holds no run, a run is damaged, or two runs are the same.
    """
    found = dict.fromkeys(name for path in paths for name in find_runs(path))
    return named(group([load_run(name, births) for name in found]))


def group(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs whose configurations are equal but for the seed, under the labels of `labels`.

    Projections tell treatments apart where a seed is there under several of them.

    Raises:
        UserError: Two runs have the same configuration and seed: one would count twice.
    """
    told = [_told(run) for run in runs]
    for numbers in alike(told):
        among = [runs[i] for i in numbers]
        if projections.crossed(among):
            words = projections.words(among, [_named(run.path) for run in among])
            for i, word in zip(numbers, words, strict=True):
                told[i][projections.KEY] = word
    members = alike(told)
    names = labels([told[numbers[0]] for numbers in members])
    groups = {name: [runs[i] for i in numbers] for name, numbers in zip(names, members, strict=True)}
    for among in groups.values():
        refuse_copies(among)
    return groups


def alike(configs: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Places of configurations that are equal."""
    found: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for number, config in enumerate(configs):
        found.setdefault(tuple(sorted((key, repr(value)) for key, value in config.items())), []).append(number)
    return list(found.values())


def named(groups: Mapping[str, list[Run]]) -> dict[str, list[Run]]:
    """The groups under the names that their sweep gives its treatments, if each has one that is its own."""
    names = {label: {_named(run.path) for run in runs} for label, runs in groups.items()}
    given = [min(found) for found in names.values() if len(found) == 1]
    unique = "" not in given and len(set(given)) == len(groups)
    return dict(zip(given, groups.values(), strict=True)) if unique else dict(groups)


def _named(path: str) -> str:
    """TREATMENT of a run SWEEP/runs/TREATMENT/seed-K, if SWEEP has a plan; else nothing."""
    sweep, *rest = (path if files.is_remote(path) else os.path.abspath(path)).rsplit("/", 3)
    if len(rest) < 3 or rest[0] != "runs":
        return ""
    try:
        return rest[1] if PLAN in Source(sweep).names() else ""
    except UserError:
        return ""


def unlike_data(runs: Iterable[Run]) -> str:
    """A line if runs learned different data, by the digests on record; else nothing."""
    learned: dict[str, list[str]] = {}
    for run in runs:
        if digest := (run.manifest.get("task") or {}).get("digest"):
            learned.setdefault(str(digest), []).append(run.path)
    if len(learned) < 2:
        return ""
    each = (
        f"{digest[:8]} in {count(len(paths), 'run')} ({paths[0]}{', …' if paths[1:] else ''})"
        for digest, paths in learned.items()
    )
    return f"These runs learned different data, by their digests on record: {'; '.join(each)}."


def refuse_copies(runs: Sequence[Run]) -> None:
    """Refuse two runs of one treatment with the same seed.

    Raises:
        UserError: Names both.
    """
    seen: dict[int, Run] = {}
    for run in runs:
        other = seen.setdefault(seed_of(run), run)
        if other is not run:
            raise UserError(
                f"{other.path} and {run.path}: the same treatment and the same seed {seed_of(run)}: "
                "a run and its copy are not two runs, name one of them"
            )


def seed_of(run: Run) -> int:
    """The run's seed."""
    return int(run.manifest["seed"])


def _told(run: Run) -> dict[str, Any]:
    """A run's flat configuration, its scheme by the name that `Run.scheme` has, and the source of what is its own."""
    known = flat(run.config) | {SCHEME: run.scheme}
    own = {f"{key}{SOURCE}": each["sha256"][:8] for key, each in run.manifest["objects"].items()}
    return {
        key: value for key, value in {**known, **own}.items() if key != SHUFFLED and not key.startswith("measures.")
    }


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A configuration by dotted key, without `NOT_TREATMENT`."""
    out: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if name not in NOT_TREATMENT:
            out |= flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return out
