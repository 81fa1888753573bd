"""`python -m alife.organisms.tiny`: the experiments of Gabor et al. (2019) beside the authors' logs."""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from alife.cli.common import write
from alife.cli.flags import Parser
from alife.errors import UserError

DESCRIPTION: Final = """\
Repeat the experiments of Gabor et al. (2019) on networks of 14 to 20 weights, and set them beside the authors' logs.

  python -m alife.organisms.tiny                        a minute or two of one core
  python -m alife.organisms.tiny --nets 10 --soups 2    a look at it, less than a minute
"""

MOST: Final = 10_000


def main(argv: list[str] | None = None) -> int:
    """Do all experiments.

    Returns:
        0; 2 for what the user can mend; 130 if it was stopped.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _compare(arguments)
    except UserError as error:
        print(f"alife.organisms.tiny: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("alife.organisms.tiny: stopped", file=sys.stderr)
        return 130


def _parser() -> Parser:
    parser = Parser(prog="python -m alife.organisms.tiny", description=DESCRIPTION)
    parser.add_argument("--nets", metavar="N", type=_count, default=50, help="networks of each kind (default 50)")
    parser.add_argument("--soups", metavar="N", type=_soups, default=40, help="soups of each kind (default 40)")
    parser.add_argument(
        "--passes", metavar="N", type=_count, default=30, help="of self-training in soups of 20, an epoch (default 30)"
    )
    parser.add_argument("--seed", metavar="S", type=_seed, default=0, help="of all that is random (default 0)")
    parser.add_argument("--csv", metavar="FILE", help="write the table there, too; - is standard output, instead of it")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not say what is being done")
    return parser


def _count(text: str, least: int = 1) -> int:
    if not text.isdecimal() or len(text) > len(str(MOST)) or not least <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: a number from {least} to {MOST:,}")
    return int(text)


def _soups(text: str) -> int:
    return _count(text, least=2)


def _seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: a number of at most 18 digits")
    return int(text)


def _compare(arguments: argparse.Namespace) -> int:
    if arguments.csv not in (None, "-"):
        _check(Path(arguments.csv))
    import torch

    from alife.organisms.tiny import comparison

    torch.set_num_threads(1)
    began = time.perf_counter()

    def tell(text: str) -> None:
        if not arguments.quiet:
            print(f"{time.perf_counter() - began:5.0f} s  {text}", file=sys.stderr, flush=True)

    found = comparison.judged(
        [*comparison.findings(arguments.nets, arguments.soups, arguments.passes, arguments.seed, tell)]
    )
    tell("done")
    if arguments.csv != "-":
        sys.stdout.write(comparison.table(found))
    if arguments.csv:
        write(arguments.csv, comparison.csv_text(found))
    return 0


def _check(path: Path) -> None:
    """See that a file can be written, before minutes are spent.

    Raises:
        UserError: It cannot be.
    """
    if path.is_dir() or not path.parent.is_dir():
        why = "is a folder" if path.is_dir() else "its folder is not there"
        raise UserError(f"--csv {path}: {why}: name another file")


if __name__ == "__main__":
    sys.exit(main())
