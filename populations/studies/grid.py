"""From the sections of a sweep's YAML to treatments and seeds: names, dotted keys, the grid, and all that is refused.

`populations.studies.plan` calls `treatments_of` and `seeds_of` to spell a sweep out.
"""

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from alife.configuration.keys import leaves
from alife.configuration.parsing import flatten, renamed
from alife.configuration.problems import shown
from alife.errors import UserError

SECTIONS: Final = ("base", "treatments", "grid", "seeds", "assays", "quick")
MAX_RUNS: Final = 100_000
NEEDS: Final = ("ray.hosts", "ray.cpus_per_host", "ray.gpus_per_host")
"""What a treatment may ask of the cluster for itself."""
ONLY: Final = "base"
"""What the one treatment of a sweep without `treatments` and `grid` is called."""

_KEYS: Final = {key for key, *_ in leaves()}
_NAME = re.compile(r"\w[\w.=+,-]*")
_LONGEST = 150


def check_sections(data: Mapping[str, Any], allowed: Sequence[str], source: str) -> None:
    """Refuse keys that are not among those allowed."""
    for key in data:
        if key not in allowed:
            raise UserError(f"{source}: {key}: unknown; a sweep has {', '.join(allowed)}")


def quickened(data: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The sections with `quick` laid over them.

    Its base's keys go before the base's, its grid, seeds and assays replace theirs; its treatments replace them too,
    or, as a list of names, choose among them.

    Raises:
        UserError: There is no such section, or it names what is not there.
    """
    quick = data.get("quick")
    if not isinstance(quick, Mapping):
        raise UserError(f"{source}: it has no 'quick:' section with keys and values: leave --quick out")
    where = f"{source}: quick"
    check_sections(quick, SECTIONS[:-1], where)
    out = {key: value for key, value in data.items() if key != "quick"} | dict(quick)
    out["base"] = flat(data.get("base"), f"{source}: base") | flat(quick.get("base"), f"{where}: base")
    chosen, there = quick.get("treatments"), data.get("treatments")
    if isinstance(chosen, list):
        known = there if isinstance(there, Mapping) else {}
        for name in chosen:
            if not isinstance(name, str) or name not in known:
                raise UserError(
                    f"{where}: treatments: {name}: there is no such treatment: choose among {', '.join(known)}"
                )
        out["treatments"] = {name: known[name] for name in chosen}
        _refuse_repeats(chosen, f"{where}: treatments")
    return out


def treatments_of(data: Mapping[str, Any], source: str, unshuffled: bool = False) -> dict[str, dict[str, Any]]:
    """The dotted keys of every treatment under every combination of the grid, by name.

    Args:
        data: The sections of a sweep.
        source: What to name in an error.
        unshuffled: Whether a treatment that names a scheme means it unshuffled, as its base says `scheme: shuffled`.

    Raises:
        UserError: A name cannot be a folder's, a key is set twice, or is not a treatment's to set.
    """
    named = data.get("treatments") or {}
    if not isinstance(named, Mapping):
        raise UserError(f"{source}: treatments: expected names, each with its keys, as in 'w0: {{…}}'")
    treatments = {_checked(name, f"{source}: treatments"): keys for name, keys in named.items()}
    keys_of = {name: flat(keys, f"{source}: treatment {name}") for name, keys in treatments.items()}
    grid = _grid(data, source)
    if math.prod(len(values) for values in grid.values()) * max(1, len(keys_of)) > MAX_RUNS:
        raise UserError(f"{source}: grid: more than {MAX_RUNS:,} runs: name fewer values")
    out: dict[str, dict[str, Any]] = {}
    for name, keys in (keys_of or {"": {}}).items():
        for point in itertools.product(*grid.values()):
            setting = dict(zip(grid, point, strict=True))
            for key in keys.keys() & setting.keys():
                raise UserError(f"{source}: treatment {name}: {key} is in the grid too: keep it in one place")
            words = [name] * bool(name) + [f"{key}={_word(value)}" for key, value in setting.items()]
            full = ",".join(words) or ONLY
            if full in out:
                raise UserError(f"{source}: two treatments would be called {full}: name them under 'treatments:'")
            if len(full.encode()) > _LONGEST:
                raise UserError(f"{source}: {full[:60]}…: too long for a folder: name it under 'treatments:'")
            own = keys | setting
            plain = {"selection.shuffled": False} if unshuffled and "selection.scheme" in own else {}
            out[full] = renamed(plain | own)
    _check_keys(out, source)
    return out


def _grid(data: Mapping[str, Any], source: str) -> dict[str, list[Any]]:
    grid = flat(data.get("grid"), f"{source}: grid")
    for key, values in grid.items():
        if not isinstance(values, list) or not values:
            raise UserError(f"{source}: grid: {key}: {shown(values)}: expected a list of values")
        _refuse_repeats(values, f"{source}: grid: {key}")
    return grid


def _check_keys(treatments: Mapping[str, Mapping[str, Any]], source: str) -> None:
    for name, keys in treatments.items():
        for key in keys:
            if key == "seed":
                raise UserError(f"{source}: treatment {name}: seed: say 'seeds:' beside 'base:' instead")
            if (key == "ray" or key.startswith("ray.")) and key not in NEEDS:
                raise UserError(
                    f"{source}: treatment {name}: {key}: all runs share one cluster: say it in 'base:'; a treatment "
                    f"may have {', '.join(NEEDS)} of its own"
                )


def seeds_of(data: Mapping[str, Any], source: str) -> tuple[int, ...]:
    """The seeds: 0 … K-1 of a number K, or those listed.

    Raises:
        UserError: There is none, or one is there twice.
    """
    given = data.get("seeds", 1)
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MAX_RUNS:
        return tuple(range(given))
    if not isinstance(given, list) or not given:
        raise UserError(
            f"{source}: seeds: {shown(given)} is not allowed: a number from 1 to {MAX_RUNS}, or a list of seeds"
        )
    for seed in given:
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 1 << 63:
            raise UserError(f"{source}: seeds: {shown(seed)} is not allowed: a whole number from 0 on")
    _refuse_repeats(given, f"{source}: seeds")
    return tuple(given)


def flat(tree: Any, source: str) -> dict[str, Any]:
    """{"life": {"steps": 3}} and {"life.steps": 3} → {"life.steps": 3}; sections without keys are left out.

    Raises:
        UserError: It is no mapping, or sets a key twice.
    """
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise UserError(f"{source}: {shown(tree)} is not allowed: expected configuration keys and their values")
    pairs = flatten(tree, source).items()
    return {key: value for key, value in pairs if key in _KEYS or not (isinstance(value, Mapping) and not value)}


def _checked(name: Any, source: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or ".." in name:
        raise UserError(
            f"{source}: {shown(name)} cannot name a folder: a letter or digit, then letters, digits and .=+,-_"
        )
    return name


def _word(value: Any) -> str:
    """A value as part of a folder's name."""
    if isinstance(value, list):
        text = "+".join(map(str, value)) or "none"
    else:
        text = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    return re.sub(r"[^\w.=+,-]+|\.\.+", "-", text)


def _refuse_repeats(values: Sequence[Any], source: str) -> None:
    seen: set[str] = set()
    for value in values:
        word = repr(int(value) if isinstance(value, int | float) and value == value // 1 else value)
        if word in seen:
            raise UserError(f"{source}: {shown(value)} is there twice: keep one")
        seen.add(word)
