"""`alife migrate`: runs of older formats are brought to the present one."""

import argparse

from alife.cli import paths
from alife.cli.common import Command


def add(command: Command) -> None:
    """Add it to the parser."""
    migrate = command(
        "migrate",
        _migrate,
        "Bring runs of older formats to the present one.",
        "  alife migrate runs/a                      births stay as they are, and so does their digest\n"
        "  alife migrate sweeps/a/runs/*/* --check   what there is to do",
    )
    migrate.add_argument(
        "runs", metavar="RUN", nargs="+", type=paths.folder, help="a run's folder: a path or an fsspec URI"
    )
    migrate.add_argument("--check", action="store_true", help="only say what would be done, and write nothing")


def _migrate(arguments: argparse.Namespace) -> None:
    from populations.record.migrate import migrate

    for run in arguments.runs:
        found = migrate(run, check=arguments.check)
        if not found.is_due:
            said = f"of format {found.now}: there is nothing to do"
        elif arguments.check:
            said = f"of format {found.before}: 'alife migrate {run}' makes it one of format {found.now}"
        else:
            said = f"was of format {found.before}, is of format {found.now}"
        print(f"{run}: {said}")
