"""Watching a run from afar: gauges that Ray exports to Prometheus, and TensorBoard event files.

Hand a run a `TensorBoard` among its sinks (listeners.py); on Ray `evolve` adds a `RayMetrics`. Each needs a package
that a run does without. Nothing is sent anywhere: figures are read from here.
"""

import importlib
import math
import os
from typing import Any

from alife.errors import UserError
from alife.traits import MAIN, TRAITS
from populations.observe import events
from populations.observe.events import Event

_OTHERS = {
    "dead": "Individuals that died before the end of the generation; in no median",
    "individuals_per_second": "Individuals lived a second of wall-clock",
    "generation": "Last generation completed",
    "hosts": "Workers up or starting",
}
"""Field of `events.Generation`, beside traits → what it is."""


class RayMetrics:
    """Sets gauges `ray_alife_NAME{run="…"}` where Ray's metrics agent runs (`ray[default]`); elsewhere sets nothing.

    `restarts` counts the workers lost since this process started. What nobody has, as where nobody lived, is NaN.
    """

    def __init__(self) -> None:
        self._gauges: dict[str, Any] = {}
        self._tags: dict[str, str] = {}
        self._restarts = 0

    def __call__(self, event: Event) -> None:
        """Set what an event tells."""
        match event:
            case events.Start(out=out):
                self._tags = {"run": out}
                self._gauges = _gauges()
            case events.HostLost():
                self._restarts += 1
            case events.Generation() if self._gauges:
                for name, value in figures(event).items():
                    self._gauges[name].set(math.nan if value is None else value, self._tags)
            case _:
                return
        if self._gauges:
            self._gauges["restarts"].set(self._restarts, self._tags)


class TensorBoard:
    """Writes the figures of each generation as TensorBoard scalars.

    Args:
        folder: Where to; made if it is not there.

    Raises:
        UserError: tensorboardX is not installed, or the folder cannot be written.
    """

    def __init__(self, folder: str):
        try:
            module = importlib.import_module("tensorboardX")
        except ImportError:
            raise UserError(
                "--tensorboard: the package tensorboardX is not installed: pip install 'alife-quines[tensorboard]'"
            ) from None
        try:
            os.makedirs(folder, exist_ok=True)
            self._writer = module.SummaryWriter(folder)
        except OSError as error:
            raise UserError(f"--tensorboard {folder}: {error.strerror}: name another folder") from None
        self._restarts = 0

    def __call__(self, event: Event) -> None:
        """Write what an event tells."""
        match event:
            case events.HostLost():
                self._restarts += 1
            case events.Generation(generation=generation):
                for name, value in {**figures(event), "restarts": self._restarts}.items():
                    if value is not None and name != "generation":
                        self._writer.add_scalar(name, value, generation)

    def close(self) -> None:
        """Write what is not yet written."""
        self._writer.close()


def figures(event: events.Generation) -> dict[str, float | None]:
    """What is told of a generation in numbers, by name; None of what nobody has."""
    return {name: getattr(event, name) for name in (*MAIN, *_OTHERS)}


def _gauges() -> dict[str, Any]:
    from ray.util.metrics import Gauge

    traits = {name: f"Median over the living: {TRAITS[name].meaning}" for name in MAIN}
    meanings = {**traits, **_OTHERS, "restarts": "Workers lost since the driver started"}
    return {name: Gauge(f"alife_{name}", meaning, tag_keys=("run",)) for name, meaning in meanings.items()}
