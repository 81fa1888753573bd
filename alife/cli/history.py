"""`alife history`: how a run has evolved, by every measure that its record of births allows."""

import argparse
import json

from alife.cli import paths
from alife.cli.common import Command, load


def add(command: Command) -> None:
    """Add it to the parser."""
    history = command(
        "history",
        _history,
        "Print how a run has evolved: change, novelty, activity, sweeps, selection coefficients, G and P.",
        "  alife history runs/a\n"
        "  alife history runs/a clades sweep_rate --shadows 999   some measures, and more neutral shadows beside them\n"
        "  alife history runs/a --json > history.json             every row of every measure\n"
        "  alife history --list",
    )
    history.add_argument(
        "run", metavar="RUN", nargs="?", type=paths.folder, help="a run's folder: a path or an fsspec URI"
    )
    history.add_argument("names", metavar="MEASURE", nargs="*", help="which measures (default all)")
    history.add_argument("--json", action="store_true", help="one JSON object, with null where there is no value")
    history.add_argument(
        "--span", type=int, metavar="G", help="generations of a step, a cohort, a window (default an eighth, 3 to 50)"
    )
    history.add_argument(
        "--shadows", type=int, metavar="N", help="neutral shadows of each measure (default 39 or 99, by measure)"
    )
    history.add_argument(
        "--chances",
        choices=["uniform", "dealt"],
        default="uniform",
        help="of parents in shadows: alike, or as unequal as the scheme's (default uniform)",
    )
    history.add_argument("--list", action="store_true", help="list the measures that there are")


def _history(arguments: argparse.Namespace) -> None:
    from analysis.evolution.history import MEASURES
    from analysis.report.history import plain, print_history

    if arguments.list or not arguments.run:
        for name, measure in MEASURES.items():
            print(f"{name:15} {measure.description}")
        return
    names = arguments.names or None
    asked = {"names": names, "span": arguments.span, "shadows": arguments.shadows, "chances": arguments.chances}
    run = load(arguments.run)
    if arguments.json:
        print(json.dumps(plain(run, **asked), ensure_ascii=False, allow_nan=False))
        return
    print_history(run, **asked)
