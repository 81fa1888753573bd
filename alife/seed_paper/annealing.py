"""Training of strict quines: Adam on ρ, the gradient through the moving target too, in stages with a falling rate.

Call `anneal` with the stages of `schedule`; `alife.seed_paper.strict` does so for every kind of strict quine.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from torch import Tensor

from alife.evolution.habitat import Habitat
from alife.organism.kernel.gradient import Gradient
from alife.organism.lifetime import experiences
from alife.organism.optimizers import OPTIMIZERS
from alife.seed_paper.frame import Settings, Work
from alife.seed_paper.habitat import stream
from alife.seed_paper.training import SAVE_SECONDS

SEGMENT: Final = 200
"""Steps between two looks, and that share a random stream."""


@dataclass(frozen=True)
class Stage:
    """Steps under one falling rate, after which the networks may be replaced by what they print.

    Attributes:
        steps: How many.
        rate: Adam's at first; it falls along half a cosine.
        floor: Its last value.
        coordinates: A batch.
        target: "birth" freezes it for the stage; "self" is strict.
        regenerate: Whether the networks become what they print.
    """

    steps: int
    rate: float
    floor: float
    coordinates: int
    target: Literal["birth", "self"] = "self"
    regenerate: bool = False


def schedule(steps: int, rate: float, coordinates: int, rounds: int = 20) -> list[Stage]:
    """Three rounds with a frozen target, `rounds` of optimisation and regeneration, then optimisation alone.

    Without regeneration random networks stay at a ρ above 0.2; with regeneration to the end they stay at 0.008.
    """
    batch = min(coordinates, 1024)
    frozen = Stage(60, 2e-3, 2e-4, batch, "birth", regenerate=True)
    alternate = Stage(60, 2e-3, 2e-4, batch, regenerate=True)
    alone = [Stage(steps // 3, rate, rate / 2, batch), Stage(steps - steps // 3, rate / 2, rate / 300, coordinates)]
    return [frozen] * 3 + [alternate] * rounds + alone


Look = Callable[[int, Tensor], list[dict[str, Any]]]
"""(steps so far, [c, N] networks) → rows of a curve."""


def anneal(
    work: Work,
    place: Habitat,
    networks: Tensor,
    task_weights: Tensor,
    seeds: Sequence[tuple[int, ...]],
    stages: Sequence[Stage],
    look: Look,
    images: int = 256,
) -> tuple[Tensor, list[dict[str, Any]]]:
    """Train to the end, from where a killed process stood if there was one.

    Args:
        work: Told of every segment; its state is kept about every SAVE_SECONDS.
        place: Where.
        networks: [c, N] to begin with.
        task_weights: [c] of the mean cross-entropy beside ρ.
        seeds: Key of each network's streams.
        stages: One after another; Adam forgets between two.
        look: What to note at the start and after each segment.
        images: A batch, if there is a task.

    Returns:
        ([c, N] trained networks, all rows of `look`).
    """
    plan = [(s, first) for s, stage in enumerate(stages) for first in range(0, stage.steps, SEGMENT)]
    total, saved = sum(stage.steps for stage in stages), time.monotonic()
    begun, curve, networks, moments = _begun(work, networks, look)
    gradient: Gradient | None = None
    for number, (s, first) in enumerate(plan[begun:], begun):
        stage = stages[s]
        if gradient is None or first == 0:
            gradient = _gradient(place, stage, networks, task_weights, images)
            moments = moments if first else [torch.zeros_like(gradient.weights.flat) for _ in range(2)]
        _segment(work.settings, place, gradient, stage, first, moments, images, [(*key, s, first) for key in seeds])
        networks = torch.empty_like(networks)
        gradient.weights.write(networks)
        if first + SEGMENT >= stage.steps and stage.regenerate:
            networks = place.emit(networks)
        done = sum(stage.steps for stage in stages[:s]) + min(first + SEGMENT, stage.steps)
        curve += look(done, networks)
        work.tell(done / total, f"step {done} of {total}")
        if time.monotonic() - saved > SAVE_SECONDS and number + 1 < len(plan):
            arrays = {"networks": networks.numpy(), "mean": moments[0].numpy(), "square": moments[1].numpy()}
            work.keep.save(arrays, {"begun": number + 1, "curve": curve})
            saved = time.monotonic()
    return networks, curve


def _begun(work: Work, networks: Tensor, look: Look) -> tuple[int, list[dict[str, Any]], Tensor, list[Tensor]]:
    """Segments that are done, the curve so far, networks and Adam's moments: of a process before, or of none."""
    kept = work.keep.load()
    if kept is None:
        return 0, look(0, networks), networks, [torch.zeros_like(networks).view(-1) for _ in range(2)]
    arrays, facts = kept
    moments = [torch.from_numpy(arrays[name]) for name in ("mean", "square")]
    return facts["begun"], facts["curve"], torch.from_numpy(arrays["networks"]), moments


def _gradient(place: Habitat, stage: Stage, networks: Tensor, task_weights: Tensor, images: int) -> Gradient:
    made = Gradient(place.features, _life(place, stage, images), place.config.quine.pairing, len(networks), networks)
    made.begin(networks, task_weights)
    return made


def _life(place: Habitat, stage: Stage, images: int) -> Any:
    return place.config.life.model_copy(
        update={"coordinates": stage.coordinates, "target": stage.target, "images": images, "optimizer": "adam"}
    )


def _segment(
    settings: Settings,
    place: Habitat,
    gradient: Gradient,
    stage: Stage,
    first: int,
    moments: list[Tensor],
    images: int,
    keys: Sequence[tuple[int, ...]],
) -> None:
    """Steps first + 1 … of a stage, at most SEGMENT."""
    life = _life(place, stage, images).model_copy(update={"steps": min(SEGMENT, stage.steps - first)})
    streams = [stream(settings, "strict", *key) for key in keys]
    seen = experiences(place.features, life, place.config.quine.pairing, streams)
    for t, (batch, rate) in enumerate(zip(seen, _rates(stage, first), strict=False), first + 1):
        OPTIMIZERS["adam"].update(gradient.weights.flat, gradient(*batch), moments, t, rate)


def _rates(stage: Stage, first: int) -> Iterator[float]:
    for t in range(first, stage.steps):
        yield stage.floor + (stage.rate - stage.floor) * (1 + math.cos(math.pi * t / stage.steps)) / 2
