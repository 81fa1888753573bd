"""Runs grouped by treatment: which runs differ only by seed, what to call each group, and which runs are partners.

Call `load_groups` with paths, or `group` with runs; comparisons, trends and the report of a sweep start from these
groups.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import fsspec

from alife import plugins
from alife.configuration.networks import DENSE, unseen
from alife.configuration.schemes import UNUSED
from alife.errors import UserError
from alife.format import files
from alife.format.manifest import NAME as MANIFEST
from alife.words import count
from analysis.data import projections
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

SHORT: Final = {
    "selection.accuracy_weight": "w",
    "selection.scheme": "",
    "reproduction.operator": "",
    "reproduction.crossover_operator": "",
    "quine.network": "",
}
"""What labels call a key; others go by their last word. Names of schemes, operators and networks stand alone."""

DEPTH: Final = 3
PLAN: Final = "sweep.yaml"
"""What a sweep has beside its runs: `populations.studies.sweep` writes it."""
_SCHEME: Final = "selection.scheme"
_SHUFFLED: Final = "selection.shuffled"
_SOURCE: Final = ".source"


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
    flat = [_told(run) for run in runs]
    for numbers in _alike(flat):
        among = [runs[i] for i in numbers]
        if projections.crossed(among):
            words = projections.words(among, [_named(run.path) for run in among])
            for i, word in zip(numbers, words, strict=True):
                flat[i][projections.KEY] = word
    members = _alike(flat)
    names = labels([flat[numbers[0]] for numbers in members])
    groups = {name: [runs[i] for i in numbers] for name, numbers in zip(names, members, strict=True)}
    for among in groups.values():
        refuse_copies(among)
    return groups


def _alike(configs: Sequence[Mapping[str, Any]]) -> list[list[int]]:
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


def labels(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Short unique names from flat configurations that all differ: the keys that differ, as in "w=0, islands=4".

    Left out, as long as the name stays unique, are a key where it makes no difference, the source of an object, and the
    scheme where only one is not a control.
    """
    differing = sorted(
        {key for config in configs for key in config if len({repr(c.get(key)) for c in configs}) > 1},
        key=lambda key: (key != _SCHEME, key),
    )
    if not differing:
        return ["all"] * len(configs)
    words = {str(config.get(_SCHEME)) for config in configs}
    schemes = {word for word in words if word != "drift" and not _is_shuffled(word)}
    common = schemes if len(schemes) == 1 else set()
    sources = [key for key in differing if key.endswith(_SOURCE)]
    tiers = [
        *(
            [
                _label(config, differing, [*_silent(config), *kept, *([_SCHEME] if config.get(_SCHEME) in one else [])])
                for config in configs
            ]
            for kept in (sources, [])
            for one in (common, set())
        ),
        [", ".join(f"{key}={_word(config[key], str)}" for key in differing if key in config) for config in configs],
    ]
    return [
        next((tier[i] for tier in tiers if tier[i] and tier.count(tier[i]) == 1), tiers[-1][i])
        for i in range(len(configs))
    ]


def partners(first: Iterable[int], second: Iterable[int]) -> list[int] | None:
    """The seeds by which the runs of two groups are paired, or None if they are not.

    They are if every seed of the smaller group is in the other. Equal seeds share founders and images, and projections
    unless these are what treatments differ by, so that their difference is the treatment's.
    """
    one, other = set(first), set(second)
    return sorted(one & other) if one and other and (one <= other or other <= one) else None


def control(groups: Groups) -> str | None:
    """The label of the only shuffled group, the null of every claim about selection; or None."""
    shuffled = [name for name, runs in groups.items() if runs[0].setting("selection.shuffled")]
    return shuffled[0] if len(shuffled) == 1 else None


def families(groups: Groups, *keys: str) -> list[dict[str, Sequence[Run]]]:
    """Treatments that differ by some keys alone, or by keys of some sections: two or more each.

    They have the same projections, where others of the groups differ by these alone.
    """
    flat = {label: _flat(runs[0].config) for label, runs in groups.items()}
    if len(_alike([*flat.values()])) < len(flat):
        flat = {label: config | {projections.KEY: projections.of_all(groups[label])} for label, config in flat.items()}
    found: dict[str, dict[str, Sequence[Run]]] = {}
    for label, runs in groups.items():
        rest = {
            key: value
            for key, value in flat[label].items()
            if not any(key == one or key.startswith(f"{one}.") for one in keys)
        }
        found.setdefault(repr(sorted(rest.items())), {})[label] = runs
    return [family for family in found.values() if len(family) > 1]


def controls(groups: Groups) -> dict[str, str]:
    """The null of each treatment: the only shuffled one of those that differ from it by selection alone.

    Of several, the one of its own scheme. If there is only one at all, it is everybody's: `compare` notes to whom it is
    `unlike`.
    """
    one = control(groups)
    if one is not None:
        return {label: one for label in groups if label != one}
    found: dict[str, str] = {}
    for family in families(groups, "selection"):
        for label, runs in family.items():
            rest = {other: its for other, its in family.items() if other != label}
            alike = {other: its for other, its in rest.items() if its[0].setting(_SCHEME) == runs[0].setting(_SCHEME)}
            null = control(rest) or control(alike)
            if null is not None and not runs[0].setting(_SHUFFLED):
                found[label] = null
    return found


def unlike(run: Run, null: Run) -> str | None:
    """Whose chances a shuffled null deals out, as "a tournament of 3", if they are not those of the run; or None."""
    if not null.setting(_SHUFFLED) or _dealing(run) == _dealing(null):
        return None
    return _dealing(null)


def _dealing(run: Run) -> str:
    """The scheme of a run and how unequal it makes chances, apart from scores."""
    scheme, size = str(run.setting(_SCHEME)), run.setting("selection.tournament_size")
    if scheme == "tournament":
        return f"a tournament of {size}"
    if scheme == "truncation":
        return f"truncation at {run.setting('selection.truncation'):g}"
    told = {**run.setting("selection.parameters"), **({"tournament size": size} if scheme == "novelty" else {})}
    given = ", ".join(f"{key} {value}" for key, value in told.items())
    return f"{plugins.short(scheme)}{f' ({given})' if given else ''}"


def _told(run: Run) -> dict[str, Any]:
    """A run's flat configuration, its scheme by the name that `Run.scheme` has, and the source of what is its own."""
    flat = _flat(run.config) | {_SCHEME: run.scheme}
    own = {f"{key}{_SOURCE}": each["sha256"][:8] for key, each in run.manifest["objects"].items()}
    return {
        key: value for key, value in {**flat, **own}.items() if key != _SHUFFLED and not key.startswith("measures.")
    }


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if name not in NOT_TREATMENT:
            out |= _flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return out


def _silent(config: Mapping[str, Any]) -> Sequence[str]:
    """Keys that change nothing under a scheme or in a network: left out of a label as long as it stays unique."""
    word = str(config.get(_SCHEME))
    keys = UNUSED.get(word.removeprefix("shuffled").strip() or "tournament", UNUSED["drift"])
    return [
        *unseen(str(config.get("quine.network", DENSE))),
        *(f"selection.{key}" for key in (*keys, *(["accuracy_weight"] if _is_shuffled(word) else []))),
    ]


def _is_shuffled(scheme: str) -> bool:
    return scheme.split(" ")[0] == "shuffled"


def _label(config: Mapping[str, Any], differing: Sequence[str], silent: Sequence[str]) -> str:
    parts = []
    for key in differing:
        if key in config and key not in silent:
            name, word = SHORT.get(key, key.rpartition(".")[2].replace("_", " ")), _word(config[key])
            parts.append(f"{name}={word}" if name else word)
    return ", ".join(parts)


def _word(value: Any, named: Callable[[str], str] = plugins.short) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else named(str(value))
