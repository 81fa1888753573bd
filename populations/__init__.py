"""Many islands: workers on Ray, the selection controller, migration, and the record that must survive them.

from populations import evolve, load_network
evolve({"generations": 10, "population": {"islands": 2}}, "runs/first")
network = load_network("runs/first", 42)    # an individual as a torch module, by its id

engine/   a run, started, resumed, extended or forked
record/   the run folder
studies/  many runs: sweeps, replays, assays, the seed paper
observe/  what is said while something runs
overview/ what lies below a folder and how it stands
bench/    benches that need whole runs
deploy/   files with which a run starts on a cluster
sweeps/   the sweeps that come with the package
"""

from typing import TYPE_CHECKING


def _find_alife() -> None:
    """Name what hides the package `alife`, before it is imported in its place."""
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("alife")
    folders = spec.submodule_search_locations or () if spec else ()
    if not any(Path(folder, "siblings.py").exists() for folder in folders):
        by = spec.origin or next(iter(folders)) if spec else "something"
        raise ImportError(f"{by}: hides the package 'alife' of this program: rename it, or work in another folder")


_find_alife()

from alife.lazy import attach  # noqa: E402

if TYPE_CHECKING:
    from populations.engine.adults import load_network
    from populations.engine.evolve import Evolution, evolve, resume

__all__ = ["Evolution", "evolve", "load_network", "resume"]

__getattr__, __dir__ = attach(
    __name__, {**dict.fromkeys(__all__, "populations.engine.evolve"), "load_network": "populations.engine.adults"}
)
