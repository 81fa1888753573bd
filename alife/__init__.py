"""Neural quines: networks that print their own weights, evolved on islands.

`evolve(config, out)` makes a run, `load_run(out)` reads it, `load_network(out, id)` gives one of those who lived. Here
lies one island's life, in batched torch; many islands are the package `populations`, what a folder says is `analysis`.
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from alife.configuration.keys import RunConfig, parse_config
    from alife.errors import UserError
    from alife.world.task import load_task
    from analysis.data.run import load_run
    from populations.engine.adults import load_network
    from populations.engine.evolve import evolve, resume
    from populations.engine.fork import fork

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
    "RunConfig": "alife.configuration.keys",
    "UserError": "alife.errors",
    "evolve": "populations.engine.evolve",
    "fork": "populations.engine.fork",
    "load_network": "populations.engine.adults",
    "load_run": "analysis.data.run",
    "load_task": "alife.world.task",
    "parse_config": "alife.configuration.keys",
    "resume": "populations.engine.evolve",
}

__getattr__, _names = attach(__name__, _HOMES)


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
