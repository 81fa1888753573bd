"""The paper's network and world as a configuration of this project's organism, its founders, and what is measured.

An experiment takes its `configuration`, the `habitat` of that, `founders` and a `stream` from here.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor

from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat
from alife.organism import measures as metrics
from alife.seed_paper.frame import Floats, Settings
from alife.seed_paper.registry import EXPERIMENTS
from alife.streams import Stream, rng
from alife.world.projections import make_physics
from alife.world.task import Task, load_task

Kind = Literal["vanilla", "auxiliary"]

STREAMS: Final = {**{f"E{n}": n for n in range(9)}, "tradeoff": 20, "strict": 30, "fertility": 40, "contraction": 50}
"""Numbers that key the random streams of experiments. One once given stays."""


def configuration(settings: Settings, kind: Kind, coordinate_units: int = 50, **life: Any) -> RunConfig:
    """The paper's organism: H = 100, small projections, coordinate and image together; `life` keys on top."""
    return parse_config(
        {
            "seed": settings.seed,
            "task": "none" if kind == "vanilla" else settings.task,
            "device": "cpu",
            "quine": {
                "hidden": 100,
                "coordinate_units": coordinate_units,
                "pairing": "joint",
                "projection": "paper",
            },
            "life": life,
            "population": {"islands": 1, "size": settings.seeds},
        }
    )


def check(names: Sequence[str], settings: Settings) -> Task | None:
    """See that experiments can be done with the settings, before anything is written.

    Returns:
        What they classify; None if none of them does.

    Raises:
        UserError: The seed is none, the task cannot be loaded, or there is none where one is needed.
    """
    configuration(settings, "vanilla")
    classifying = [name for name in names if EXPERIMENTS[name].classifies]
    if settings.task == "none" and classifying:
        raise UserError(f"task: none: {classifying[0]} classifies: name mnist or a folder of IDX files")
    if settings.task != "mnist" or classifying:
        task = load_task(settings.task)
        if task and task.scale is not None and classifying:
            raise UserError(f"task: {settings.task}: a regression, and {classifying[0]} classifies: name another")
        return task
    return None


@cache
def habitat(config: RunConfig) -> Habitat:
    """The world of a configuration, made once a process."""
    return Habitat(config, make_physics(config, load_task(config.task)))


def founders(config: RunConfig) -> Tensor:
    """[K, N] initial weights U(±1/√H), the same for all experiments with networks of that size."""
    return torch.from_numpy(reproduction.founders(config, habitat(config).features.shape.n_weights, 0).messages)


def stream(settings: Settings, experiment: str, *key: int) -> np.random.Generator:
    """Random numbers of one experiment; `key` names the variant, network, epoch, … that they are for."""
    return rng(settings.seed, Stream.PAPER, STREAMS[experiment], *key)


def measures(place: Habitat, networks: Tensor) -> dict[str, Floats]:
    """Of [K, N] networks, each [K] float32: how they print their own weights, and classify if there is a task.

    `L_SR` = Σ(f_θ(c) - θ_c)², `squared_norm` = Σθ², `rho` their quotient (1: no better than printing zeros), the
    paper's `sqrt_margin` √(L_SR/N) and `quotient` ln(N/L_SR), and `accuracy` on the test images. The image is blank
    while a network prints.
    """
    printed = place.emit(networks)
    out = replication(metrics.replication_loss(printed, networks), networks)
    if "test" in place.splits:
        out["accuracy"] = place.accuracy(networks, "test")
    return out


def replication(loss: Tensor, networks: Tensor) -> dict[str, Floats]:
    """The measures that follow from L_SR [K] of [K, N] networks."""
    n, norm = networks.shape[1], metrics.squared_norm(networks)
    found = {"L_SR": loss, "rho": loss / norm, "squared_norm": norm}
    found |= {"sqrt_margin": (loss / n).sqrt(), "quotient": (n / loss).log()}
    return {name: values.numpy(force=True).astype(np.float32) for name, values in found.items()}


def rows(experiment: str, variant: str, measured: dict[str, Floats], **common: Any) -> list[dict[str, Any]]:
    """A dict a network: experiment, variant, seed, `common` (such as epoch), and its measures as plain floats."""
    count = len(next(iter(measured.values())))
    first = {"experiment": experiment, "variant": variant}
    return [
        {**first, "seed": k, **common, **{name: float(values[k]) for name, values in measured.items()}}
        for k in range(count)
    ]


def floats(networks: Tensor) -> Floats:
    """[K, N] float32 for `Outcome.genomes`."""
    return networks.detach().numpy(force=True).astype(np.float32, copy=True)
