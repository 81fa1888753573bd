"""Neural quines: networks that print their own weights, evolved on islands.

`evolve(config, out)` makes a run, `load_run(out)` reads it, `load_network(out, id)` gives one of those who lived. Here
lies one island's life, in batched torch; many islands are the package `populations`, what a folder says is `analysis`.
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from alife.config import RunConfig, parse_config
    from alife.errors import UserError
    from alife.tasks import load_task
    from analysis.run import load_run
    from populations.adults import load_network
    from populations.evolution import evolve, resume
    from populations.fork import fork

__version__ = "0.1.0"

__all__ = [
    "RunConfig",
    "UserError",
    "__version__",
    "evolve",
    "fork",
    "load_network",
    "load_run",
    "load_task",
    "parse_config",
    "resume",
]

_HOMES = {
    "RunConfig": "alife.config",
    "UserError": "alife.errors",
    "evolve": "populations.evolution",
    "fork": "populations.fork",
    "load_network": "populations.adults",
    "load_run": "analysis.run",
    "load_task": "alife.tasks",
    "parse_config": "alife.config",
    "resume": "populations.evolution",
}

__getattr__, _names = attach(__name__, _HOMES)


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
