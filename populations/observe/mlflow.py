"""MLflow: `MLflow`, a callback."""

import importlib
import os
import time
from pathlib import Path
from typing import Any, Final

from populations.observe.steps import Underway
from populations.observe.tracking import Tracker, key_of, name_of, need, settings

KEY: Final = "alife.run"
"""The tag by which a run is found again."""

ENDED: Final = {"finished": "FINISHED", "extinct": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}
"""How a run ended, and what MLflow calls it; the tag `alife.status` has our word."""

LONGEST: Final = 6000
"""Characters of a parameter's value at most."""


class MLflow(Tracker):
    """Writes the figures of each generation as metrics, and the configuration as parameters, of a run of MLflow.

    A metric's step is the generation. A run that goes on is the run that it was; generations that were lived again
    stand there again, with the same medians.

    Args:
        folder: Where to: a folder of this machine, or the address of a server or a database, as in "http://…".
        experiment: What to call the experiment.

    Raises:
        UserError: Neither mlflow-skinny nor mlflow is installed.

    Example:
        >>> import alife
        >>> tracker = alife.MLflow("mlruns")  # doctest: +SKIP
        >>> alife.evolve("runs/first/config.yaml", "runs/a", callbacks=[tracker])  # doctest: +SKIP
    """

    answers_within = 180.0  # the package alone takes seconds to import

    def __init__(self, folder: str = "mlruns", experiment: str = "alife"):
        need("mlflow", "mlflow")
        self.folder, self.experiment = folder, experiment
        self._client: Any = None
        self._id = ""

    def on_start(self, run: Underway) -> None:
        """Begin its run, or go on with it."""
        if "://" in self.folder:
            address = self.folder
        else:
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 wants it said
            address = Path(self.folder).resolve().as_uri()
        tracking = importlib.import_module("mlflow.tracking")
        client = tracking.MlflowClient(tracking_uri=address)
        known = client.get_experiment_by_name(self.experiment)
        experiment = known.experiment_id if known else client.create_experiment(self.experiment)
        key = key_of(run)
        found = client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", max_results=1)
        if found:
            self._id = found[0].info.run_id
            client.update_run(self._id, status="RUNNING")
        else:
            tags = {KEY: key, "alife.out": run.out}
            self._id = client.create_run(experiment, tags=tags, run_name=name_of(run)).info.run_id
            entities = importlib.import_module("mlflow.entities")
            chosen = [entities.Param(name, str(value)[:LONGEST]) for name, value in settings(run).items()]
            for start in range(0, len(chosen), 100):  # as many as are taken at once
                client.log_batch(self._id, params=chosen[start : start + 100])
        client.set_tag(self._id, "alife.generations", run.config.generations)
        self._client = client

    def track(self, generation: int, numbers: dict[str, float]) -> None:
        """Log a generation."""
        metric = importlib.import_module("mlflow.entities").Metric
        now = int(1000 * time.time())
        metrics = [metric(name, float(value), now, generation) for name, value in numbers.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def on_end(self, status: str) -> None:
        """Say how it has ended."""
        if self._client is not None:
            self._client.set_tag(self._id, "alife.status", status)
            self._client.set_terminated(self._id, ENDED.get(status, "FAILED"))
