"""`alife bench`: what this machine and this program are good for, a figure a line."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from alife.cli.common import Command

BENCHES = {
    "checkpoints": ("populations.bench.checkpoints",),
    "life": ("populations.bench.run", "alife.bench.life"),
}
"""Name of a bench → the modules whose `bench()` yields its figures, each a dict with "name", "value" and "unit", and
"passed" where it is a test; the command ends with 1 if one has not."""


def add(command: Command) -> None:
    """Add them to the parser."""
    bench = command(
        "bench",
        _bench,
        "Measure this machine and this program: one line a figure.",
        "  alife bench checkpoints      what commits cost in a run of the defaults\n"
        "  alife bench life             lives and emission against what this machine can do\n"
        "  alife bench life --json      the same as JSON lines",
    )
    bench.add_argument("name", metavar="NAME", choices=sorted(BENCHES), help=f"one of {', '.join(sorted(BENCHES))}")
    bench.add_argument("--json", action="store_true", help="print JSON lines")


def _bench(arguments: argparse.Namespace) -> int:
    return report(BENCHES[arguments.name], arguments.json)


def report(modules: Sequence[str], as_json: bool) -> int:
    """Print the figures of some modules' `bench()`, one a line.

    Returns:
        The exit code: 1 if one that is a test has not passed.
    """
    import importlib
    import json

    failed = False
    for module in modules:
        for figure in importlib.import_module(module).bench():
            failed |= figure.get("passed") is False
            print(json.dumps(figure) if as_json else _line(figure), flush=True)
    return int(failed)


def main(command: str, modules: Mapping[str, str], words: Sequence[str]) -> int:
    """Print the figures of the one bench that `words` names; with --json as JSON lines.

    Args:
        command: As it is called.
        modules: Name of a bench → the module whose `bench()` yields its figures.
        words: What came after the command.

    Returns:
        The exit code, as of `report`; 2 if no bench is named.
    """
    names = [word for word in words if word != "--json"]
    if len(names) != 1 or names[0] not in modules:
        print(f"usage: {command} {'|'.join(modules)} [--json]", file=sys.stderr)
        return 2
    return report((modules[names[0]],), "--json" in words)


def _line(figure: dict[str, Any]) -> str:
    """A figure for a person: its value, the quartiles, what was to be reached, and what else there is to say."""
    rest = [f"{figure['low']:.4g}–{figure['high']:.4g}"] if "low" in figure else []
    if "floor" in figure:
        rest.append(f"floor {figure['floor']:g} {'holds' if figure['holds'] else 'DOES NOT HOLD'}")
        rest.append(f"goal {figure['goal']:g} {'reached' if figure['reached'] else 'not reached'}")
    rest += [str(figure["note"])] if "note" in figure else []
    rest += [f"{key} {value}" for key, value in figure.items() if key not in _SAID]
    value = "not measured" if figure["value"] is None else f"{figure['value']:.4g} {figure['unit']}"
    return f"{figure['name']}: {value}" + (f" ({'; '.join(rest)})" if rest else "")


_SAID = {"name", "value", "unit", "low", "high", "n", "floor", "holds", "goal", "reached", "note"}
