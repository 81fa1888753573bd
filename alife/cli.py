"""The `alife` command: its parser, and what every command ends with. What a command does lies in `alife.commands`."""

import argparse
import sys

from alife import flags
from alife.commands import bench, data, deploy, evolve, look, paper, study
from alife.commands.common import Run, unattended
from alife.errors import UserError

KINDS = (evolve, look, study, paper, bench, data, deploy)

DESCRIPTION = """\
Evolve populations of neural quines: networks that print their own weights, learn for a lifetime, classify images, and
reproduce only by emitting their genome.

  alife run --out runs/first              the main job: evolve with the defaults, then figures and a summary
  alife show runs/first                   the state of a run as a table
  alife plot runs/first plane phylogeny   figures of a run
  alife report runs/first                 one HTML page of it, or of a sweep
  alife sweep --config tradeoff --out s   many runs: treatments × seeds
  alife compare s                         what the treatments do, with intervals
  alife deploy slurm|kuberay|ray-up       a file with which a run starts on a cluster
  alife COMMAND --help                    what a command takes, with examples
"""


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
        with unattended():
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

    def command(name: str, do: Run, summary: str, examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=f"{summary}\n\n{examples}")
        sub.set_defaults(do=do, parser=sub)
        return sub

    for kind in KINDS:
        kind.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
