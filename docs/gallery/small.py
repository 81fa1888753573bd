"""What the scripts of the gallery draw: a run, a sweep with assays, replays and an experiment, all tiny, made once in a
temporary folder.
"""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import alife
from analysis.assays import Result, load_result
from analysis.data.sweep import Sweep
from analysis.paper import Results

FOLDER = Path(tempfile.mkdtemp(prefix="alife-gallery-"))
LOCAL: dict[str, Any] = {"backend": "local", "quiet": True}
CONFIG: dict[str, Any] = {
    "task": "glyphs",
    "generations": 12,
    "quine": {"hidden": 16, "coordinate_units": 8},
    "life": {"steps": 12, "coordinates": 48, "images": 24},
    "population": {"islands": 3, "size": 12},
    "migration": {"every": 2, "migrants": 1},
    "checkpoint": {"every": 4, "keep": 9},
}
TREATMENTS = {
    "w0": {"selection.accuracy_weight": 0.0},
    "w1": {"selection.accuracy_weight": 1.0},
    "shuffled": {"selection.scheme": "shuffled"},
}


@functools.cache
def run() -> alife.Run:
    """A run of 3 islands × 12 individuals × 12 generations."""
    alife.evolve(CONFIG, FOLDER / "run", **LOCAL)
    return alife.load_run(FOLDER / "run")


@functools.cache
def sweep() -> Sweep:
    """Three treatments × three seeds, with a common garden and lives under several task weights of each run."""
    base = {**CONFIG, "generations": 6, "population": {"islands": 2, "size": 6}}
    made = alife.sweep({"base": base, "treatments": TREATMENTS, "seeds": 3}, FOLDER / "sweep", **LOCAL)
    for each in made.runs:
        for name in ("garden", "within_life"):
            alife.assay(each, name, replicates=5, figures=False, quiet=True)
    return made


@functools.cache
def assay(name: str) -> Result:
    """An assay of the run's last generation."""
    done = alife.assay(run(), name, sample=12, replicates=5, figures=False, quiet=True)
    return load_result(str(FOLDER / "run"), name, max(done.about["generations"]))


@functools.cache
def replays() -> Sequence[alife.Run]:
    """Four replays of the run from generation 4."""
    return alife.replay(run(), 4, 4, FOLDER / "replays", figures=False, **LOCAL).runs


@functools.cache
def paper() -> Results:
    """Initial networks, the first of the seed paper's experiments."""
    return alife.paper("E0", FOLDER / "paper", seeds=4, task="glyphs", figures=False, **LOCAL)
