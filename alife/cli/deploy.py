"""`alife deploy`: the files with which a run starts on a cluster, to edit."""

import argparse
from importlib import resources

from alife.cli import paths
from alife.cli.common import Command, write
from alife.cli.logs import say

FILES = {"slurm": "slurm.sh", "slurm-array": "slurm-array.sh", "kuberay": "kuberay.yaml", "ray-up": "ray-up.yaml"}
"""Way to a cluster → its file in `populations/deploy`."""


def add(command: Command) -> None:
    """Add it to the parser."""
    deploy = command(
        "deploy",
        _deploy,
        "Print the file with which a run or a sweep starts on a cluster; it says what to edit, and what to do with it.",
        "  alife deploy slurm --out alife.sh          a batch script for Slurm\n"
        "  alife deploy slurm-array --out sweep.sh    a sweep as a job array of Slurm, without Ray\n"
        "  alife deploy kuberay --out alife.yaml      a RayJob for Kubernetes\n"
        "  alife deploy ray-up --out cluster.yaml     machines reached by ssh, or a cloud's",
    )
    deploy.add_argument("way", choices=list(FILES), help=f"one of {', '.join(FILES)}")
    deploy.add_argument(
        "--out", metavar="FILE", type=paths.given, help="write it there instead; one of that name is kept"
    )


def _deploy(arguments: argparse.Namespace) -> None:
    text = (resources.files("populations") / "deploy" / FILES[arguments.way]).read_text(encoding="utf-8")
    if arguments.out:
        write(arguments.out, text, "x")
        say(f"{arguments.out}: edit what says EDIT")
    else:
        print(text, end="")
