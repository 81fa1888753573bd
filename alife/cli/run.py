"""`alife run`, `resume`, `fork`: what makes births."""

import argparse
import logging
import time
from collections.abc import Callable
from typing import Any

from alife.cli import flags, paths
from alife.cli.common import (
    FORMATS,
    Command,
    drawn,
    figures,
    listeners,
    out_of_time,
    output,
    recorded,
    running,
    stopped_by,
)
from alife.cli.logs import is_quiet, say
from alife.configuration.sources import TOY
from alife.errors import UserError

_log = logging.getLogger(__name__)

ALLOW_CHANGED = "go on though the source of an object of your own has changed; the change goes on record"


def add(command: Command) -> None:
    """Add them to the parser."""
    run = command(
        "run",
        _run,
        "Evolve a run with progress, then make figures and a summary.",
        "  alife run --out runs/a --seed 3 --selection.accuracy_weight 1\n"
        "  alife run --toy --out runs/toy                                        seconds, and no download\n"
        "  alife run --config study.yaml --out s3://bucket/a --ray.address HEAD:6379 --resume\n"
        "  alife run --init fittest.safetensors --out runs/own                   founders of one's own\n"
        "  alife run --print-config > study.yaml",
    )
    run.add_argument(
        "--out",
        metavar="DIR",
        type=paths.folder,
        help="run folder to make: a path or an fsspec URI (default runs/DATE-TIME)",
    )
    run.add_argument(
        "--init",
        metavar="FILE",
        dest="key:population.founders",
        type=paths.given,
        default=argparse.SUPPRESS,
        help="the same as --population.founders: begin with genomes of one's own, .safetensors or .npz",
    )
    run.add_argument("--toy", action="store_true", help="a run of seconds instead of minutes, without a download")
    run.add_argument("--resume", action="store_true", help="go on if DIR already holds this run")
    run.add_argument("--print-config", action="store_true", help="print the configuration as YAML and do nothing")
    running(run)
    flags.add(run)

    resume = command(
        "resume",
        _resume,
        "Go on with a run from its last commit, or extend it.",
        "  alife resume runs/a\n  alife resume runs/a --generations 60",
    )
    resume.add_argument("run", metavar="RUN", type=paths.folder, help="a run's folder: a path or an fsspec URI")
    resume.add_argument("--generations", type=int, metavar="N", help="a new, larger total")
    resume.add_argument("--allow-changed", action="store_true", help=ALLOW_CHANGED)
    running(resume)
    flags.add(resume, only=("ray.",), inherited="the run's")

    fork = command(
        "fork",
        _fork,
        "Replay history: thaw the newborns of a kept generation of a run and go on from there.",
        "  alife fork runs/a --generation 10                           nothing changed: the same births again\n"
        "  alife fork runs/a --generation 10 --seed 7 --out runs/b     another history of the same newborns\n"
        "  alife fork runs/a --generation 10 --replicates 8 --out runs/fan    8 of them side by side, and their fan",
    )
    fork.add_argument("run", metavar="RUN", type=paths.folder, help="a run's folder: a path or an fsspec URI")
    fork.add_argument("--generation", type=int, required=True, metavar="G", help="a kept one; its newborns are thawed")
    fork.add_argument("--out", metavar="DIR", type=paths.folder, help="folder to make (default RUN-fork-G)")
    fork.add_argument(
        "--replicates",
        type=int,
        metavar="K",
        help="make K forks, in DIR/seed-S, with S from --seed, or the parent's + 1, on",
    )
    fork.add_argument("--resume", action="store_true", help="go on if DIR already holds these forks")
    fork.add_argument("--allow-changed", action="store_true", help=ALLOW_CHANGED)
    running(fork)
    flags.add(fork, inherited="the parent's")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.toy:
        if arguments.config:
            raise UserError("--toy: is a configuration of its own: leave --config out; flags may change its keys")
        arguments.config = str(TOY)
    config = flags.read(arguments)
    if arguments.print_config:
        from alife.configuration.keys import dump
        from alife.configuration.remarks import warnings

        print(dump(config), end="")
        for line in warnings(config, backend=arguments.backend):
            _log.warning("warning: %s", line)
        arguments.printed = True
        return 0
    out = arguments.out or time.strftime("runs/%Y%m%d-%H%M%S")

    def evolve(**told: Any) -> str:
        from populations import evolve

        return evolve(config, out, backend=arguments.backend, resume=arguments.resume, **told)

    return _drive(arguments, out, evolve)


def _resume(arguments: argparse.Namespace) -> int:
    def resume(**told: Any) -> str:
        from populations import resume

        rays = flags.overrides(arguments).get("ray")
        how: Any = {"backend": arguments.backend, "allow_changed": arguments.allow_changed, **told}
        return resume(arguments.run, generations=arguments.generations, ray=rays, **how)

    return _drive(arguments, arguments.run, resume)


def _fork(arguments: argparse.Namespace) -> int:
    from alife.configuration.parsing import merge

    changes = merge(*flags.given_keys(arguments))
    if arguments.replicates is not None:
        if arguments.tensorboard:
            raise UserError("--tensorboard: watches one run, not replicates: leave it out")
        return _replay(arguments, changes)
    from populations.engine.fork import folder_of, fork

    out = arguments.out or folder_of(arguments.run, arguments.generation)

    def go(**told: Any) -> str:
        how: Any = {"backend": arguments.backend, "resume": arguments.resume, "allow_changed": arguments.allow_changed}
        return fork(arguments.run, arguments.generation, out, changes, **how, **told)

    return _drive(arguments, out, go)


def _replay(arguments: argparse.Namespace, changes: dict[str, Any]) -> int:
    """Forks side by side, and their fan."""
    from alife.studies import replay
    from populations.observe.sweep_progress import SweepTerminal
    from populations.studies.deadline import OUT_OF_TIME

    how: Any = {"backend": arguments.backend, "resume": arguments.resume, "dpi": arguments.dpi}
    figures = () if arguments.no_figures else arguments.format or FORMATS
    how |= {"max_hours": arguments.max_hours, "figures": figures}
    began = time.monotonic()
    with listeners(arguments, SweepTerminal()) as sinks:
        which = arguments.run, arguments.generation, arguments.replicates, arguments.out
        done = replay(*which, changes, sinks=sinks, **how)
    if done.stopped.startswith(OUT_OF_TIME):
        return out_of_time(time.monotonic() - began, "the same command with --resume goes on")
    if done.stopped:
        say("stopped; the same command with --resume goes on")
        return stopped_by([done.stopped])
    if done.statements:
        print("\n".join(done.statements), file=output(arguments))
    return 1 if done.failed else 0


def _drive(arguments: argparse.Namespace, out: str, evolve: Callable[..., str]) -> int:
    """Evolve with progress, then figures and summary."""
    from populations.observe.terminal import Terminal
    from populations.record.writer import exists

    heard: dict[str, Any] = {}  # the first event of each kind
    began = time.monotonic()
    with listeners(arguments, Terminal()) as sinks:
        sinks.append(lambda event: heard.setdefault(event.kind, event))
        status = evolve(sinks=sinks, max_hours=arguments.max_hours)
    if status == "interrupted":
        goes_on = f"'alife resume {out}' goes on" if exists(out) else "nothing was written yet"
        if "stopped" in heard and "stopping" not in heard:
            return out_of_time(time.monotonic() - began, goes_on)
        say(f"stopped; {goes_on}")
        return stopped_by([heard["stopping"].signal if "stopping" in heard else None])
    if "start" not in heard:
        say(f"{out}: {status} before; nothing was left to live")
    if not arguments.no_figures:
        with recorded("plot", out):
            there = drawn(out)
            if "start" in heard or not there:
                figures(out, formats=arguments.format or there or FORMATS[:1], dpi=arguments.dpi)
    if arguments.log_json != paths.STANDARD and not is_quiet():
        from analysis.report import summary

        summary.print_run(summary.load(out))
    return 0
