"""The `alife` command: its parser, and what every command ends with. What a command does lies in `alife.cli`."""

import argparse
import sys

from alife import __version__, siblings
from alife.cli import (
    bench,
    data,
    deploy,
    flags,
    history,
    listing,
    logs,
    look,
    migrate,
    paper,
    run,
    serve,
    show,
    study,
    watch,
)
from alife.cli.common import Run, unattended
from alife.cli.output import READER_GONE, standard
from alife.errors import BadArgument, UserError

KINDS = (run, show, look, watch, serve, history, study, paper, bench, data, listing, migrate, deploy)

DESCRIPTION = """\
Evolve populations of neural quines: networks that print their own weights, learn for a lifetime, classify images, and
reproduce only by emitting their genome.

  alife run --out runs/first              the main job: evolve with the defaults, then figures and a summary
  alife run --toy --out runs/toy          the same in seconds: small networks, data that need no download
  alife show runs/first                   the state of a run as a table
  alife ls runs                           runs and sweeps below a folder, and how they stand
  alife watch runs/first                  a run as it lives, in the terminal; alife serve runs: in the browser
  alife plot runs/first plane phylogeny   figures of a run
  alife history runs/first                how it has evolved, by every measure
  alife report runs/first                 one HTML page of it, or of a sweep
  alife sweep --config tradeoff --out s   many runs: treatments × seeds
  alife compare s                         what the treatments do, with intervals
  alife deploy slurm                      a file for a cluster; there are slurm, slurm-array, kuberay and ray-up
  alife COMMAND --help                    what a command takes, with examples
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0; 1 for a sweep of which runs failed; 2 for what the user can mend; 128 and the signal's number for what was
        told to stop; 141 where the reader of what was asked for has gone.
    """
    with standard() as output:
        arguments = argparse.Namespace(printed=True)
        try:
            code = _command(argv, arguments)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        except KeyboardInterrupt:  # before the command has begun
            print("alife: stopped", file=sys.stderr)
            code = 130
        try:
            return output.code(code, arguments.printed)
        except UserError as error:
            return _refuse(error)


def _command(argv: list[str] | None, arguments: argparse.Namespace) -> int:
    if hidden := siblings.claim(siblings.ROOT):
        return _refuse(UserError(hidden))
    parser = _parser()
    _, unknown = parser.parse_known_args(argv, arguments)
    command = getattr(arguments, "parser", parser)
    if unknown:
        command.error(flags.explain_unknown(unknown, [o for a in command._actions for o in a.option_strings]))
    if command is parser:
        parser.print_help()
        return 0
    try:
        with logs.spoken(logs.level(arguments)), unattended():
            return arguments.do(arguments) or 0
    except BadArgument as error:
        name = error.name if hasattr(arguments, error.name) else error.name.removesuffix("s")
        return _refuse(UserError(f"--{name.replace('_', '-')}{error.said}"))
    except UserError as error:
        return _refuse(error)
    except BrokenPipeError:
        return READER_GONE
    except KeyboardInterrupt:
        print("alife: stopped", file=sys.stderr)
        return 130


def _refuse(error: UserError) -> int:
    print(f"alife: error: {error}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = flags.Parser(prog="alife", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"alife {__version__}")
    logs.add(parser, "before")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=flags.Parser)

    def command(name: str, do: Run, summary: str, examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=f"{summary}\n\n{examples}")
        sub.set_defaults(do=do, parser=sub)
        logs.add(sub, "after")
        return sub

    for kind in KINDS:
        kind.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
