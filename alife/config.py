"""A run's configuration: every key, its type, its limits and its meaning, from YAML, flags or Python alike."""

import json
import os
import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from alife import problems, schema
from alife.errors import UserError
from alife.nested import flatten, nest

Optimizer = Literal["sgd", "momentum", "adam", "adamax", "adagrad", "rmsprop"]
Scheme = Literal["tournament", "truncation", "roulette", "nsga2", "shuffled", "drift"]
Trait = Literal["task_weight", "learning_rate", "mutation"]
Topology = Literal["ring", "torus", "star", "complete", "none"]

MOST: Final = 1_000_000_000
"""The largest number of steps or generations that a key may name: beyond anybody's use, and all arithmetic holds it."""

MOST_THREADS: Final = 1024
"""A process that asks for many more ends in a segmentation fault."""

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


def located(task: str) -> str:
    """A task that means the same wherever one stands: a folder by its absolute path."""
    return task if task in ("mnist", "none", "") else os.path.abspath(os.path.expanduser(task))


def _gpus(value: float) -> float:
    if not (value == 0 or 1e-4 <= value <= 1 or value.is_integer()):
        raise ValueError("Ray lends a share of one GPU from 0.0001 on, or a whole number of them")
    return value


def _traits(value: Any) -> Any:
    """mutation,task_weight as well as [mutation, task_weight]."""
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Quine(_Section):
    """The network: N = 2·H² + H (+ classes·H) weights."""

    hidden: int = Field(100, ge=2, le=4096, description="H, units of each layer")
    coordinate_units: int = Field(
        50, ge=1, le=4096, description="units fed by the coordinate, the rest see the image; all are without a task"
    )
    pairing: Literal["blank", "joint"] = Field(
        "blank",
        description="learn and classify with coordinate and image apart, the other input blank, or both together; "
        "offspring are always printed beside a blank image",
    )
    projection: Literal["unit", "centred", "paper"] = Field(
        "unit",
        description="scale of the fixed projections: inputs of mean square 1; that, of images less their mean; or the "
        "seed paper's small ones",
    )
    projection_seed: int | None = Field(
        None,
        ge=0,
        lt=1 << 63,
        description="seed of the fixed projections; the run's own if null (a fork keeps its parent's)",
    )


class Life(_Section):
    """A lifetime of learning."""

    steps: int = Field(40, ge=0, le=MOST, description="optimiser steps in a life; 0 is pure regeneration")
    optimizer: Optimizer = "adamax"
    learning_rate: Positive = Field(0.005, le=1e30)
    coordinates: int = Field(256, ge=1, le=1_000_000, description="coordinates a step")
    images: int = Field(128, ge=1, le=1_000_000, description="images a step")
    task_weight: NonNegative = Field(
        0.1, le=MAX_TASK_WEIGHT, description="weight of the cross-entropy beside the replication loss"
    )
    replication_weight: NonNegative = Field(
        1.0, le=MAX_TASK_WEIGHT, description="weight of the replication loss; 0 is classification only"
    )
    temperature: Real = Field(1.0, ge=1e-6, le=1e6, description="softmax temperature")
    target: Literal["birth", "self", "epoch"] = Field(
        "birth",
        description="print the genome of birth, one's current weights (strict), or those that one had when the current "
        "epoch of N/coordinates steps began",
    )
    loss: Literal["relative", "sum"] = Field(
        "relative", description="of a step: ρ beside the mean cross-entropy, or L_SR beside its sum (the seed paper's)"
    )
    sampling: Literal["replacement", "epoch", "restarting"] = Field(
        "replacement",
        description="coordinates and images with replacement; or each once before any comes again; or images dealt "
        "anew with each epoch of coordinates, as 'epoch' did in runs of format 1",
    )
    environment: Literal["shared", "individual"] = Field(
        "individual", description="the same coordinates and images for all of an island, or each its own"
    )
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = Field(1, ge=1, le=MOST_THREADS, description="threads a host")
    chunk: int | None = Field(
        None,
        ge=1,
        le=schema.MAX_SIZE,
        description="individuals computed together; by a rule of the configuration if null",
    )


class Reproduction(_Section):
    """Emission with noise."""

    mutation: NonNegative = Field(0.05, le=1e6, description="birth noise, relative to the RMS of the emitted genome")
    heritable: Annotated[tuple[Trait, ...], BeforeValidator(_traits)] = Field(
        (), strict=False, description="life-history traits that offspring inherit, as in mutation,task_weight"
    )
    trait_mutation: NonNegative = Field(0.1, le=10, description="sd of the log of a heritable trait at each birth")


class Selection(_Section):
    """Who reproduces."""

    scheme: Scheme = "tournament"
    accuracy_weight: Real = Field(0.5, ge=0, le=1, description="w: fitness = w·z(accuracy) + (1-w)·z(-log ρ)")
    tournament_size: int = Field(3, ge=1, le=MOST)
    truncation: Real = Field(0.5, gt=0, le=1, description="share of an island that truncation lets reproduce")


class Population(_Section):
    """Islands."""

    islands: int = Field(4, ge=1, le=schema.MAX_ISLANDS)
    size: int = Field(24, ge=1, le=schema.MAX_SIZE, description="individuals an island")


class Migration(_Section):
    """Newborns swapped between islands."""

    topology: Topology = "ring"
    every: int = Field(5, ge=1, le=MOST, description="generations between migrations")
    migrants: int = Field(1, ge=0, le=schema.MAX_SIZE, description="newborns swapped along each edge")


class Checkpoint(_Section):
    """What a dead driver loses at most, and the fossil record."""

    every: int = Field(10, ge=1, le=MOST, description="generations between commits")
    keep: int = Field(
        2, ge=1, le=MOST, description="last checkpoints kept, beside generations 0, 1, 2, 3, 5, 10, 20, …"
    )


class Ray(_Section):
    """Hosts on Ray."""

    address: str | None = Field(
        None, description="a cluster's; local: this machine; null: as RAY_ADDRESS says, or local"
    )
    hosts: Literal["auto"] | Annotated[int, Field(ge=1, le=100_000)] = "auto"
    cpus_per_host: Real = Field(1, ge=1e-4, le=100_000)
    gpus_per_host: Annotated[Real, Field(ge=0, le=100_000), AfterValidator(_gpus)] = 0
    hang_timeout: Positive = Field(
        60, le=MOST, description="seconds without an answer, at least, before a host is given up"
    )
    allow_mixed: bool = Field(False, description="let machines of another class join, at the price of exactness")


class RunConfig(_Section):
    """A whole evolutionary run."""

    seed: int = Field(0, ge=0, lt=1 << 63)
    task: Annotated[str, AfterValidator(located)] = Field(
        "mnist", min_length=1, description="mnist, none, or a folder of IDX files"
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    generations: int = Field(30, ge=1, le=schema.MAX_GENERATIONS, description="the total, founders included")
    quine: Quine = Quine()
    life: Life = Life()
    reproduction: Reproduction = Reproduction()
    selection: Selection = Selection()
    population: Population = Population()
    migration: Migration = Migration()
    checkpoint: Checkpoint = Checkpoint()
    ray: Ray = Ray()

    @model_validator(mode="after")
    def _consistent(self) -> "RunConfig":
        wrong = list(_contradictions(self))
        if wrong:
            raise ValueError(problems.joined(wrong))
        return self


def _contradictions(config: RunConfig) -> Iterator[str]:
    """Values that are allowed one by one, and not together."""
    quine, life = config.quine, config.life
    if config.task != "none" and quine.coordinate_units >= quine.hidden:
        yield (
            f"quine.coordinate_units: {quine.coordinate_units}: with a task, fewer than "
            f"quine.hidden = {quine.hidden} are allowed: the image needs units too"
        )
    fewest = quine.hidden * (2 * quine.hidden + 1)
    if life.sampling != "replacement" and life.coordinates > fewest:
        yield (
            f"life.coordinates: {life.coordinates}: with life.sampling {life.sampling}, at most {fewest} are allowed: "
            "the weights that quine.hidden makes, each printed once an epoch"
        )
    traits = config.reproduction.heritable
    if len(set(traits)) < len(traits):
        yield f"reproduction.heritable: {list(traits)}: each trait is allowed once"


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> RunConfig:
    """Validate a mapping.

    Args:
        data: Keys as in the YAML file, nested or dotted; what is absent takes its default.
        source: What to name in an error (a file, "command line").

    Raises:
        UserError: One line with each wrong key, its value and what is allowed.
    """
    try:
        return RunConfig.model_validate(nest(flatten(data, source)))
    except ValidationError as error:
        raise UserError(f"{source}: {problems.joined(problems.explain(error, _KEYS, _EXAMPLES))}") from None


def wrong_keys(data: Mapping[str, Any], source: str) -> list[str]:
    """What is wrong with each key by itself, a line each; whether they go together is not looked at.

    Args:
        data: A part of a configuration.
        source: What to name in each line.

    Raises:
        UserError: A key is set twice.
    """
    try:
        RunConfig.model_validate(nest(flatten(data, source)))
    except ValidationError as error:
        found = problems.explain(error, _KEYS, _EXAMPLES)
        return [f"{source}: {line}" for line in found] if any(e["loc"] for e in error.errors()) else []
    return []


def dump(config: RunConfig) -> str:
    """The complete configuration as YAML that `parse_config` reads back to an equal one."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def leaves(model: type[BaseModel] = RunConfig, prefix: str = "") -> Iterator[tuple[str, Any, str, Any]]:
    """(dotted key, default, description, annotation) of every leaf, in file order."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default, field.description or "", kind


def choices(kind: Any) -> tuple[str, ...]:
    """The words that a key allows, if it allows only words."""
    return tuple(get_args(kind)) if get_origin(kind) is Literal else ()


def _section_examples() -> Iterator[tuple[str, str]]:
    for key, default, *_ in leaves():
        section, dot, name = key.partition(".")
        if dot:
            yield section, f"keys of its own belong there, as in {section}: {{{name}: {json.dumps(default)}}}"


_KEYS: Final = [key for key, *_ in leaves()]
_EXAMPLES: Final = {
    **dict(reversed(list(_section_examples()))),
    "reproduction.heritable": f"name any of {', '.join(get_args(Trait))}, as in mutation,task_weight, or []",
    "ray.hosts": "auto, or a whole number from 1 to 100,000",
}
