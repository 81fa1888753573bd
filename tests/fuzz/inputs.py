"""Malformed inputs by kind, and what became of each: `python -m tests.fuzz.inputs [--each N] [--seed S]` prints the
table.

An input is refused with one line that names it, or it is accepted and then proven to mean exactly what it says: a
configuration against YAML's own reading of it, a file of a run against the undamaged run. Anything else
ends the search.
"""

import argparse
import contextlib
import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import yaml

from alife.configuration.keys import RunConfig, dump, leaves, located, parse_config
from alife.configuration.parsing import load_yaml, merge, nest
from alife.evolution.selection import named
from populations.studies.plan import parse_plan, plain
from tests.fuzz import idx
from tests.support.malformed import Outcomes, damaged, refused
from tests.support.malformed_runs import checkpoint_tensors, files_of_a_run, names_of_parts


def idx_files(count: int, seed: int) -> Outcomes:
    """Files of images and labels; `fuzz_idx.check` proves what is accepted."""
    counts = idx.search(count, seed)
    yield from [True] * counts["accepted"] + [False] * counts["refused"]


def configuration_files(count: int, seed: int) -> Outcomes:
    """Damaged YAML of a whole configuration."""
    whole = dump(RunConfig()).encode()
    for data in damaged(whole, count, seed):
        text = data.decode(errors="replace")
        found: list[RunConfig] = []
        if refused(lambda text=text, found=found: found.append(parse_config(load_yaml(text, "f"), "f")), "f: "):
            yield False
        else:
            same(found[0], yaml.safe_load(text) or {})
            yield True


_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.0, -0.0, 0.5, 1e-3, 5.0, 1e308, -1e-9),
    *(
        math.nan,
        math.inf,
        -math.inf,
        "",
        "0",
        "5",
        "1e-3",
        "true",
        "null",
        "nan",
        "auto",
        "mnist",
        "adam",
        "ring",
        "\n",
    ),
    *("../../etc", "a" * 1000, "é\u202e", [], ["mutation"], ["mutation", "mutation"], [1], {}, {"a": 1}, [[[]]], b"\0"),
)


def configuration_values(count: int, seed: int) -> Outcomes:
    """A value of any type under any key, and under keys that are none."""
    draw = random.Random(seed)
    keys = [key for key, *_ in leaves()] + ["life", "ray", "", "life.", "life.step", "__class__", "quine.hidden.x"]
    for _ in range(count):
        data = nest({draw.choice(keys): draw.choice(_VALUES)})
        if draw.random() < 0.3:
            data = merge(data, nest({draw.choice(keys): draw.choice(_VALUES)}))
        found: list[RunConfig] = []
        if refused(lambda data=data, found=found: found.append(parse_config(data, "f")), "f: "):
            yield False
        else:
            same(found[0], data)
            yield True


def same(config: RunConfig, data: dict[str, Any], prefix: str = "") -> None:
    """Every value is in the configuration as it was given, of the same kind."""
    for key, value in data.items():
        if isinstance(value, dict):
            same(config, value, f"{prefix}{key}.")
            continue
        found = named(config.selection) if value == "shuffled" else plain(config, f"{prefix}{key}")
        if f"{prefix}{key}" == "task" and isinstance(value, str):
            value = located(value)
        if isinstance(found, float) and isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = float(value)
        number = isinstance(found, int | float) and not isinstance(found, bool)
        alike = isinstance(value, int | float) and not isinstance(value, bool) if number else type(value) is type(found)
        assert alike, f"{prefix}{key}: {value!r} was taken for {found!r}"
        assert value == found, f"{prefix}{key}: {value!r} was taken for {found!r}"


_SWEEP = b"""\
base: {generations: 5, life: {steps: 7}, life.images: 9}
treatments:
  w0: {selection.accuracy_weight: 0}
  shuffled: {selection: {scheme: shuffled}}
grid:
  life.task_weight: [0.1, 1]
seeds: [4, 2]
quick: {treatments: [w0], seeds: 1}
"""


def sweep_files(count: int, seed: int) -> Outcomes:
    """Damaged YAML of a sweep; of what is accepted, every run has the base's keys and those of its treatment."""
    for data in damaged(_SWEEP, count, seed):
        text = data.decode(errors="replace")
        found: list[Any] = []
        if refused(lambda text=text, found=found: found.append(parse_plan(text, "f")), "f: "):
            yield False
            continue
        says, plan = yaml.safe_load(text) or {}, found[0]
        for run in plan.runs():
            name = run.treatment.split(",")[0]
            own = (says.get("treatments") or {}).get(name) or {}
            own = own if isinstance(own, dict) else {}
            base = {k: v for k, v in _dotted(says.get("base") or {}).items() if k not in plan.treatments[run.treatment]}
            same(run.config, nest({**base, **_dotted(own)}))
        yield True


def _dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in tree.items():
        out |= _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return out


KINDS: dict[str, Callable[[int, int], Outcomes]] = {
    "IDX files": idx_files,
    "configuration files": configuration_files,
    "configuration values": configuration_values,
    "sweep files": sweep_files,
    "files of a run": files_of_a_run,
    "tensors of a checkpoint": checkpoint_tensors,
    "names of parts": names_of_parts,
}


def search(each: int, seed: int = 0) -> dict[str, Counter[str]]:
    """Try `each` inputs of every kind.

    Returns:
        How many of each kind were "refused" and how many "accepted", those proven to mean what they say.

    Raises:
        Exception: On the first that was neither.
    """
    return {
        name: Counter("accepted" if accepted else "refused" for accepted in kind(each, seed))
        for name, kind in KINDS.items()
    }


def table(counts: dict[str, Counter[str]]) -> str:
    """One line a kind, and their sum."""
    lines = [f"{'kind':25} {'tried':>7} {'refused':>8} {'proven':>7}"]
    for name, count in {**counts, "all": sum(counts.values(), Counter())}.items():
        lines.append(f"{name:25} {count.total():7,} {count['refused']:8,} {count['accepted']:7,}")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=2_000, help="inputs of each kind (default 2000)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(table(search(options.each, options.seed)))


if __name__ == "__main__":
    main()
