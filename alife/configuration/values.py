"""Types of single configuration values: what they may be, and what is made of text that YAML or a shell hands over."""

import difflib
import json
import os
import re
from functools import partial
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from alife import plugins
from alife.configuration.networks import DENSE, NETWORKS
from alife.configuration.operators import CROSSOVERS, OPERATORS
from alife.configuration.schemes import SCHEMES

Optimizer = Literal["sgd", "momentum", "adam", "adamax", "adagrad", "rmsprop"]
Trait = Literal["task_weight", "learning_rate", "mutation"]
Topology = Literal["ring", "torus", "star", "complete", "none"]

TRAITS: Final = get_args(Trait)

OWN: Final = "or an object of your own, as file.py:NAME or package.module:NAME"

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

TASKS: Final = {
    "mnist": "70,000 handwritten digits of 28 × 28 pixels, fetched on first use",
    "glyphs": "3,600 drawn digits of 8 × 8 pixels, made on the spot: for trying things out",
    "none": "nothing to classify: networks that print themselves alone",
}
"""The tasks that go by a word."""

_WORDS: Final = (*TASKS, GIVEN, "")


def located(task: str) -> str:
    """A task that means the same wherever one stands: a folder, or the file of an object, by its absolute path."""
    if task not in _WORDS and not plugins.NAME.fullmatch(task) and not os.path.exists(task):
        task = plugins.installed("alife.tasks").get(task, task)
    if task in _WORDS or (plugins.NAME.fullmatch(task) and not os.path.isdir(task)):
        return plugins.located(task)
    return os.path.abspath(os.path.expanduser(task))


def _genomes(path: str | None) -> str | None:
    """A file of genomes by its absolute path."""
    if path is None:
        return None
    if "://" in path or not path.endswith((".safetensors", ".npz")):
        raise ValueError("name a file of this machine that ends in .safetensors or .npz, or null")
    return os.path.abspath(os.path.expanduser(path))


Genomes = Annotated[str | None, AfterValidator(_genomes)]

Task = Annotated[str, AfterValidator(located), Field(min_length=1)]


def _object(words: tuple[str, ...], group: str, value: Any) -> Any:
    """A word that is known, or the name of an object; of an object itself, its name."""
    if callable(value):
        value = plugins.name_of(value)
    if isinstance(value, str) and value not in words and not plugins.NAME.fullmatch(value):
        value = plugins.installed(group).get(value, value)
        if not plugins.NAME.fullmatch(value):
            near = difflib.get_close_matches(value, words, 1, 0.6)
            ours = f"name {', '.join(words)}, {OWN}" if words else f"name {OWN.removeprefix('or ')}"
            raise ValueError(f"{f'did you mean {near[0]}? ' if near else ''}{ours}")
    return plugins.located(value) if isinstance(value, str) else value


Scheme = Annotated[str, BeforeValidator(partial(_object, tuple(SCHEMES), "alife.schemes"))]
Operator = Annotated[str, BeforeValidator(partial(_object, tuple(OPERATORS), "alife.mutations"))]
Crossover = Annotated[str, BeforeValidator(partial(_object, CROSSOVERS, "alife.crossovers"))]
Network = Annotated[str, BeforeValidator(partial(_object, (DENSE, *NETWORKS), "alife.networks"))]
Measure = Annotated[str, BeforeValidator(partial(_object, (), "alife.measures"))]


class Mapped(dict[str, Any]):
    """A mapping within a configuration, which as a whole can be hashed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(json.dumps(self, sort_keys=True, default=repr))


Parameters = Annotated[dict[str, JsonValue], AfterValidator(Mapped)]
"""Of an object, shipped or one's own, whose pydantic model checks them before a run starts."""
