"""What a run will take, said before it starts: seconds of a core, bytes of memory. Refused where it is absurd.

Call `check` before anything is made, `memory` and `generation_seconds` for what to tell.
"""

import math
import os
from contextlib import suppress
from typing import Any, Final

from alife.configuration.idle import value_of
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.habitat import CACHE
from alife.evolution.measuring import every
from alife.organism.lifetime import BLOCK
from alife.organism.shape import Shape, Tensors
from alife.words import size
from alife.world.projections import ROWS

FLOPS: Final = {"torch": 9e10, "fused": 1.6e11}
"""Of one core by `life.passes`. By torch an individual of the default run (N = 21,100) takes 43 ms on an AMD EPYC: 21.5
of life, 9.3 of emission, 10.6 of birth and scoring (`python -m benchmarks engine`). On an Intel Xeon with AVX-512 it
takes as long, and 24 ms by fused loops. Smaller networks come to less, down to a tenth."""

STEP_SECONDS: Final = 3e-4
"""What a step of an island takes however small it is."""

TESTED: Final = 10_000
"""Images on which a network is scored, MNIST's."""

GPU: Final = 500
"""Cores that no GPU is faster than."""

YEAR: Final = 365 * 86_400.0
ABSURD: Final = YEAR
"""Seconds of an island's generation that nobody will wait for."""

_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def island_seconds(config: RunConfig, n_weights: int | None = None) -> float:
    """About what a generation of one island takes of one core, on a processor of our days.

    Counted are lives, emissions, and the scoring of adults and, as often as `newborn_accuracy` is taken, of newborns.
    Of networks of a maker it is the least: layers that use a weight more than once take more.

    Args:
        config: The run.
        n_weights: N, if the network is not the dense one.
    """
    life, hidden, steps = config.life, config.quine.hidden, config.life.steps
    weights = hidden * (2 * hidden + 11) if n_weights is None else n_weights
    learned, tested = (0, 0.0) if config.task == "none" else (life.images, config.selection.images or TESTED)
    tested *= 1 + 1 / every(config, "newborn_accuracy")
    individual = 6 * weights * steps * (life.coordinates + learned) + 2 * weights * (weights + tested)
    return config.population.size * individual / FLOPS[life.passes] + steps * STEP_SECONDS


def generation_seconds(config: RunConfig, n_weights: int | None = None) -> float:
    """The same of all islands."""
    return config.population.islands * island_seconds(config, n_weights)


def memory(
    config: RunConfig, shape: Shape | Tensors, images: int, pixels: int = 0, *, host: bool = True
) -> dict[str, int]:
    """About how many bytes of memory a run takes on a machine, by key.

    Args:
        config: The run.
        shape: Of its networks.
        images: To learn, to select and to test, together.
        pixels: Of an image.
        host: Whether a worker lives there, beside the driver.

    Returns:
        Bytes by the keys that make them: what networks see of all coordinates and images, once for all and once as a
        worker scales it; the genomes, of all islands and their offspring, and five times those of one island; what
        individuals learn from together; and the projection of pixels, with the pixels that are projected together.
    """
    if isinstance(shape, Tensors):
        key, hidden, units = "quine.network", math.isqrt(shape.n_weights), config.quine.coordinate_units
        features, seen = shape.n_weights * units + images * pixels // 4, 0
    else:
        key, hidden, seen = "quine.hidden", shape.hidden, shape.hidden - shape.coordinate_units
        features = shape.n_weights * shape.coordinate_units + images * seen
    population, life = config.population, config.life
    rows = life.coordinates + (life.images if shape.classes else 0)
    together = max(1, min(population.size, life.chunk or 1 + CACHE // (20 * hidden * rows)))
    return {
        key: 4 * features * (2 if host else 1),
        "population.size": 4 * shape.n_weights * population.size * (2 * population.islands + (5 if host else 0)),
        "life.coordinates": together * rows * (8 * BLOCK + 20 * hidden) if host else 0,
        "task": 8 * pixels * (seen + 3 * min(images, ROWS)),
    }


def check(
    config: RunConfig, shape: Shape | Tensors, images: int, pixels: int = 0, *, host: bool = True, gpu: bool = False
) -> None:
    """Refuse what could not end, or not even begin on this machine.

    Arguments as of `memory`, and `gpu`: whether workers may have one.

    Raises:
        UserError: A generation of one island would take years, or there is not the memory.
    """
    n_weights = shape.n_weights if isinstance(shape, Tensors) else None
    seconds = island_seconds(config, n_weights) / (GPU if gpu else config.life.threads)
    if seconds > ABSURD:
        raise UserError(
            f"life.steps: {config.life.steps}: a generation of one island would take some {seconds / YEAR:.2g} years: "
            "choose fewer steps, units, coordinates, images or individuals"
        )
    parts, there = memory(config, shape, images, pixels, host=host), machine_memory()
    if there and sum(parts.values()) > there:
        largest = max(parts, key=lambda key: parts[key])
        value: Any = f"{pixels:,} pixels an image" if largest == "task" else value_of(config, largest)
        whole, part = size(sum(parts.values())), size(parts[largest])
        raise UserError(
            f"{largest}: {value}: this run takes about {whole} of memory, {part} of them for this; this machine has "
            f"{size(there)}: choose less of it"
        )


def machine_memory() -> int | None:
    """Bytes of memory that this machine has, or that its container may use; None where nobody says."""
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _LIMITS:
        with suppress(OSError, ValueError), open(path) as file:
            limits.append(int(file.read()))
    return min(limits, default=None)
