"""The configuration of a run with everything open resolved, and its physics: call `prepare` before anything is made.

All is checked here that can be without a cluster: the data, the device, the topology, the memory.
"""

from collections.abc import Mapping
from typing import Any

import torch

from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE
from alife.errors import Unfit
from alife.evolution import networks, sampling
from alife.organism import passes
from alife.world.projections import Physics, make_physics, shape_of
from alife.world.task import Task, load_task
from populations.engine import migration, needs
from populations.engine.choosing import BackendName
from populations.engine.ray.cluster import elsewhere
from populations.engine.ray.devices import resolved
from populations.record.task import task_again


def prepare(
    config: RunConfig,
    past: Mapping[str, Any] | None = None,
    backend: BackendName = "local",
    given: Task | None = None,
) -> tuple[RunConfig, Physics]:
    """The configuration with everything open resolved, and its physics; checks all that needs no cluster.

    Args:
        config: What is asked for.
        past: The manifest of the run that is forked or assayed; None for a new one.
        backend: Where it is to live. If workers may be on other machines, `device: auto` stays open, with what depends
            on it: the backend's `config` has it resolved.
        given: The data, if they were handed over.

    Raises:
        UserError: The data, the device or the topology do not fit.
    """
    migration.check(config)
    away = backend != "local" and elsewhere(config.ray)
    if not away:
        check_cuda(config)
        passes.check(config)
    task = task_again(config, past, given) if past else given or load_task(config.task)
    seed = config.seed if config.quine.projection_seed is None else config.quine.projection_seed
    config = config.model_copy(update={"quine": config.quine.model_copy(update={"projection_seed": seed})})
    if task:
        sampling.check(config, len(task.select_images))
    physics = physics_of(config, task, away)
    if config.device == "auto" and away:
        return config, physics
    here = "cuda" if torch.cuda.is_available() else "cpu"
    return resolved(config, here if config.device == "auto" else config.device, physics.shape.n_weights), physics


def physics_of(config: RunConfig, task: Task | None, away: bool) -> Physics:
    """`make_physics`, if workers here, or this driver alone, have the memory."""
    own = config.quine.network != DENSE
    images = sum(map(sum, task.counts.values())) if task else 0
    gpu = config.device == "cuda" or (config.device == "auto" and (away or torch.cuda.is_available()))
    shape = networks.shape_of(config, task) if own else shape_of(config, task)
    needs.check(config, shape, images, task.pixels if task else 0, host=not away, gpu=gpu)
    return networks.physics(config, task) if own else make_physics(config, task)


def check_cuda(config: RunConfig) -> None:
    """Refuse `device: cuda` on a machine without.

    Raises:
        Unfit: There is no such device here.
    """
    if config.device == "cuda" and not torch.cuda.is_available():
        raise Unfit("device: cuda: no CUDA device is here; use --device cpu, or --ray.address of a cluster with GPUs")
