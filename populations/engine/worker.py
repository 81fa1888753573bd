"""A worker: a warm process that lives islands' generations for the controller, one after another.

It keeps nothing that matters. Between `live` and `conceive` it holds what the adults emitted; if it dies, any other
worker lives the same generation of the same island again, to the same bits.
"""

import platform
from functools import partial

import numpy as np
import torch

from alife.configuration.keys import RunConfig
from alife.evolution import crossover, measuring, selection
from alife.evolution.habitat import Habitat
from alife.evolution.island import Scores, lifetime
from alife.evolution.mutation import of_rules, own_operator
from alife.evolution.reproduction import Floats, Newborns
from alife.evolution.selection import Choice
from alife.evolution.succession import following
from alife.world.projections import Physics
from populations.engine.parenthood import likeliest


class Worker:
    """Lives generations of islands.

    Args:
        config: Resolved.
        physics: Shared by all workers of a run.

    Raises:
        UserError: A measure or an operator of the user's own cannot be had here.
    """

    def __init__(self, config: RunConfig, physics: Physics):
        self.config = config
        own_operator(of_rules(config.reproduction))  # a machine that does not have it is told apart before it lives
        crossover.own_operator(config.reproduction.crossover_operator)
        self.measures = measuring.own(config)
        self.habitat = Habitat(config, physics)
        self._adults: dict[int, tuple[int, Newborns, Floats]] = {}

    def live(
        self, island: int, generation: int, newborns: Newborns, collapse_norm: float, test: bool, answers: bool
    ) -> Scores:
        """Scores of a generation; what its adults emitted stays here until `conceive`. Arguments as of `lifetime`."""
        prefer = None
        if selection.is_recorded(self.config.selection.scheme):
            prefer = partial(likeliest, self.config, generation, island, newborns)
        scores, emitted = lifetime(
            self.habitat, newborns, generation, island, collapse_norm, test, self.measures, answers, prefer
        )
        self._adults[island] = generation, newborns, emitted
        return scores

    def conceive(self, island: int, choice: Choice) -> Newborns:
        """Survivors and children of the generation that this worker has just lived."""
        generation, parents, emitted = self._adults.pop(island)
        return following(self.config, emitted, parents, choice, generation + 1, island, self.habitat.shape)


def machine_class(config: RunConfig) -> dict[str, str | int]:
    """What decides the bits of a birth: processor, libraries, precision, device, threads."""
    device = torch.cuda.get_device_name() if config.device == "cuda" else "cpu"
    return {
        "cpu": f"{_cpu_model()} {torch.backends.cpu.get_cpu_capability()}",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "dtype": config.life.precision,
        "device": device,
        "threads": config.life.threads,
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
