"""A run's configuration: every key, its type, its limits and its meaning, from YAML, flags or Python alike."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from alife import schema
from alife.errors import UserError

Optimizer = Literal["sgd", "momentum", "adam", "adamax", "adagrad", "rmsprop"]
Scheme = Literal["tournament", "truncation", "roulette", "nsga2", "shuffled", "drift"]
Topology = Literal["ring", "torus", "star", "complete", "none"]

LONGEST: Final = 200
"""Characters of a value that an error shows."""

MAX_TASK_WEIGHT: Final = 1e30
"""The heaviest that a loss may weigh: far from anybody's use, and what is computed with it stays within float32."""


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("input should be a number")
    return value


Real = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_no_truth_value)]
"""Also of text that is a number: YAML takes 1e-3 for text."""
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]


def _gpus(value: float) -> float:
    if not (value == 0 or 1e-4 <= value <= 1 or value.is_integer()):
        raise ValueError("Ray lends a share of one GPU from 0.0001 on, or a whole number of them")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Quine(_Section):
    """The network: N = 2·H² + H (+ classes·H) weights."""

    hidden: int = Field(100, ge=2, le=4096, description="H, units of each layer")
    coordinate_units: int = Field(50, ge=1, description="units fed by the coordinate; the rest see the image")
    pairing: Literal["blank", "joint"] = Field(
        "blank", description="coordinate and image apart, the other input blank, or both together"
    )
    projection: Literal["unit", "paper"] = Field(
        "unit", description="scale of the fixed projections: inputs of unit variance, or the seed paper's small ones"
    )
    projection_seed: int | None = Field(
        None,
        ge=0,
        description="seed of the fixed projections; the run's own if null (a fork keeps its parent's)",
    )


class Life(_Section):
    """A lifetime of learning."""

    steps: int = Field(40, ge=0, description="optimiser steps in a life; 0 is pure regeneration")
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
    sampling: Literal["replacement", "epoch"] = Field(
        "replacement", description="coordinates and images with replacement, or each once before any comes again"
    )
    environment: Literal["shared", "individual"] = Field(
        "individual", description="the same coordinates and images for all of an island, or each its own"
    )
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = Field(1, ge=1, description="threads a host")
    chunk: int | None = Field(
        None, ge=1, description="individuals computed together; by a rule of the configuration if null"
    )


class Reproduction(_Section):
    """Emission with noise."""

    mutation: NonNegative = Field(0.05, le=1e6, description="birth noise, relative to the RMS of the emitted genome")
    heritable: tuple[Literal["task_weight", "learning_rate", "mutation"], ...] = Field(
        (), strict=False, description="life-history traits that offspring inherit"
    )
    trait_mutation: NonNegative = Field(0.1, le=10, description="sd of the log of a heritable trait at each birth")


class Selection(_Section):
    """Who reproduces."""

    scheme: Scheme = "tournament"
    accuracy_weight: Real = Field(0.5, ge=0, le=1, description="w: fitness = w·z(accuracy) + (1-w)·z(-log ρ)")
    tournament_size: int = Field(3, ge=1)
    truncation: Real = Field(0.5, gt=0, le=1, description="share of an island that truncation lets reproduce")


class Population(_Section):
    """Islands."""

    islands: int = Field(4, ge=1, le=schema.MAX_ISLANDS)
    size: int = Field(24, ge=1, le=schema.MAX_SIZE, description="individuals an island")


class Migration(_Section):
    """Newborns swapped between islands."""

    topology: Topology = "ring"
    every: int = Field(5, ge=1, description="generations between migrations")
    migrants: int = Field(1, ge=0, description="newborns swapped along each edge")


class Checkpoint(_Section):
    """What a dead driver loses at most, and the fossil record."""

    every: int = Field(10, ge=1, description="generations between commits")
    keep: int = Field(2, ge=1, description="last checkpoints kept, beside generations 0, 1, 2, 3, 5, 10, 20, …")


class Ray(_Section):
    """Hosts on Ray."""

    address: str | None = Field(None, description="a cluster's address; null starts Ray on this machine")
    hosts: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    cpus_per_host: Real = Field(1, ge=1e-4, le=100_000)
    gpus_per_host: Annotated[Real, Field(ge=0, le=100_000), AfterValidator(_gpus)] = 0
    hang_timeout: Positive = Field(60, description="seconds without an answer, at least, before a host is given up")
    allow_mixed: bool = Field(False, description="let machines of another class join, at the price of exactness")


class RunConfig(_Section):
    """A whole evolutionary run."""

    seed: int = Field(0, ge=0, lt=1 << 63)
    task: str = Field("mnist", min_length=1, description="mnist, none, or a folder of IDX files")
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
        if self.task != "none" and self.quine.coordinate_units >= self.quine.hidden:
            raise ValueError(
                f"quine.coordinate_units: {self.quine.coordinate_units}: with a task, fewer than "
                f"quine.hidden = {self.quine.hidden} are allowed: the image needs units too"
            )
        fewest = self.quine.hidden * (2 * self.quine.hidden + 1)
        if self.life.sampling == "epoch" and self.life.coordinates > fewest:
            raise ValueError(
                f"life.coordinates: {self.life.coordinates}: with life.sampling epoch, at most {fewest} are allowed: "
                "the weights that quine.hidden makes, each printed once an epoch"
            )
        if self.quine.coordinate_units > self.quine.hidden:
            raise ValueError(
                f"quine.coordinate_units: {self.quine.coordinate_units}: at most quine.hidden = {self.quine.hidden}"
            )
        traits = self.reproduction.heritable
        if len(set(traits)) < len(traits):
            raise ValueError(f"reproduction.heritable: {list(traits)}: each trait is allowed once")
        return self


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> RunConfig:
    """Validate a nested mapping.

    Args:
        data: Keys as in the YAML file; what is absent takes its default.
        source: What to name in an error (a file, "command line").

    Raises:
        UserError: One line with the key, the value and what is allowed.
    """
    try:
        return RunConfig.model_validate(dict(data))
    except ValidationError as error:
        raise UserError(f"{source}: {_explain(error)}") from None


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


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"] if part not in ("int", "constrained-int", "literal['auto']"))
    message = first["msg"].removeprefix("Value error, ")
    if not key:
        return message
    if first["type"] == "extra_forbidden":
        return f"{key}: unknown key; 'alife run --help' lists the known ones"
    return f"{key}: {_shown(first['input'])} is not allowed: {message[0].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    """A value as one writes it, cut where nobody would read on."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of more digits than Python prints, or lists without end
        return f"this {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
