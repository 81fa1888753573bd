"""`alife data`: data sets, fetched and verified."""

import argparse

from alife.cli import paths
from alife.cli.common import Command


def add(command: Command) -> None:
    """Add them to the parser."""
    data = command(
        "data",
        _data,
        "Fetch and verify a data set.",
        "  alife data mnist\n  alife data /usr/share/datasets/fashion-mnist",
    )
    data.add_argument(
        "task",
        metavar="mnist|DIR",
        nargs="?",
        default="mnist",
        type=paths.folder,
        help="MNIST, which is fetched, or a folder of IDX files (default mnist)",
    )


def _data(arguments: argparse.Namespace) -> None:
    from alife.world.about import describe

    print(describe(arguments.task))
