"""What a sweep leaves open, decided once for all of its runs: call `settled` before anything is written."""

from dataclasses import replace
from typing import Any

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution import founding, objects
from alife.world.projections import Physics
from alife.world.task import Task
from populations.engine import migration
from populations.engine.choosing import BackendName
from populations.engine.prepare import prepare
from populations.engine.ray.cluster import elsewhere
from populations.studies.plan import Plan


def settled(plan: Plan, stored: Plan | None, backend: BackendName, task: Task | None = None) -> Plan:
    """The plan with its device decided, once for all runs, and all checked that can be without a cluster.

    Raises:
        UserError: A treatment's data, device, topology or objects of the user's own do not fit.
    """
    devices: dict[Any, str] = {}
    worlds: dict[Any, Physics] = {}
    tried: set[str] = set()
    configs: dict[str, RunConfig] = {}
    default = stored.base.device if stored else _device(plan, backend)
    for name, config in plan.configs.items():
        device = default if config.device == "auto" else config.device
        config = config.model_copy(update={"device": device})
        what = config.task, config.device, config.quine
        try:
            migration.check(config)
            if what not in devices:
                resolved, physics = prepare(config, backend=backend, given=task)
                devices[what], worlds[what] = resolved.device, _outlined(physics)
            if stored is None:
                founding.given(config, worlds[what].shape.n_weights)
            own = repr((what, config.selection, config.reproduction, config.measures, config.population.size))
            if own not in tried:
                objects.found(config, worlds[what])
                tried.add(own)
        except UserError as error:
            raise UserError(f"treatment {name}: {error}") from None
        configs[name] = _with_gpu(config.model_copy(update={"device": devices[what]}))
    base, ray = plan.base, plan.base.ray
    if base.device == "auto":
        found = [devices[what] for what in devices if what[1] == default]
        base = base.model_copy(update={"device": found[0] if found else default})
    if "cuda" in devices.values() and not ray.gpus_per_host:
        base = base.model_copy(update={"ray": ray.model_copy(update={"gpus_per_host": 1.0})})
    return replace(plan, base=base, configs=configs)


def _with_gpu(config: RunConfig) -> RunConfig:
    """A treatment that computes on a GPU asks for one."""
    if config.device != "cuda" or config.ray.gpus_per_host:
        return config
    return config.model_copy(update={"ray": config.ray.model_copy(update={"gpus_per_host": 1.0})})


def _outlined(physics: Physics) -> Physics:
    """Physics with a few images alone, which do for trials."""
    few = {name: rows[:3].copy() for name, rows in physics.images.items()}
    return replace(physics, images=few, labels={name: rows[:3].copy() for name, rows in physics.labels.items()})


def _device(plan: Plan, backend: BackendName) -> str:
    """What `device: auto` means for all runs: "auto" still, where each machine that there is can be this one only.

    Raises:
        UserError: There is no cluster, or none of its GPUs can be asked.
    """
    ray = plan.base.ray
    if backend == "local" or not elsewhere(ray) or all(config.device != "auto" for config in plan.configs.values()):
        return "auto"
    from populations.engine.ray import asking
    from populations.studies.job_pool import connected

    with connected(ray):
        return asking.device(plan.base, lambda: False)
