"""`alife show`, `plot`, `report`, `view`, `export`: how a run is looked at and handed over."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from alife.cli import paths
from alife.cli.common import FORMATS, Command, drawing, figures, load, output
from alife.cli.logs import say
from alife.errors import UserError, written
from alife.words import count

TREES: Final = ("alife", "newick", "nexus", "auspice", "taxonium", "tskit", "parquet")
NETWORKS: Final = ("safetensors", "torch", "onnx")
"""What a phylogeny, and networks, may be exported as; that torch is not imported for the flags, they stand here too."""
FITTEST: Final = "fittest"


def add(command: Command) -> None:
    """Add them to the parser."""
    show = command(
        "show",
        _show,
        "Print the state of a run as a table, or its identity.",
        "  alife show runs/a\n  alife show runs/a --digest --last 29",
    )
    show.add_argument("run", metavar="RUN", type=paths.folder, help="a run's folder: a path or an fsspec URI")
    show.add_argument(
        "--digest", action="store_true", help="print SHA-256 over all births: equal means identical births"
    )
    show.add_argument("--first", type=int, metavar="G", help="with --digest: from this generation on")
    show.add_argument("--last", type=int, metavar="G", help="with --digest: up to this generation")

    plot = command(
        "plot",
        _plot,
        "Make figures of a run (PNG, SVG and PDF).",
        "  alife plot runs/a\n"
        "  alife plot runs/a plane traits --out figures\n"
        "  alife plot runs/a muller --format png --dpi 600\n"
        "  alife plot runs/a plane --animate plane.gif    generation by generation\n"
        "  alife plot --list",
    )
    plot.add_argument(
        "run", metavar="RUN", nargs="?", type=paths.folder, help="a run's folder: a path or an fsspec URI"
    )
    plot.add_argument("names", metavar="NAME", nargs="*", help="which figures (default: all that the main job makes)")
    plot.add_argument("--out", metavar="DIR", type=paths.folder, help="where to put them (default RUN/figures)")
    drawing(plot, "all")
    plot.add_argument(
        "--animate", metavar="FILE", type=paths.given, help="the plane generation by generation, as a .gif or .mp4"
    )
    plot.add_argument("--list", action="store_true", help="list the figures that there are")

    report = command(
        "report",
        _report,
        "Write a run, or a sweep, as one HTML page that opens without network, with its figures beside it.",
        "  alife report runs/a                                RUN/report.html, RUN/figures\n"
        "  alife report sweeps/a --out talk/sweep.html        talk/sweep.html, talk/sweep-figures",
    )
    report.set_defaults(printed=False)
    report.add_argument(
        "path", metavar="RUN|SWEEP", type=paths.folder, help="the folder of either: a path or an fsspec URI"
    )
    report.add_argument(
        "--out", metavar="FILE", type=paths.given, help="the page to write; one of that name is replaced"
    )
    drawing(report, "all; the page holds PNG")

    view = command(
        "view",
        _view,
        "Write every birth of a run, or of a sweep, as one HTML page: search, colour, zoom, walk to the root, offline.",
        "  alife view runs/a --out lineage.html\n"
        "  alife view runs/a-fork --beside runs/a --out fork.html     two runs, one time\n"
        "  alife view sweeps/a --out sweep.html                       its runs, to choose from",
    )
    view.set_defaults(printed=False)
    view.add_argument(
        "path", metavar="RUN|SWEEP", type=paths.folder, help="the folder of either: a path or an fsspec URI"
    )
    view.add_argument("--beside", metavar="RUN", type=paths.folder, help="another run, to stand beside the first")
    view.add_argument(
        "--out", required=True, metavar="FILE", type=paths.given, help="the page to write; one of that name is replaced"
    )

    export = command(
        "export",
        _export,
        "Hand over the phylogeny of a run, or individuals of it as networks.",
        "  alife export runs/a --format alife --out phylogeny.csv      the ALife data standard\n"
        "  alife export runs/a --format newick --out tree.nwk --pruned  survivors and their ancestors alone\n"
        "  alife export runs/a --format nexus --out tree.nex           for FigTree, BEAST, DendroPy\n"
        "  alife export runs/a --format auspice --out tree.json --pruned  for auspice.us\n"
        "  alife export runs/a --format taxonium --out tree.jsonl      for taxonium.org\n"
        "  alife export runs/a --format tskit --out run.trees          for tskit\n"
        "  alife export runs/a --format safetensors --id fittest --out fittest.safetensors  genome of birth and adult",
    )
    export.add_argument("run", metavar="RUN", type=paths.folder, help="a run's folder: a path or an fsspec URI")
    export.add_argument(
        "--format",
        choices=[*TREES, *NETWORKS],
        required=True,
        help=f"of the file: the phylogeny as {', '.join(TREES)}, or networks as {', '.join(NETWORKS)}",
    )
    export.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        type=paths.given,
        help="the file to write; one of that name is replaced; - is standard output",
    )
    export.add_argument("--pruned", action="store_true", help="only the last generation and its ancestors")
    export.add_argument(
        "--id",
        metavar="ID[,ID…]|fittest",
        type=_ids,
        help="whose network, of the formats of networks (default fittest: of the last generation)",
    )


def _ids(text: str) -> list[int | str]:
    words = list(dict.fromkeys(text.split(",")))
    if wrong := [word for word in words if word != FITTEST and not (word.isascii() and word.isdigit())]:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r}: ids of births, as in 42,1048577, or fittest")
    return [word if word == FITTEST else int(word) for word in words]


def _show(arguments: argparse.Namespace) -> None:
    if arguments.digest:
        from populations.record.writer import digest

        print(digest(arguments.run, arguments.first or 0, arguments.last))
        return
    if arguments.first is not None or arguments.last is not None:
        raise UserError("--first, --last: they choose generations of a --digest: give it too, or leave them out")
    from analysis.report import summary as show
    from populations.record import lease
    from populations.record.reader import read_manifest
    from populations.record.storage import open_folder

    run, gone = show.load(arguments.run), ""
    if run.manifest["status"] == "running":
        with suppress(OSError, UserError):  # a record that can be read, and a lock that cannot
            gone = lease.abandoned(open_folder(arguments.run))
        if gone and read_manifest(arguments.run)["status"] != "running":  # it has ended just now
            run, gone = show.load(arguments.run), ""
    show.print_run(run, gone=gone)


def _plot(arguments: argparse.Namespace) -> None:
    if arguments.list or not arguments.run:
        from analysis.figures.registry import PLOTS

        for name, plot in PLOTS.items():
            print(f"{name:12} {plot.description}")
        return
    if arguments.animate:
        _animate(arguments)
        return
    figures(arguments.run, arguments.names, arguments.out, arguments.format or FORMATS, arguments.dpi)


def _animate(arguments: argparse.Namespace) -> None:
    from analysis.figures.animation import DPI, animate

    if arguments.names not in ([], ["plane"]) or arguments.out or arguments.format:
        raise UserError("--animate: draws the plane alone, into the file that it names: leave the rest out")
    shown = animate(load(arguments.run), arguments.animate, arguments.dpi or DPI)
    say(f"{count(shown, 'generation')} in {arguments.animate}")


def _report(arguments: argparse.Namespace) -> None:
    from analysis.report import report
    from populations.record.writer import digest

    page = report(arguments.path, arguments.out, digest, arguments.format or FORMATS, arguments.dpi)
    print(page, file=output(arguments))


def _view(arguments: argparse.Namespace) -> None:
    from analysis.viewer import view

    print(view(arguments.path, arguments.out, arguments.beside), file=output(arguments))


def _export(arguments: argparse.Namespace) -> None:
    run = load(arguments.run)
    with _file(arguments.out) as path:
        if arguments.format in NETWORKS:
            done = f"{count(_networks(arguments, run, path), 'network')} handed on"
        else:
            done = f"{count(_tree(arguments, run, path), 'individual')} read"
    to = "" if arguments.out == paths.STANDARD else f", {arguments.out} written"
    say(f"{done}{to}")


def _tree(arguments: argparse.Namespace, run: Any, path: str) -> int:
    """Write a phylogeny; how many are in it."""
    from analysis.lineage.export import export
    from analysis.lineage.nested import About
    from analysis.lineage.phylogeny import of_run

    if arguments.id:
        raise UserError(f"--id: chooses networks, of --format {', '.join(NETWORKS)}; a phylogeny has everybody")
    tree = of_run(run)
    about = About(run.name, run.manifest.get("updated", ""))
    export(tree, path, arguments.format, arguments.pruned, about)
    return len(tree)


def _networks(arguments: argparse.Namespace, run: Any, path: str) -> int:
    """Write networks; how many."""
    from alife.individuals import export_individuals

    if arguments.pruned:
        raise UserError(f"--pruned: of a phylogeny, as --format {', '.join(TREES)}; --id chooses networks")
    chosen = [run.fittest() if one == FITTEST else run.individual(one) for one in arguments.id or [FITTEST]]
    chosen = list({one.id: one for one in chosen}.values())
    export_individuals(chosen, path, arguments.format)
    return len(chosen)


@contextmanager
def _file(path: str) -> Iterator[str]:
    """A file to write: `path`, or one whose content goes there in the end where a pipe or a device is meant.

    Raises:
        UserError: The pipe or device takes nothing.
    """
    if path != paths.STANDARD and (not os.path.exists(path) or os.path.isfile(path) or os.path.isdir(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/export"
        with open(f"{folder}/export", "rb") as source:
            if path == paths.STANDARD:
                sys.stdout.flush()
                shutil.copyfileobj(source, sys.stdout.buffer)
                return
            with written(path), open(path, "wb") as target:
                shutil.copyfileobj(source, target)
