"""`alife paper`: the seed paper's experiments beside its own numbers."""

import argparse

from alife.cli import flags, paths
from alife.cli.common import Command, backend, listeners, output, stopped_by
from alife.cli.logs import say


def add(command: Command) -> None:
    """Add it to the parser."""
    from alife.seed_paper.registry import EXPERIMENTS

    listed = "\n".join(f"  {name:<10} {experiment.title}" for name, experiment in EXPERIMENTS.items())
    paper = command(
        "paper",
        _paper,
        "Reproduce the seed paper (Chang & Lipson 2018): a table, a figure an experiment, and a page.",
        "  alife paper all --out paper --quick        minutes; what is shortened says so\n"
        "  alife paper E3 --out paper-full --full     the paper's lengths; the same command goes on after a stop\n"
        f"\n{listed}\n  all        all of these (the default); what one begins from is done too",
    )
    paper.add_argument("names", metavar="NAME", nargs="*", help="experiments, as above")
    paper.add_argument(
        "--out", required=True, metavar="DIR", type=paths.folder, help="the folder: a path or an fsspec URI"
    )
    length = paper.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="lengths of minutes (the default)")
    length.add_argument("--full", action="store_true", help="the paper's lengths; prints an estimate first")
    paper.add_argument("--seeds", type=_seeds, default=8, metavar="K", help="networks of each variant (default 8)")
    paper.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is random (default 0)")
    paper.add_argument("--task", default="mnist", metavar="mnist|DIR", help="what to classify (default mnist)")
    paper.add_argument("--no-figures", action="store_true", help="only results: no table, no figures, no page")
    backend(paper, auto=False)
    flags.add(paper, only=("ray.address", "ray.hosts", "ray.cpus"))


def _seeds(text: str) -> int:
    if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: from 1 to 1024 networks")
    return int(text)


def _paper(arguments: argparse.Namespace) -> int:
    from alife.configuration.keys import parse_config
    from alife.seed_paper.frame import Settings
    from populations.observe.paper_progress import PaperTerminal
    from populations.studies.paper import reproduce

    settings = Settings(arguments.full, arguments.seeds, arguments.seed, arguments.task)
    ray = parse_config(flags.overrides(arguments), "command line").ray
    where = arguments.backend
    with listeners(arguments, PaperTerminal()) as sinks:
        summary = reproduce(arguments.names, settings, arguments.out, ray=ray, backend=where, sinks=sinks)
    if summary.done and not arguments.no_figures:
        from analysis.report.of_paper import publish

        for line in publish(summary.out):
            print(line, file=output(arguments))
    if summary.stopped:
        say(f"stopped by {summary.stopped}; the same command goes on")
        return stopped_by([summary.stopped])
    return 1 if summary.failed else 0
