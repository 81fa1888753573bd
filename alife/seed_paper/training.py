"""The paper's gradient training: epochs of minibatches of 10, all networks of a variant as one batched population.

Make a `Training` of a variant and `train` it; `last` are a curve's rows at an epoch.
"""

import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

import torch
from numpy.typing import NDArray
from torch import Tensor

from alife.evolution.habitat import Habitat
from alife.organism.kernel.gradient import Gradient
from alife.organism.lifetime import Learners, experiences
from alife.seed_paper.frame import Settings, Work
from alife.seed_paper.habitat import Kind, configuration, founders, habitat, stream

BATCH: Final = 10
LAMBDA: Final = 0.01
TEMPERATURE: Final = 0.01

RATES: Final = {"sgd": 0.01, "momentum": 0.01, "adam": 1e-3, "adamax": 2e-3, "adagrad": 1e-2, "rmsprop": 1e-2}
"""torch's defaults; for SGD, which has had none, the paper's."""

TOGETHER: Final = 16
"""Networks computed together: more leave the cache, fewer pay more for each call."""

SAVE_SECONDS: Final = 20.0
"""Between two states kept against being killed."""

Look = Callable[[int, Tensor], list[dict[str, Any]]]
"""(epoch, [K, N] networks) → the rows of a curve."""


class Training:
    """Networks under one optimiser, an epoch at a time.

    Network k meets the coordinates and images of seed k modulo `settings.seeds`, whatever its optimiser or task weight.

    Args:
        settings: Seeds, and whose streams.
        experiment: Name, for the streams.
        kind: With a task or without.
        optimizer: Name; its rate is torch's default.
        networks: [K, N] weights to start from.
        task_weights: [K] λ; the paper's for all if None.
        other: What else is not the paper's: keys of `life`, or `coordinate_units`.

    Attributes:
        place: Where they live.
        epoch: How many they have trained.
    """

    def __init__(
        self,
        settings: Settings,
        experiment: str,
        kind: Kind,
        optimizer: str,
        networks: Tensor,
        task_weights: Tensor | None = None,
        **other: Any,
    ):
        ours = {"optimizer": optimizer, "coordinates": BATCH, "temperature": TEMPERATURE}
        config = configuration(
            settings, kind, **{**ours, "target": "epoch", "loss": "sum", "sampling": "epoch", **other}
        )
        self.place: Habitat = habitat(config)
        self._features, self._settings, self._experiment, self.epoch = self.place.features, settings, experiment, 0
        self._life = config.life.model_copy(update={"steps": self._features.epoch(config.life)})
        weights = torch.full((len(networks),), LAMBDA) if task_weights is None else task_weights
        rates = torch.full((len(networks),), RATES[optimizer])
        self._chunks: list[tuple[slice, Learners]] = []
        for first in range(0, len(networks), TOGETHER):
            who = slice(first, min(first + TOGETHER, len(networks)))
            gradient = Gradient(self._features, self._life, "joint", who.stop - first, networks)
            learners = Learners(self._features, self._life, gradient, networks[who], rates[who], weights[who])
            self._chunks.append((who, learners))

    def learn(self) -> None:
        """One epoch."""
        for who, learners in self._chunks:
            seeds = [k % self._settings.seeds for k in range(who.start, who.stop)]
            streams = [stream(self._settings, self._experiment, seed, self.epoch) for seed in seeds]
            learners.learn(experiences(self._features, self._life, "joint", streams))
        self.epoch += 1

    def networks(self) -> Tensor:
        """[K, N] present weights."""
        size = sum(who.stop - who.start for who, _ in self._chunks)
        out = torch.empty(size, self._features.shape.n_weights)
        for who, learners in self._chunks:
            learners.weights.write(out[who])
        return out

    def replace(self, networks: Tensor) -> None:
        """Go on with other weights; the optimiser remembers what it remembers."""
        for who, learners in self._chunks:
            learners.weights.read(networks[who])

    def state(self) -> dict[str, NDArray[Any]]:
        """All that `restore` needs beside `epoch`."""
        out = {}
        for number, (_, learners) in enumerate(self._chunks):
            for name, tensor in zip(_names(learners), [learners.weights.flat, *learners.moments], strict=True):
                out[f"{number}.{name}"] = tensor.numpy().copy()
        return out

    def restore(self, state: Mapping[str, NDArray[Any]], epoch: int) -> None:
        """Go on from a state after so many epochs."""
        self.epoch = epoch
        for number, (_, learners) in enumerate(self._chunks):
            learners.age = epoch * self._life.steps
            for name, tensor in zip(_names(learners), [learners.weights.flat, *learners.moments], strict=True):
                tensor.copy_(torch.from_numpy(state[f"{number}.{name}"]))


def _names(learners: Learners) -> list[str]:
    return ["weights", *(f"moment{number}" for number in range(len(learners.moments)))]


def train(
    work: Work, training: Training, epochs: int, look: Look, between: Callable[[Training], None] | None = None
) -> list[dict[str, Any]]:
    """Train to the end, from where a killed process stood if there was one.

    Args:
        work: Told of every epoch; its state is kept about every SAVE_SECONDS.
        training: Just made.
        epochs: In all.
        look: What to note at the start and after each epoch.
        between: What happens to the networks before each epoch.

    Returns:
        All rows of `look`.
    """
    kept = work.keep.load()
    if kept:
        state, facts = kept
        training.restore(state, facts["epoch"])
        curve = facts["curve"]
    else:
        curve = look(0, training.networks())
    saved = time.monotonic()
    while training.epoch < epochs:
        if between:
            between(training)
        training.learn()
        curve += look(training.epoch, training.networks())
        work.tell(training.epoch / epochs, f"epoch {training.epoch} of {epochs}")
        if time.monotonic() - saved > SAVE_SECONDS and training.epoch < epochs:
            work.keep.save(training.state(), {"epoch": training.epoch, "curve": curve})
            saved = time.monotonic()
    return curve


def last(curve: list[dict[str, Any]], epoch: int) -> list[dict[str, Any]]:
    """The rows of a curve at an epoch."""
    return [row for row in curve if row["epoch"] == epoch]


def step_seconds(settings: Settings, steps: int = 400) -> float:
    """What a step of a vanilla population under Adamax takes on this machine now, the unit of `Experiment.steps`."""
    training = Training(settings, "E1", "vanilla", "adamax", founders(configuration(settings, "vanilla")))
    ((who, learners),) = training._chunks[:1]
    streams = [stream(settings, "E1", k, 0) for k in range(who.stop)]
    seen = list(islice(experiences(training.place.features, training._life, "joint", streams), steps + 50))
    learners.learn(seen[:50])
    began = time.perf_counter()
    learners.learn(seen[50:])
    return (time.perf_counter() - began) / steps * max(1, settings.seeds / TOGETHER)
