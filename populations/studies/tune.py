"""Runs as trials of Ray Tune, for its schedulers (ASHA, HyperBand, median stopping) and search algorithms.

Call `trainable`; Tune does the rest. Each trial is an ordinary run folder. Needs the extra `tune`.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten, merge, nest
from alife.configuration.sources import Given, load_config
from alife.errors import UserError
from alife.format import files
from alife.traits import measured, natural
from alife.world.task import Task
from populations.engine.evolve import Evolution
from populations.observe.callbacks import IMPROVING
from populations.observe.steps import Step
from populations.record.task import told_given

TIME = "training_iteration"
"""What Tune counts: generations lived, founders included."""


def trainable(
    base: Given, out: str | os.PathLike[str], *, metric: str | Sequence[str] = "accuracy", task: Task | None = None
) -> type:
    """A class of Ray Tune whose trials are runs.

    A trial is the base with the keys that Tune has drawn, dotted or nested, lived in its own process, one generation a
    step: OUT/TRIAL is an ordinary run folder. What Tune is told after each generation are the medians of the metrics
    over those who lived to its end, in their own units, and `training_iteration`, the generations lived. A trial that
    a scheduler stops, or that Tune is interrupted in, is committed as far as it came and "interrupted":
    `alife.resume` goes on with it. A trial that is lost with its machine, or paused, goes on from its folder.

    What would change a run under way, as population based training does, is refused.

    Args:
        base: As the `config` of `evolve`.
        out: A folder for the trials, where all machines can be: a path or an fsspec URI.
        metric: A score of births ("accuracy", "newborn_accuracy", "replication_error", "copying_error" or
            "self_error") or a measure of the runs' own; one or several.
        task: The data, if they are handed over.

    Returns:
        What `ray.tune.Tuner` takes.

    Raises:
        UserError: The configuration will not do, runs of it have no such metric, or Ray Tune is not installed.

    Example:
        from ray import tune
        from ray.tune.schedulers import ASHAScheduler

        runs = alife.tune.trainable("base.yaml", "tuned", metric="replication_error")
        space = {"life.task_weight": tune.loguniform(0.01, 1), "reproduction.mutation": tune.loguniform(0.01, 0.2)}
        scheduler = ASHAScheduler(max_t=30, grace_period=5)
        config = tune.TuneConfig(metric="replication_error", mode="min", num_samples=32, scheduler=scheduler)
        results = tune.Tuner(runs, param_space=space, tune_config=config).fit()
        alife.load_run(results.get_best_result().metrics["run"])
    """
    tune = _tune()
    start = told_given(load_config(base), task)
    metrics = (metric,) if isinstance(metric, str) else tuple(metric)
    for name in metrics:
        if name not in (*IMPROVING, *start.measures):
            raise UserError(f"metric: {name}: there is no such metric: choose among {_names(start)}")
    folder = os.fspath(out)
    root = folder.rstrip("/") if files.is_remote(folder) else str(files.local(folder))

    class Trial(tune.Trainable):  # type: ignore[name-defined]
        """One run."""

        def setup(self, config: dict[str, Any]) -> None:
            self._run = f"{root}/{self.trial_id}"
            self._evolution = Evolution(
                drawn(start, config), self._run, backend="local", resume=True, task=task, quiet=True
            )
            self._last: dict[str, Any] = {}

        def step(self) -> dict[str, Any]:
            step = next(self._evolution, None)
            if step is not None:
                self._last = {name: median(step, name) for name in metrics} | {"run": self._run}
                if step.generation + 1 == step.event.of:
                    step = next(self._evolution, None)  # its end, test images and all
            return {**self._last, "run": self._run, "status": self._evolution.status, "done": step is None}

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            """Nothing: the run folder is the checkpoint."""

        def load_checkpoint(self, checkpoint: Any) -> None:
            """Nothing: `setup` has gone on with the run folder."""

        def cleanup(self) -> None:
            self._evolution.close()

    return Trial


def drawn(base: RunConfig, keys: Mapping[str, Any]) -> RunConfig:
    """The configuration of a trial.

    Raises:
        UserError: A key or a value is not allowed.
    """
    own = {
        key: value.item() if isinstance(value, np.generic) else value for key, value in flatten(keys, "tune").items()
    }
    return parse_config(merge(base.model_dump(), nest(own)), "tune")


def median(step: Step, name: str) -> float:
    """Of a metric over those that lived to the end of a generation, in its own unit; NaN if there is none."""
    values = measured(name, step.living(name)) if name in step.births else np.array([])
    known = values[np.isfinite(values)]
    return float(natural(name, np.median(known))) if len(known) else float("nan")


def _names(config: RunConfig) -> str:
    return ", ".join((*IMPROVING, *(name for name in config.measures if name not in IMPROVING)))


def _tune() -> Any:
    try:
        from ray import tune
    except ImportError as error:
        raise UserError(f"Ray Tune cannot be imported ({error}): pip install 'alife-quines[tune]'") from None
    return tune
