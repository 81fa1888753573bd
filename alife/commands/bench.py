"""`alife bench`: what this machine and this program are good for, a figure a line."""

import argparse

from alife.commands.common import Command

BENCHES = {
    "checkpoints": "populations.bench_checkpoints",
    "faults": "populations.bench_faults",
    "lineage": "analysis.bench_lineage",
    "soak": "populations.bench_soak",
}
"""Name of a bench → the module whose `bench()` yields its figures, each a dict with "name", "value" and "unit", and
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
        "  alife bench lineage          records of a million births: load, check, measure, hand over, draw\n"
        "  alife bench lineage --json   the same as JSON lines",
    )
    bench.add_argument("name", metavar="NAME", choices=sorted(BENCHES), help=f"one of {', '.join(sorted(BENCHES))}")
    bench.add_argument("--json", action="store_true", help="print JSON lines")


def _bench(arguments: argparse.Namespace) -> int:
    import importlib
    import json

    failed = False
    for figure in importlib.import_module(BENCHES[arguments.name]).bench():
        failed |= figure.get("passed") is False
        if arguments.json:
            print(json.dumps(figure), flush=True)
            continue
        rest = ", ".join(f"{key} {value}" for key, value in figure.items() if key not in ("name", "value", "unit"))
        print(f"{figure['name']}: {figure['value']:.4g} {figure['unit']}" + (f" ({rest})" if rest else ""), flush=True)
    return int(failed)
