"""Types of single configuration values: what they may be, and what is made of text that YAML or a shell hands over."""

import os
import re
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

Optimizer = Literal["sgd", "momentum", "adam", "adamax", "adagrad", "rmsprop"]
Scheme = Literal["tournament", "truncation", "roulette", "nsga2", "shuffled", "drift"]
Trait = Literal["task_weight", "learning_rate", "mutation"]
Topology = Literal["ring", "torus", "star", "complete", "none"]

TRAITS: Final = get_args(Trait)

UNUSED: Final = {
    "tournament": ("truncation",),
    "shuffled": ("truncation",),
    "truncation": ("tournament_size",),
    "roulette": ("tournament_size", "truncation"),
    "nsga2": ("accuracy_weight", "tournament_size", "truncation"),
    "drift": ("accuracy_weight", "tournament_size", "truncation"),
}
"""Keys of `selection` that a scheme does not look at: who sets one is warned, and labels leave them out."""

MOST: Final = 1_000_000_000
"""The largest number of steps or generations that a key may name: beyond anybody's use, and all arithmetic holds it."""

MOST_THREADS: Final = 1024
"""A process that asks for many more ends in a segmentation fault."""

MOST_HOSTS: Final = 100_000

MAX_TASK_WEIGHT: Final = 1e30
"""The heaviest that a loss may weigh: far from anybody's use, and what is computed with it stays within float32."""


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("input should be a number")
    if isinstance(value, str) and re.match(r"\s*[-+]?0\d", value):
        raise ValueError("write the number without zeros in front, with which YAML takes 010 for 8")
    return value


Real = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_number)]
"""Also of text that is a number: YAML takes 1e-3 for text."""
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]


def _gpus(value: float) -> float:
    if not (value == 0 or 1e-4 <= value <= 1 or value.is_integer()):
        raise ValueError("Ray lends a share of one GPU from 0.0001 on, or a whole number of them")
    return value


Hosts = Literal["auto"] | Annotated[int, Field(ge=1, le=MOST_HOSTS)]
Cpus = Annotated[Real, Field(ge=1e-4, le=100_000)]
Gpus = Annotated[Real, Field(ge=0, le=100_000), AfterValidator(_gpus)]


def _traits(value: Any) -> Any:
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


Traits = Annotated[tuple[Trait, ...], BeforeValidator(_traits), Field(strict=False)]
"""Written mutation,task_weight or [mutation, task_weight]."""


GIVEN: Final = "given"
"""The task of a run whose data are handed over in Python."""

_WORDS: Final = ("mnist", "glyphs", "none", GIVEN, "")


def located(task: str) -> str:
    """A task that means the same wherever one stands: a folder by its absolute path."""
    return task if task in _WORDS else os.path.abspath(os.path.expanduser(task))


Task = Annotated[str, AfterValidator(located), Field(min_length=1)]
