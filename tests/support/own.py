"""Runs with objects of one's own: the same births wherever they live and whatever ends them."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from populations import evolve, resume
from populations.record.writer import digest
from tests import ROOT

EXAMPLES = ROOT / "examples"

_KILLS_ITSELF = """
import json, os, signal, sys
from populations import evolve

def kill(event):
    if event.kind == "generation" and event.generation == 4:
        os.kill(os.getpid(), signal.SIGKILL)

evolve(json.loads(sys.argv[1]), sys.argv[2], backend="local", sinks=[kill])
"""


def same_births_everywhere(config: dict[str, Any], folder: Path, workers: tuple[int, ...]) -> str:
    """Live a run here, on workers of the Ray that is up, and killed by SIGKILL and resumed: digests are equal.

    Args:
        config: Of at least six generations.
        folder: Where the runs are to lie.
        workers: How many, one number a run.

    Returns:
        The path of the run that was lived here.
    """
    here = str(folder / "here")
    assert evolve(config, here, backend="local") == "finished"
    for number in workers:
        there = str(folder / f"workers-{number}")
        assert evolve({**config, "ray": {"hosts": number}}, there, backend="ray") == "finished"
        assert digest(there) == digest(here), f"{number} workers"
    killed = str(folder / "killed")
    done = subprocess.run([sys.executable, "-c", _KILLS_ITSELF, json.dumps(config), killed], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert resume(killed, backend="local") == "finished"
    assert digest(killed) == digest(here), "killed and resumed"
    return here
