"""`alife assay`, `sweep`, `compare`: experiments, and what several runs say together."""

import argparse
import logging
import shutil
import time
from collections.abc import Callable
from typing import Any

from alife.cli import flags, paths, shares
from alife.cli.common import (
    Command,
    backend,
    limit,
    listeners,
    out_of_time,
    output,
    stopped_by,
    telling,
    write,
)
from alife.cli.logs import say
from alife.errors import UserError, plain

_log = logging.getLogger(__name__)

SWEEP = """\
  alife sweep --config study.yaml --out sweeps/a --ray.address HEAD:6379
  alife sweep --config tradeoff --out sweeps/tradeoff --quick    comes along: weights of selection, two controls

  alife sweep --config study.yaml --out sweeps/a --task 3 --tasks 16      a sixteenth of the runs, in this process
  alife sweep --config study.yaml --out sweeps/a --array auto             the same in a job array of Slurm
  alife sweep --config study.yaml --out sweeps/a --tables                 only the tables, of all that is there

The same command goes on with runs that have not ended, and tries again those that failed. In the YAML, all of it
optional, keys of the configuration are nested or dotted:

  base: {generations: 40}                                         for all runs
  treatments:
    w0: {selection.accuracy_weight: 0}                            a name, and the keys it sets
    shuffled: {selection.shuffled: true}
    large: {population.size: 500, life.threads: 4}                it asks for four CPUs; or say ray.cpus_per_host
  grid: {life.task_weight: [0.03, 0.1]}                           every treatment under every combination
  seeds: 8                                                        0 … 7; or a list
  assays:                                                         of each run that has ended, as 'alife assay' does
    garden: {generations: [last], sample: 48, replicates: 5}
    within_life: {generations: [0, last], task_weights: [0.1, 10]}
  quick: {seeds: 2, treatments: [w0], base: {generations: 10}}    what --quick changes
"""


def add(command: Command) -> None:
    """Add them to the parser."""
    assay = command(
        "assay",
        _assay,
        "Experiment on a run's stored genomes; results lie in RUN/assays.",
        "  alife assay runs/a garden                         founders, generation 3 and the last, under common lives\n"
        "  alife assay runs/a --generation 3,10,30 garden\n"
        "  alife assay runs/a within_life                    the same genomes under several task weights\n"
        "  alife assay runs/a --generation 20 mutation       what becomes of birth noise\n"
        "  alife assay runs/a --generation 3,10,30 dfe       effects of new mutations, noise of lives taken out\n"
        "  alife assay runs/a epistasis                      what two mutations do together and alone\n"
        "  alife assay runs/a --generation 3,10,30 complexity  which parts of a genome carry information\n"
        "  alife assay runs/a fertility --descent 20         generations of descent without selection",
    )
    assay.set_defaults(printed=False, backend=None)
    assay.add_argument("run", metavar="RUN", type=paths.folder, help="a run's folder: a path or an fsspec URI")
    assay.add_argument(
        "assay",
        choices=["garden", "within_life", "mutation", "dfe", "epistasis", "complexity", "fertility"],
        help="as above",
    )
    assay.add_argument(
        "--generation",
        metavar="G[,G…]",
        help="kept generations (default the last; to a single one a garden adds 0 and 3, within_life 0, dfe, "
        "epistasis and complexity 3)",
    )
    assay.add_argument("--sample", type=int, metavar="P", help="genomes of each generation, from all islands")
    assay.add_argument("--replicates", type=int, metavar="R", help="lives, streams or lines of each genome")
    assay.add_argument("--descent", type=int, metavar="K", help="emissions in fertility (default 10)")
    assay.add_argument("--task-weights", metavar="W,W[,…]", help="in within_life (default 0,0.1,1,10,100)")
    assay.add_argument("--device", choices=["cpu", "cuda"], help="where to live (default as the run)")
    assay.add_argument("--no-figures", action="store_true", help="only numbers")
    telling(assay)

    sweep = command(
        "sweep",
        _sweep,
        "Evolve treatments × seeds on one Ray cluster, each run in a folder of its own.",
        SWEEP,
    )
    sweep.add_argument(
        "--config",
        required=True,
        metavar="FILE",
        type=paths.given,
        help="YAML as above, - for standard input, or the name of a sweep that comes along",
    )
    sweep.add_argument(
        "--out", required=True, metavar="DIR", type=paths.folder, help="the sweep's folder: a path or an fsspec URI"
    )
    sweep.add_argument("--quick", action="store_true", help="the smaller sweep of the file's 'quick' section")
    shares.add(sweep)
    backend(sweep)
    limit(sweep, "stop all runs after so many hours; the same command goes on")
    flags.add(sweep, only=("ray.address", "ray.hosts", "ray.cpus", "ray.gpus", "ray.allow"))

    compare = command(
        "compare",
        _compare,
        "Compare treatments: a table of effects with intervals over runs, and what they allow to say.",
        "  alife compare sweeps/a\n"
        "  alife compare sweeps/a --trait accuracy --trait copying_error --against w0\n"
        "  alife compare sweeps/tradeoff/runs/w*             some treatments of a sweep, or runs from anywhere\n"
        "  alife compare sweeps/a --at 20 --markdown table.md --csv table.csv",
    )
    compare.add_argument(
        "paths", metavar="DIR", nargs="+", type=paths.folder, help="folders of runs, or of folders of runs"
    )
    compare.add_argument(
        "--against", metavar="LABEL", help="compare with this treatment (default shuffled, or the first)"
    )
    compare.add_argument("--at", type=int, metavar="G", help="compare this generation (default each run's last)")
    compare.add_argument("--trait", action="append", metavar="NAME", help="compare this trait; may be given again")
    compare.add_argument(
        "--correction", choices=["bh", "by", "holm", "none"], default="bh", help="of p-values, for the number of rows"
    )
    compare.add_argument(
        "--markdown", metavar="FILE", type=paths.given, help="write sentences and table as Markdown; - prints them"
    )
    compare.add_argument("--csv", metavar="FILE", type=paths.given, help="write all numbers as CSV; - prints them")


def _assay(arguments: argparse.Namespace) -> None:
    from alife.studies import assay
    from analysis.assays import print_result
    from populations.observe.assay_progress import AssayTerminal

    generations = _numbers("--generation", arguments.generation, int, "30 or 3,10,30")
    weights = _numbers("--task-weights", arguments.task_weights, float, "0.03,0.1,0.3")
    options: dict[str, Any] = {
        name: getattr(arguments, name) for name in ("sample", "replicates", "descent", "device")
    } | {"task_weights": weights, "figures": not arguments.no_figures}
    with listeners(arguments, AssayTerminal()) as sinks:
        result = assay(arguments.run, arguments.assay, generations, sinks=sinks, **options)
    print_result(result, output(arguments))


def _numbers(flag: str, text: str | None, kind: Callable[[str], Any], example: str) -> list[Any] | None:
    """The numbers of a list with commas."""
    try:
        return None if text is None else [kind(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"{flag} {text}: expected numbers, as in {example}") from None


def _sweep(arguments: argparse.Namespace) -> int:
    from populations.observe.sweep_progress import SweepTerminal
    from populations.studies.deadline import OUT_OF_TIME
    from populations.studies.plan import read_plan
    from populations.studies.sweep import sweep, sweep_task, tabulate

    share = shares.asked(arguments)
    plan = read_plan(arguments.config, arguments.quick, flags.overrides(arguments).get("ray"))
    began = time.monotonic()
    with listeners(arguments, SweepTerminal()) as sinks:
        how: Any = {"max_hours": arguments.max_hours, "sinks": sinks}
        if arguments.tables:
            summary = tabulate(plan, arguments.out)
        elif share:
            summary = sweep_task(plan, arguments.out, *share, **how)
        else:
            summary = sweep(plan, arguments.out, backend=arguments.backend, **how)
    print(shares.said(summary), file=output(arguments))
    for name, error in summary.failed.items():
        _log.error("failed: %s: %s", name, error)
    if summary.stopped.startswith(OUT_OF_TIME):
        return out_of_time(time.monotonic() - began, "the same command goes on")
    if summary.stopped:
        say("stopped; the same command goes on")
        return stopped_by([summary.stopped])
    if summary.failed:
        what = "runs and assays" if summary.assays else "runs"
        of = summary.runs + summary.assays
        _log.error("%d of %d %s failed; the same command tries them again", len(summary.failed), of, what)
    return 1 if summary.failed else 0


def _compare(arguments: argparse.Namespace) -> None:
    from analysis.studies import wording
    from analysis.studies.comparison import compare

    chosen = arguments.trait, arguments.at, arguments.against, arguments.correction
    comparison = compare(arguments.paths, *chosen)
    for path, text in ((arguments.markdown, wording.markdown), (arguments.csv, wording.csv)):
        if path:
            write(path, text(comparison))
    if paths.STANDARD in (arguments.markdown, arguments.csv):
        return
    words = wording.plain(comparison, max(80, shutil.get_terminal_size((120, 24)).columns))
    print(plain(words, keep="\n"), end="")
