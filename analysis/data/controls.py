"""Treatments that are compared: which differ by what, which is whose control, and which runs are partners."""

from collections.abc import Iterable, Sequence

from alife import plugins
from analysis.data import projections
from analysis.data.labels import SCHEME, SHUFFLED
from analysis.data.run import Run
from analysis.data.treatments import Groups, alike, flat


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
    keyed = {label: flat(runs[0].config) for label, runs in groups.items()}
    if len(alike([*keyed.values()])) < len(keyed):
        of_all = {label: {projections.KEY: projections.of_all(groups[label])} for label in keyed}
        keyed = {label: config | of_all[label] for label, config in keyed.items()}
    found: dict[str, dict[str, Sequence[Run]]] = {}
    for label, runs in groups.items():
        rest = {
            key: value
            for key, value in keyed[label].items()
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
            own = {other: its for other, its in rest.items() if its[0].setting(SCHEME) == runs[0].setting(SCHEME)}
            null = control(rest) or control(own)
            if null is not None and not runs[0].setting(SHUFFLED):
                found[label] = null
    return found


def unlike(run: Run, null: Run) -> str | None:
    """Whose chances a shuffled null deals out, as "a tournament of 3", if they are not those of the run; or None."""
    if not null.setting(SHUFFLED) or _dealing(run) == _dealing(null):
        return None
    return _dealing(null)


def _dealing(run: Run) -> str:
    """The scheme of a run and how unequal it makes chances, apart from scores."""
    scheme, size = str(run.setting(SCHEME)), run.setting("selection.tournament_size")
    if scheme == "tournament":
        return f"a tournament of {size}"
    if scheme == "truncation":
        return f"truncation at {run.setting('selection.truncation'):g}"
    told = {**run.setting("selection.parameters"), **({"tournament size": size} if scheme == "novelty" else {})}
    given = ", ".join(f"{key} {value}" for key, value in told.items())
    return f"{plugins.short(scheme)}{f' ({given})' if given else ''}"
