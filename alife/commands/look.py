"""`alife show`, `plot`, `report`, `export`: how a run is looked at and handed over."""

import argparse
import sys

from alife.commands.common import Command, figures, load


def add(command: Command) -> None:
    """Add them to the parser."""
    show = command(
        "show",
        _show,
        "Print the state of a run as a table, or its identity.",
        "  alife show runs/a\n  alife show runs/a --digest --last 29",
    )
    show.add_argument("run", metavar="RUN")
    show.add_argument(
        "--digest", action="store_true", help="print SHA-256 over all births: equal means identical births"
    )
    show.add_argument("--first", type=int, default=0, metavar="G", help="with --digest: from this generation on")
    show.add_argument("--last", type=int, metavar="G", help="with --digest: up to this generation")

    plot = command(
        "plot",
        _plot,
        "Make figures of a run (PNG, SVG and PDF).",
        "  alife plot runs/a\n  alife plot runs/a plane traits --out figures\n  alife plot --list",
    )
    plot.add_argument("run", metavar="RUN", nargs="?")
    plot.add_argument("names", metavar="NAME", nargs="*", help="which figures (default: all that the main job makes)")
    plot.add_argument("--out", metavar="DIR", help="where to put them (default RUN/figures)")
    plot.add_argument("--list", action="store_true", help="list the figures that there are")

    report = command(
        "report",
        _report,
        "Write a run, or a sweep, as one HTML page that opens without network, with its figures beside it.",
        "  alife report runs/a                                RUN/report.html, RUN/figures\n"
        "  alife report sweeps/a --out talk/sweep.html        talk/sweep.html, talk/sweep-figures",
    )
    report.add_argument("path", metavar="RUN|SWEEP")
    report.add_argument("--out", metavar="FILE", help="the page to write; one of that name is replaced")

    export = command(
        "export",
        _export,
        "Hand over the phylogeny of a run.",
        "  alife export runs/a --format alife --out phylogeny.csv      the ALife data standard\n"
        "  alife export runs/a --format newick --out tree.nwk --pruned  survivors and their ancestors alone",
    )
    export.add_argument("run", metavar="RUN")
    export.add_argument("--format", choices=["alife", "newick", "parquet"], required=True)
    export.add_argument("--out", required=True, metavar="FILE", help="the file to write; one of that name is replaced")
    export.add_argument("--pruned", action="store_true", help="only the last generation and its ancestors")


def _show(arguments: argparse.Namespace) -> None:
    if arguments.digest:
        from populations.records import digest

        print(digest(arguments.run, arguments.first, arguments.last))
        return
    from analysis.show import print_run

    print_run(load(arguments.run))


def _plot(arguments: argparse.Namespace) -> None:
    if arguments.list or not arguments.run:
        from analysis.plots import PLOTS

        for name, plot in PLOTS.items():
            print(f"{name:12} {plot.description}")
        return
    figures(arguments.run, arguments.names, arguments.out)


def _report(arguments: argparse.Namespace) -> None:
    from analysis.report import report
    from populations.records import digest

    print(report(arguments.path, arguments.out, digest))


def _export(arguments: argparse.Namespace) -> None:
    from analysis.export import export
    from analysis.lineage import of_run

    tree = of_run(load(arguments.run))
    path = export(tree, arguments.out, arguments.format, arguments.pruned)
    print(f"{len(tree)} individuals read, {path} written", file=sys.stderr)
