"""Weights & Biases: `Wandb`, a callback."""

import importlib
from typing import Any

from populations.observe.steps import Underway
from populations.observe.tracking import Tracker, key_of, name_of, need, settings


class Wandb(Tracker):
    """Writes the figures of each generation and the configuration as a run of Weights & Biases, offline.

    The figures are over `generation`. A run that goes on has the id that it had, so `wandb sync` adds to the same run;
    generations that were lived again stand there again, with the same medians. Figures of the machine, code and what is
    printed are not collected.

    Args:
        folder: Where to; wandb makes a folder `wandb` in it.
        project: What to call the project.
        options: More of `wandb.init`, which win: `mode="online"` sends everything to its servers while the run lives.

    Raises:
        UserError: wandb is not installed.

    Example:
        >>> import alife
        >>> tracker = alife.Wandb("tracked")  # doctest: +SKIP
        >>> alife.evolve("runs/first/config.yaml", "runs/a", callbacks=[tracker])  # doctest: +SKIP
    """

    def __init__(self, folder: str = ".", project: str = "alife", **options: Any):
        need("wandb", "wandb")
        self.folder, self.project, self.options = folder, project, options
        self._run: Any = None

    def on_start(self, run: Underway) -> None:
        """Begin its run, or go on with it."""
        wandb = importlib.import_module("wandb")
        quiet = wandb.Settings(silent=True, console="off", save_code=False, disable_git=True, x_disable_stats=True)
        how = {
            "dir": self.folder,
            "project": self.project,
            "name": name_of(run),
            "id": key_of(run),
            "mode": "offline",
            "resume": "allow",
            "reinit": "create_new",
            "settings": quiet,
            **self.options,
        }
        if how["mode"] == "offline":
            del how["resume"]  # which is the server's to heed; the id is what joins the parts
        self._run = wandb.init(config=settings(run), **how)
        self._run.define_metric("*", step_metric="generation")

    def track(self, generation: int, numbers: dict[str, float]) -> None:
        """Log a generation."""
        self._run.log({**numbers, "generation": generation})

    def on_end(self, status: str) -> None:
        """Say how it has ended, and close its files."""
        if self._run is not None:
            self._run.summary["status"] = status
            self._run.finish(exit_code=int(status == "failed"))
