"""`alife bench`: what this machine and this program are good for, a figure a line."""

import argparse
from typing import Any

from alife.commands.common import Command

BENCHES = {
    "analysis": ("analysis.bench_analysis",),
    "checkpoints": ("populations.bench_checkpoints",),
    "faults": ("populations.bench_faults",),
    "life": ("populations.bench_run", "alife.bench.life"),
    "lineage": ("analysis.bench_lineage",),
    "soak": ("populations.bench_soak",),
}
"""Name of a bench → the modules whose `bench()` yields its figures, each a dict with "name", "value" and "unit", and
"passed" where it is a test; the command ends with 1 if one has not."""


def add(command: Command) -> None:
    """Add them to the parser."""
    bench = command(
        "bench",
        _bench,
        "Measure this machine and this program: one line a figure.",
        "  alife bench faults           hosts, nodes, drivers and disks that fail: the same births all the same\n"
        "  alife bench soak             a host killed every 20 of 1,000 generations, and what leaks\n"
        "  alife bench checkpoints      what commits cost in a run of the defaults\n"
        "  alife bench life             lives and emission against what this machine can do\n"
        "  alife bench analysis         a record of six million births: load, split change, hypervolume, attainment\n"
        "  alife bench lineage          records of a million births: load, check, measure, hand over, draw\n"
        "  alife bench lineage --json   the same as JSON lines",
    )
    bench.add_argument("name", metavar="NAME", choices=sorted(BENCHES), help=f"one of {', '.join(sorted(BENCHES))}")
    bench.add_argument("--json", action="store_true", help="print JSON lines")


def _bench(arguments: argparse.Namespace) -> int:
    import importlib
    import json

    failed = False
    for module in BENCHES[arguments.name]:
        for figure in importlib.import_module(module).bench():
            failed |= figure.get("passed") is False
            print(json.dumps(figure) if arguments.json else _line(figure), flush=True)
    return int(failed)


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
