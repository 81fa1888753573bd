"""Runs as trials of Ray Tune: `trainable` makes of a configuration what `ray.tune.Tuner` takes.

Needs the extra `tune`.
"""

from typing import TYPE_CHECKING

from alife.lazy import attach

if TYPE_CHECKING:
    from populations.studies.tune import trainable

__all__ = ["trainable"]

__getattr__, __dir__ = attach(__name__, {"trainable": "populations.studies.tune"})
