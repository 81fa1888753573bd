"""Runs with objects of one's own: the same births wherever they live and whatever ends them."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from populations import evolve, resume
from populations.record.writer import digest
from tests import ROOT

EXAMPLES = ROOT / "examples"

everywhere: Final = pytest.mark.parametrize("workers", [(2,), pytest.param((1, 4), marks=pytest.mark.nightly)], ids=str)
"""On two workers; nightly on one, and on more than there are islands. Each worker is a process that begins anew."""

_FORKS = multiprocessing.get_context("forkserver")
"""Processes that do not have to import everything again."""
_FORKS.set_forkserver_preload(["populations.engine.evolve", "tests.support.own"])


def _until_killed(config: dict[str, Any], folder: str) -> None:
    def kill(event: Any) -> None:
        if event.kind == "generation" and event.generation == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    evolve(config, folder, backend="local", sinks=[kill])


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
    process = _FORKS.Process(target=_until_killed, args=(config, killed))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert resume(killed, backend="local") == "finished"
    assert digest(killed) == digest(here), "killed and resumed"
    return here
