"""The `alife` command: the only file here that looks up at `populations` and `analysis`, and it does so late."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from alife import flags
from alife.errors import UserError

DESCRIPTION = """\
Evolve populations of neural quines: networks that print their own weights, learn for a lifetime, classify images, and
reproduce only by emitting their genome.

  alife run --out runs/first              the main job: evolve with the defaults, then figures and a summary
  alife show runs/first                   the state of a run as a table
  alife plot runs/first plane phylogeny   figures of a run
  alife report runs/first                 one HTML page of it, or of a sweep
  alife sweep --config tradeoff --out s   many runs: treatments × seeds
  alife compare s                         what the treatments do, with intervals
  alife COMMAND --help                    what a command takes, with examples
"""

SWEEP = """\
  alife sweep --config study.yaml --out sweeps/a --ray.address HEAD:6379
  alife sweep --config tradeoff --out sweeps/tradeoff --quick    comes along: weights of selection, two controls

The same command goes on with runs that have not ended, and tries again those that failed. In the YAML, all of it
optional, keys of the configuration are nested or dotted:

  base: {generations: 40}                                         for all runs
  treatments:
    w0: {selection.accuracy_weight: 0}                            a name, and the keys it sets
    shuffled: {selection.scheme: shuffled}
  grid: {life.task_weight: [0.03, 0.1]}                           every treatment under every combination
  seeds: 8                                                        0 … 7; or a list
  quick: {seeds: 2, treatments: [w0], base: {generations: 10}}    what --quick changes
"""


BENCHES = {"lineage": "analysis.bench_lineage"}
"""Name of a bench → the module whose `bench()` yields its figures, each a dict with "name", "value" and "unit"."""


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0; 1 for a sweep of which runs failed; 2 for what the user can mend; 130 or 143 for what was told to stop.
    """
    parser = _parser()
    arguments, unknown = parser.parse_known_args(argv)
    command = arguments.parser
    if unknown:
        command.error(flags.explain_unknown(unknown, [o for a in command._actions for o in a.option_strings]))
    try:
        return arguments.do(arguments) or 0
    except UserError as error:
        print(f"alife: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("alife: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = flags.Parser(prog="alife", description=DESCRIPTION)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=flags.Parser)

    def command(name: str, do: Callable[[argparse.Namespace], int | None], summary: str, examples: str) -> Any:
        sub = commands.add_parser(name, help=summary, description=f"{summary}\n\n{examples}")
        sub.set_defaults(do=do, parser=sub)
        return sub

    run = command(
        "run",
        _run,
        "Evolve a run with progress, then make figures and a summary.",
        "  alife run --out runs/a --seed 3 --selection.accuracy_weight 1\n"
        "  alife run --config study.yaml --out s3://bucket/a --ray.address HEAD:6379 --resume\n"
        "  alife run --print-config > study.yaml",
    )
    run.add_argument(
        "--out", metavar="DIR", help="run folder to make: a path or an fsspec URI (default runs/DATE-TIME)"
    )
    run.add_argument("--resume", action="store_true", help="go on if DIR already holds this run")
    run.add_argument("--print-config", action="store_true", help="print the configuration as YAML and do nothing")
    _running(run)
    flags.add(run)

    resume = command(
        "resume",
        _resume,
        "Go on with a run from its last commit, or extend it.",
        "  alife resume runs/a\n  alife resume runs/a --generations 60",
    )
    resume.add_argument("run", metavar="RUN")
    resume.add_argument("--generations", type=int, metavar="N", help="a new, larger total")
    _running(resume)
    flags.add(resume, only=("ray.",))

    fork = command(
        "fork",
        _fork,
        "Replay history: thaw the newborns of a kept generation of a run and go on from there.",
        "  alife fork runs/a --generation 10                           nothing changed: the same births again\n"
        "  alife fork runs/a --generation 10 --seed 7 --out runs/b     another history of the same newborns\n"
        "  alife fork runs/a --generation 10 --replicates 8            8 of them side by side, and their fan",
    )
    fork.add_argument("run", metavar="RUN")
    fork.add_argument("--generation", type=int, required=True, metavar="G", help="a kept one; its newborns are thawed")
    fork.add_argument("--out", metavar="DIR", help="folder to make (default RUN-fork-G)")
    fork.add_argument(
        "--replicates",
        type=int,
        metavar="K",
        help="make K forks, in DIR/seed-S, with S from --seed, or the parent's + 1, on",
    )
    fork.add_argument("--resume", action="store_true", help="go on if DIR already holds these forks")
    _running(fork)
    flags.add(fork)

    assay = command(
        "assay",
        _assay,
        "Experiment on a run's stored genomes; results lie in RUN/assays.",
        "  alife assay runs/a garden                         founders, generation 3 and the last, under common lives\n"
        "  alife assay runs/a --generation 3,10,30 garden\n"
        "  alife assay runs/a --generation 20 mutation       what becomes of birth noise\n"
        "  alife assay runs/a fertility --descent 20         generations of descent without selection",
    )
    assay.add_argument("run", metavar="RUN")
    assay.add_argument("assay", choices=["garden", "mutation", "fertility"])
    assay.add_argument(
        "--generation",
        metavar="G[,G…]",
        help="kept generations (default the last; a garden adds 0 and 3 to a single one)",
    )
    assay.add_argument("--sample", type=int, metavar="P", help="genomes of each generation, from all islands")
    assay.add_argument("--replicates", type=int, metavar="R", help="lives, streams or lines of each genome")
    assay.add_argument("--descent", type=int, default=10, metavar="K", help="emissions in fertility (default 10)")
    assay.add_argument("--device", choices=["cpu", "cuda"], help="where to live (default as the run)")
    assay.add_argument("--no-figures", action="store_true", help="only numbers")

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

    sweep = command(
        "sweep",
        _sweep,
        "Evolve treatments × seeds on one Ray cluster, each run in a folder of its own.",
        SWEEP,
    )
    sweep.add_argument(
        "--config", required=True, metavar="FILE", help="YAML as above, or the name of a sweep that comes along"
    )
    sweep.add_argument("--out", required=True, metavar="DIR", help="the sweep's folder: a path or an fsspec URI")
    sweep.add_argument("--quick", action="store_true", help="the smaller sweep of the file's 'quick' section")
    _backend(sweep)
    flags.add(sweep, only=("ray.address", "ray.hosts", "ray.cpus", "ray.gpus", "ray.allow"))

    compare = command(
        "compare",
        _compare,
        "Compare treatments: a table of effects with intervals over runs, and what they allow to say.",
        "  alife compare sweeps/a\n"
        "  alife compare runs/w0-* runs/w1-* --trait accuracy --trait copying_error --against 'w=0'\n"
        "  alife compare sweeps/tradeoff/runs/*task_weight=0.1\n"
        "  alife compare sweeps/a --at 20 --markdown table.md --csv table.csv",
    )
    compare.add_argument("paths", metavar="DIR", nargs="+", help="folders of runs, or of folders of runs")
    compare.add_argument(
        "--against", metavar="LABEL", help="compare with this treatment (default shuffled, or the first)"
    )
    compare.add_argument("--at", type=int, metavar="G", help="compare this generation (default each run's last)")
    compare.add_argument("--trait", action="append", metavar="NAME", help="compare this trait; may be given again")
    compare.add_argument(
        "--correction", choices=["bh", "by", "holm", "none"], default="bh", help="of p-values, for the number of rows"
    )
    compare.add_argument("--markdown", metavar="FILE", help="write sentences and table as Markdown")
    compare.add_argument("--csv", metavar="FILE", help="write all numbers as CSV")

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

    bench = command(
        "bench",
        _bench,
        "Measure this machine and this program: one line a figure.",
        "  alife bench lineage          records of a million births: load, check, measure, hand over, draw\n"
        "  alife bench lineage --json   the same as JSON lines",
    )
    bench.add_argument("name", metavar="NAME", choices=sorted(BENCHES), help=f"one of {', '.join(sorted(BENCHES))}")
    bench.add_argument("--json", action="store_true", help="print JSON lines")

    data = command(
        "data",
        _data,
        "Fetch and verify a data set.",
        "  alife data mnist\n  alife data /usr/share/datasets/fashion-mnist",
    )
    data.add_argument("task", metavar="mnist|DIR", nargs="?", default="mnist")
    return parser


def _running(parser: argparse.ArgumentParser) -> None:
    _backend(parser)
    parser.add_argument("--no-figures", action="store_true", help="only evolve")


def _backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", choices=["ray", "local"], default="ray", help="where to evolve (default ray)")
    parser.add_argument("--log-json", metavar="FILE", help="write every event as a JSON line")


def _run(arguments: argparse.Namespace) -> int:
    config = flags.read(arguments)
    if arguments.print_config:
        from alife.config import dump

        print(dump(config), end="")
        return 0
    out = arguments.out or time.strftime("runs/%Y%m%d-%H%M%S")

    def evolve(sinks: list) -> str:
        from populations import evolve

        return evolve(config, out, backend=arguments.backend, resume=arguments.resume, sinks=sinks)

    return _drive(arguments, out, evolve)


def _resume(arguments: argparse.Namespace) -> int:
    def resume(sinks: list) -> str:
        from populations import resume

        rays = flags.overrides(arguments).get("ray")
        total = arguments.generations
        return resume(arguments.run, generations=total, ray=rays, backend=arguments.backend, sinks=sinks)

    return _drive(arguments, arguments.run, resume)


def _fork(arguments: argparse.Namespace) -> int:
    from alife.config import merge

    changes = merge(flags.load_file(arguments.config) if arguments.config else {}, flags.overrides(arguments))
    out = arguments.out or f"{arguments.run.rstrip('/')}-fork-{arguments.generation}"
    if arguments.replicates is not None:
        return _replay(arguments, out, changes)

    def fork(sinks: list) -> str:
        from populations.fork import fork

        how: Any = {"backend": arguments.backend, "resume": arguments.resume}
        return fork(arguments.run, arguments.generation, out, changes, sinks=sinks, **how)

    return _drive(arguments, out, fork)


def _replay(arguments: argparse.Namespace, out: str, changes: dict[str, Any]) -> int:
    """Forks side by side, and their fan."""
    from populations.replay import replay
    from populations.tally import SweepTerminal

    how: Any = {"backend": arguments.backend, "resume": arguments.resume}
    with _listeners(arguments, SweepTerminal()) as sinks:
        results = replay(arguments.run, arguments.generation, out, changes, arguments.replicates, sinks=sinks, **how)
    if any(result.status == "stopped" for result in results):
        print("stopped; the same command with --resume goes on", file=sys.stderr)
        return 143 if any(result.error == "SIGTERM" for result in results) else 130
    done = [result.value for result in results if result.status == "done"]
    if done:
        from analysis import futures

        replays = [_load(path) for path in done]
        print("\n".join(futures.publish(_load(arguments.run), replays, None if arguments.no_figures else out)))
    return 0 if len(done) == len(results) else 1


def _assay(arguments: argparse.Namespace) -> None:
    from analysis.assays import print_result, publish
    from populations.specimens import Request, perform
    from populations.steps import Steps

    try:
        generations = arguments.generation and [int(text) for text in arguments.generation.split(",")]
    except ValueError:
        raise UserError(f"--generation {arguments.generation}: expected numbers, as in 30 or 3,10,30") from None
    options = arguments.sample, arguments.replicates, arguments.descent, arguments.device
    request = Request(arguments.assay, generations or None, *options)
    with Steps(arguments.assay) as tell:
        about, tables = perform(arguments.run, request, tell)
    print_result(publish(arguments.run, about, tables, not arguments.no_figures))


def _drive(arguments: argparse.Namespace, out: str, evolve: Callable[[list], str]) -> int:
    """Evolve with progress, then figures and summary."""
    from populations.progress import Terminal

    signals: list[str] = []
    with _listeners(arguments, Terminal()) as sinks:
        status = evolve([*sinks, lambda e: signals.append(e.get("signal", ""))])
    if status == "interrupted":
        print(f"stopped; 'alife resume {out}' goes on", file=sys.stderr)
        return 143 if "SIGTERM" in signals else 130
    if not arguments.no_figures:
        _figures(out)
    from analysis.show import print_run

    print_run(_load(out))
    return 0


@contextmanager
def _listeners(arguments: argparse.Namespace, terminal: Any) -> Iterator[list[Callable[[dict], None]]]:
    """The terminal, and the file of --log-json; both are closed in the end."""
    from populations.progress import JsonLines

    with ExitStack() as stack:
        stack.callback(terminal.close)
        sinks = [terminal]
        if arguments.log_json:
            try:
                log = stack.enter_context(open(arguments.log_json, "a", encoding="utf-8"))
            except OSError as error:
                raise UserError(f"--log-json {arguments.log_json}: {error.strerror}") from None
            sinks.append(JsonLines(log))
        yield sinks


def _figures(out: str, names: list[str] | None = None, folder: str | None = None) -> None:
    from analysis import plots

    paths = plots.make(_load(out), names or None, folder)
    print(f"{len(paths)} figure files in {paths[0].parent}" if paths else "no figures", file=sys.stderr)


def _load(uri: str) -> Any:
    from analysis import load_run

    return load_run(uri)


def _show(arguments: argparse.Namespace) -> None:
    if arguments.digest:
        from populations.records import digest

        print(digest(arguments.run, arguments.first, arguments.last))
        return
    from analysis.show import print_run

    print_run(_load(arguments.run))


def _plot(arguments: argparse.Namespace) -> None:
    if arguments.list or not arguments.run:
        from analysis.plots import PLOTS

        for name, plot in PLOTS.items():
            print(f"{name:12} {plot.description}")
        return
    _figures(arguments.run, arguments.names, arguments.out)


def _report(arguments: argparse.Namespace) -> None:
    from analysis.report import report
    from populations.records import digest

    print(report(arguments.path, arguments.out, digest))


def _sweep(arguments: argparse.Namespace) -> int:
    from populations.plan import read_plan
    from populations.sweep import sweep
    from populations.tally import SweepTerminal

    plan = read_plan(arguments.config, arguments.quick, flags.overrides(arguments).get("ray"))
    with _listeners(arguments, SweepTerminal()) as sinks:
        summary = sweep(plan, arguments.out, backend=arguments.backend, sinks=sinks)
    print(f"{summary.done} of {summary.runs} runs done: {summary.out}/generations.parquet")
    for name, error in summary.failed.items():
        print(f"failed: {name}: {error}", file=sys.stderr)
    if summary.stopped:
        print("stopped; the same command goes on", file=sys.stderr)
        return 143 if summary.stopped == "SIGTERM" else 130
    if summary.failed:
        print(
            f"{len(summary.failed)} of {summary.runs} runs failed; the same command tries them again", file=sys.stderr
        )
    return 1 if summary.failed else 0


def _compare(arguments: argparse.Namespace) -> None:
    from analysis import wording
    from analysis.compare import compare_paths

    chosen = arguments.trait, arguments.at, arguments.against, arguments.correction
    comparison = compare_paths(arguments.paths, *chosen)
    for path, text in ((arguments.markdown, wording.markdown), (arguments.csv, wording.csv)):
        if path:
            _write(path, text(comparison))
    print(wording.plain(comparison, max(80, shutil.get_terminal_size((120, 24)).columns)), end="")


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None


def _bench(arguments: argparse.Namespace) -> None:
    import importlib
    import json

    for figure in importlib.import_module(BENCHES[arguments.name]).bench():
        if arguments.json:
            print(json.dumps(figure), flush=True)
            continue
        rest = ", ".join(f"{key} {value}" for key, value in figure.items() if key not in ("name", "value", "unit"))
        print(f"{figure['name']}: {figure['value']:.4g} {figure['unit']}" + (f" ({rest})" if rest else ""), flush=True)


def _export(arguments: argparse.Namespace) -> None:
    from analysis.export import export
    from analysis.lineage import of_run

    tree = of_run(_load(arguments.run))
    path = export(tree, arguments.out, arguments.format, arguments.pruned)
    print(f"{len(tree)} individuals read, {path} written", file=sys.stderr)


def _data(arguments: argparse.Namespace) -> None:
    from alife.tasks import describe

    print(describe(arguments.task))


if __name__ == "__main__":
    sys.exit(main())
