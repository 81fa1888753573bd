"""The `alife` command: the only file here that looks up at `populations` and `analysis`, and it does so late."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from alife import flags
from alife.errors import UserError

DESCRIPTION = """\
Evolve populations of neural quines: networks that print their own weights, learn for a lifetime, classify images, and
reproduce only by emitting their genome.

  alife run --out runs/first              the main job: evolve with the defaults, then figures and a summary
  alife show runs/first                   the state of a run as a table
  alife plot runs/first plane phylogeny   figures of a run
  alife COMMAND --help                    what a command takes, with examples
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0; 2 for what the user can mend; 130 or 143 for a run that was told to stop.
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

    data = command(
        "data",
        _data,
        "Fetch and verify a data set.",
        "  alife data mnist\n  alife data /usr/share/datasets/fashion-mnist",
    )
    data.add_argument("task", metavar="mnist|DIR", nargs="?", default="mnist")
    return parser


def _running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", choices=["ray", "local"], default="ray", help="where islands live (default ray)")
    parser.add_argument("--no-figures", action="store_true", help="only evolve")
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


def _drive(arguments: argparse.Namespace, out: str, evolve: Callable[[list], str]) -> int:
    """Evolve with progress, then figures and summary."""
    from populations.progress import JsonLines, Terminal

    terminal = Terminal()
    signals: list[str] = []
    sinks: list[Callable[[dict], None]] = [terminal, lambda e: signals.append(e.get("signal", ""))]
    log = None
    if arguments.log_json:
        try:
            log = open(arguments.log_json, "a", encoding="utf-8")  # noqa: SIM115, closed below
        except OSError as error:
            raise UserError(f"--log-json {arguments.log_json}: {error.strerror}") from None
        sinks.append(JsonLines(log))
    try:
        status = evolve(sinks)
    finally:
        terminal.close()
        if log:
            log.close()
    if status == "interrupted":
        print(f"stopped; 'alife resume {out}' goes on", file=sys.stderr)
        return 143 if "SIGTERM" in signals else 130
    if not arguments.no_figures:
        _figures(out)
    from analysis.show import print_run

    print_run(_load(out))
    return 0


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


def _data(arguments: argparse.Namespace) -> None:
    from alife.tasks import describe

    print(describe(arguments.task))


if __name__ == "__main__":
    sys.exit(main())
