"""`auto`: whether Ray makes up for the time that it takes to start. Births are the same either way.

Call `choose` with what the user asked for.
"""

import logging
import os
import sys
from typing import Final, Literal

from alife.configuration import keys as configuration
from alife.configuration.keys import RunConfig
from populations.engine.needs import generation_seconds
from populations.engine.ray.cores import hosts_wanted

_log = logging.getLogger(__name__)

BackendName = Literal["auto", "ray", "local"]
Chosen = Literal["ray", "local"]

RAY_SECONDS: Final = 10.0
"""What Ray and its workers take to start, on two cores of an AMD EPYC."""


def choose(asked: BackendName, *configs: RunConfig) -> Chosen:
    """The backend of a run, whose islands can go side by side, or of several runs, which can.

    Args:
        asked: By the user, who is obeyed.
        configs: Of each run.
    """
    if asked != "auto":
        return asked
    if any(wanted(config.ray) or config.device == "cuda" for config in configs):
        return "ray"
    first = configs[0]
    population = {"islands": first.population.islands if len(configs) == 1 else len(configs)}
    width = hosts_wanted(first.model_copy(update={"population": first.population.model_copy(update=population)}))
    saved = sum(map(seconds, configs)) * (1 - 1 / width)
    _log.debug("Ray would save about %.0f s, and takes %.0f s to start", saved, RAY_SECONDS)
    return "ray" if saved > RAY_SECONDS else "local"


def wanted(ray: configuration.Ray) -> bool:
    """Whether Ray is asked for, by a key or by the environment, or is there already."""
    module = sys.modules.get("ray")
    running = module is not None and module.is_initialized()
    return running or bool(os.environ.get("RAY_ADDRESS")) or ray.model_dump() != configuration.Ray().model_dump()


def seconds(config: RunConfig) -> float:
    """About what a run takes of one core, on a processor of our days."""
    return config.generations * generation_seconds(config)
