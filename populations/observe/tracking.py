"""What trackers have in common: which run it is, its configuration, and the figures of each generation.

`populations.observe.wandb` and `mlflow` are callbacks: one that fails is asked no more, with a word, as any of them.
"""

import hashlib
import importlib.util
import json
from typing import Any

from alife.configuration.parsing import flatten
from alife.errors import UserError
from populations.observe.callbacks import Callback
from populations.observe.gauges import figures
from populations.observe.steps import Step, Underway
from populations.record.reader import read_manifest


def need(package: str, extra: str) -> None:
    """See that a tracker's package is there.

    Raises:
        UserError: It is not; names the extra.
    """
    if importlib.util.find_spec(package) is None:
        raise UserError(f"the package {package} is not installed: pip install 'alife-quines[{extra}]'")


def key_of(run: Underway) -> str:
    """What a run is known by to a tracker, the same whenever it goes on: made from when, where and how it was begun."""
    manifest = read_manifest(run.out)
    known = [manifest["created"], manifest["seed"], *manifest["starts"][:1]]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def name_of(run: Underway) -> str:
    """The last part of its folder's path."""
    return run.out.rstrip("/").rpartition("/")[2] or run.out


def settings(run: Underway) -> dict[str, Any]:
    """Its configuration, by dotted key."""
    return flatten(run.config.model_dump(mode="json"), run.out)


class Tracker(Callback):
    """Hands the figures of each generation on; what nobody has, as where nobody lived, is left out."""

    needs_births = False

    def on_generation(self, step: Step) -> None:
        """Hand on what listeners are told of it."""
        known = {name: value for name, value in figures(step.event).items() if value is not None}
        self.track(step.generation, known)

    def track(self, generation: int, numbers: dict[str, float]) -> None:
        """Put the numbers of a generation where they belong."""
        raise NotImplementedError
