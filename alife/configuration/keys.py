"""A run's configuration: every key, its type, its limits and its meaning, from YAML, flags or Python alike.

Call `parse_config` for a `RunConfig`, `dump` for its text. A new key is a field here, which flags and docs follow.
"""

import json
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from alife import plugins, schema
from alife.configuration import columns, problems
from alife.configuration.networks import DENSE, NETWORKS, shipped
from alife.configuration.operators import CROSSOVERS, OPERATORS
from alife.configuration.parsing import SHUFFLED, flatten, nest
from alife.configuration.schemes import BY_CLASS, SCHEMES
from alife.configuration.values import (
    MAX_TASK_WEIGHT,
    MOST,
    MOST_HOSTS,
    MOST_THREADS,
    OWN,
    TRAITS,
    Cpus,
    Crossover,
    Genomes,
    Gpus,
    Hosts,
    Mapped,
    Measure,
    Network,
    NonNegative,
    Operator,
    Optimizer,
    Parameters,
    Positive,
    Real,
    Scheme,
    Task,
    Topology,
    Traits,
    located,
)
from alife.errors import UserError

__all__ = [
    "MAX_TASK_WEIGHT",
    "RunConfig",
    "Scheme",
    "choices",
    "dump",
    "leaves",
    "located",
    "parse_config",
    "wrong_keys",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Quine(_Section):
    """The network: N = 2·H² + H (+ classes·H) weights, if it is the dense one."""

    network: Network = Field(
        DENSE, description=f"what lives: {', '.join((DENSE, *NETWORKS))}, {OWN}: a torch module that prints its weights"
    )
    parameters: Parameters = Field(Mapped(), description="of a network other than dense, as {channels: 8}")
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
    optimizer: Optimizer = Field("adamax", description="with torch's own constants")
    learning_rate: Positive = Field(0.005, le=1e30, description="of the optimiser")
    coordinates: int = Field(256, ge=1, le=1_000_000, description="coordinates a step")
    images: int = Field(
        128, ge=1, le=1_000_000, description="images a step; under joint pairing as many as coordinates"
    )
    task_weight: NonNegative = Field(
        0.1,
        le=MAX_TASK_WEIGHT,
        description="weight of the cross-entropy, in a regression of half the mean squared error, beside the "
        "replication loss",
    )
    replication_weight: NonNegative = Field(
        1.0, le=MAX_TASK_WEIGHT, description="weight of the replication loss; 0 is classification only"
    )
    temperature: Real = Field(1.0, ge=1e-6, le=1e6, description="softmax temperature; a regression has none")
    target: Literal["birth", "self", "epoch"] = Field(
        "birth",
        description="print the genome of birth, one's current weights (strict), or those that one had when the current "
        "epoch of N/coordinates steps began",
    )
    loss: Literal["relative", "sum"] = Field(
        "relative",
        description="of a step: ρ beside the mean cross-entropy or squared error, or L_SR beside its sum (the seed "
        "paper's)",
    )
    sampling: Literal["replacement", "epoch", "restarting"] = Field(
        "replacement",
        description="coordinates and images with replacement; or each once before any comes again; or images dealt "
        "anew with each epoch of coordinates, as 'epoch' did in runs of format 1",
    )
    environment: Literal["shared", "individual"] = Field(
        "individual", description="the same coordinates and images for all of an island, or each its own"
    )
    precision: Literal["float32", "bfloat16"] = Field("float32", description="of the layers' products while learning")
    passes: Literal["torch", "fused"] = Field(
        "torch",
        description="by what a life is computed: torch's calls, or fused loops of numba (extra 'fast'), on a CPU up to "
        "twice as fast; births of the two differ in their last bits",
    )
    threads: int = Field(1, ge=1, le=MOST_THREADS, description="threads a worker")
    chunk: int | None = Field(
        None,
        ge=1,
        le=schema.MAX_SIZE,
        description="individuals computed together; by a rule of the configuration if null",
    )


class Reproduction(_Section):
    """Emission with noise."""

    mutation: NonNegative = Field(0.05, le=1e6, description="birth noise, relative to the RMS of the emitted genome")
    operator: Operator = Field("gaussian", description=f"how birth noise strikes: {', '.join(OPERATORS)}, {OWN}")
    parameters: Parameters = Field(Mapped(), description="of the operator, as {share: 0.1}")
    heritable: Traits = Field((), description="life-history traits that offspring inherit, as in mutation,task_weight")
    trait_mutation: NonNegative = Field(0.1, le=10, description="sd of the log of a heritable trait at each birth")
    crossover: Real = Field(
        0.0, ge=0, le=1, description="share of children for whom a second parent is drawn, whose message is crossed in"
    )
    crossover_operator: Crossover = Field(
        "units", description=f"how two messages are crossed: {', '.join(CROSSOVERS)}, {OWN}"
    )


class Selection(_Section):
    """Who reproduces."""

    scheme: Scheme = Field(
        "tournament", description=f"who becomes a parent: {', '.join(SCHEMES)}, {OWN}; drift selects nobody"
    )
    parameters: Parameters = Field(Mapped(), description="of the scheme, as {neighbours: 8}")
    shuffled: bool = Field(
        False, description="deal the scheme's chances out at random within the island: its matched control"
    )
    accuracy_weight: Real = Field(0.5, ge=0, le=1, description="w: fitness = w·z(accuracy) + (1-w)·z(-log ρ)")
    images: int | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="images of each generation on each island, drawn among those of selection; all if null. Fewer take "
        "less time, and accuracies get noise (alife show RUN says how much)",
    )
    tournament_size: int = Field(3, ge=1, le=MOST, description="competitors for each child, under tournament")
    truncation: Real = Field(0.5, gt=0, le=1, description="share of an island that truncation lets reproduce")
    survivors: int = Field(
        0,
        ge=0,
        lt=schema.MAX_SIZE,
        description="the fittest of an island, so many, live on in the next generation with the genome that they have; "
        "children fill the rest of population.size",
    )

    @model_validator(mode="before")
    @classmethod
    def _formerly(cls, given: Any) -> Any:
        """The words of today."""
        former = isinstance(given, Mapping) and given.get("scheme") == "shuffled"
        return {**given, **SHUFFLED} if former else given


class Measurement(_Section):
    """How a measure is taken; a name of an object alone says which."""

    object: Measure | None = Field(None, description=f"the function that measures, {OWN.removeprefix('or ')}")
    every: int = Field(1, ge=1, le=schema.MAX_GENERATIONS, description="taken in generations that this divides")
    parameters: Parameters = Field(Mapped(), description="of the function, as {below: 0.001}")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {"object": given} if isinstance(given, str) or callable(given) else given


class Population(_Section):
    """Islands."""

    islands: int = Field(4, ge=1, le=schema.MAX_ISLANDS, description="populations that migrants alone connect")
    size: int = Field(24, ge=1, le=schema.MAX_SIZE, description="individuals an island")
    founders: Genomes = Field(
        None,
        description="the founders' genomes, float32 [n, N] in a file .safetensors or .npz; drawn by the seed if null",
    )


class Migration(_Section):
    """Newborns swapped between islands."""

    topology: Topology = Field("ring", description="which islands are neighbours")
    every: int = Field(5, ge=1, le=MOST, description="generations between migrations")
    migrants: int = Field(1, ge=0, le=schema.MAX_SIZE, description="newborns swapped along each edge")


class Checkpoint(_Section):
    """What a dead driver loses at most, and the fossil record."""

    every: int = Field(10, ge=1, le=MOST, description="generations between commits")
    keep: int = Field(
        2, ge=1, le=MOST, description="last checkpoints kept, beside generations 0, 1, 2, 3, 5, 10, 20, …"
    )


class Ray(_Section):
    """Workers on Ray."""

    address: str | None = Field(
        None, description="a cluster's; local: this machine; null: as RAY_ADDRESS says, or local"
    )
    hosts: Hosts = Field("auto", description="workers, which live islands; auto is one an island, if there is room")
    cpus_per_host: Cpus = Field(1, description="CPUs that a worker reserves")
    gpus_per_host: Gpus = Field(0, description="GPUs that a worker reserves; of 0 one is made with device cuda")
    hang_timeout: Positive = Field(
        60, le=MOST, description="seconds without an answer, at least, before a worker is given up"
    )
    allow_mixed: bool = Field(False, description="let machines of another class join, at the price of exactness")


class RunConfig(_Section):
    """A whole evolutionary run: every key, frozen; sections are attributes.

    Example:
        >>> import alife
        >>> config = alife.RunConfig(generations=60)
        >>> config.population.islands
        4
    """

    seed: int = Field(0, ge=0, lt=1 << 63, description="of everything random")
    task: Task = Field(
        "mnist",
        description="mnist, glyphs, none, a folder of IDX files, a function of your own that gives a Task, as "
        "file.py:NAME, or given: data handed over in Python (task=)",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where workers compute; auto is a GPU where there is one"
    )
    generations: int = Field(30, ge=1, le=schema.MAX_GENERATIONS, description="the total, founders included")
    quine: Quine = Quine()
    life: Life = Life()
    reproduction: Reproduction = Reproduction()
    selection: Selection = Selection()
    measures: Annotated[dict[str, Measurement], AfterValidator(Mapped)] = Field(
        Mapped(),
        description="further columns of births by name, as {sparsity: {object: my_measure.py:sparsity, every: 10}}; "
        f"{columns.MEASURES[0]} is shipped, and is taken in every generation unless its every says less",
    )
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
    if quine.network != DENSE:
        yield from _not_of(config)
    elif config.task != "none" and quine.coordinate_units >= quine.hidden:
        yield (
            f"quine.coordinate_units: {quine.coordinate_units}: with a task, fewer than "
            f"quine.hidden = {quine.hidden} are allowed: the image needs units too"
        )
    fewest = quine.hidden * (2 * quine.hidden + 1)
    if quine.network == DENSE and life.sampling != "replacement" and life.coordinates > fewest:
        yield (
            f"life.coordinates: {life.coordinates}: with life.sampling {life.sampling}, at most {fewest} are allowed: "
            "the weights that quine.hidden makes, each printed once an epoch"
        )
    if config.life.passes == "fused" and config.life.precision != "float32":
        yield f"life.passes: fused: computes in float32, not {config.life.precision}: use --life.passes torch"
    if config.selection.survivors >= config.population.size:
        yield (
            f"selection.survivors: {config.selection.survivors}: fewer than population.size = {config.population.size} "
            "are allowed: somebody has to be conceived"
        )
    scheme = config.selection.scheme
    if config.task == "none" and scheme in BY_CLASS:
        yield (
            f"selection.scheme: {scheme}: without a task there are no classes, by which it selects: name a task, or "
            "another scheme"
        )
    if not plugins.is_own(scheme) and SCHEMES[scheme] is not None:
        yield from _wrong_parameters("selection", scheme, SCHEMES[scheme], config.selection.parameters)
    operator = config.reproduction.operator
    if not plugins.is_own(operator):
        yield from _wrong_parameters("reproduction", operator, OPERATORS[operator], config.reproduction.parameters)
    traits = config.reproduction.heritable
    if len(set(traits)) < len(traits):
        yield f"reproduction.heritable: {list(traits)}: each trait is allowed once"
    for name, asked in config.measures.items():
        if why := columns.wrong(name, asked.object, bool(asked.parameters)):
            yield f"measures.{name}: {why}"


def _not_of(config: RunConfig) -> Iterator[str]:
    """What the dense network alone can do."""
    for key, value, default in (
        ("quine.pairing", config.quine.pairing, "blank"),
        ("life.precision", config.life.precision, "float32"),
        ("life.passes", config.life.passes, "torch"),
    ):
        if value != default:
            yield f"{key}: {value}: only quine.network {DENSE} has it: use --{key} {default}"
    if not shipped(config.quine.network).answers and config.task != "none":
        yield f"task: {config.task}: quine.network {config.quine.network} names no classes: use --task none"


def _wrong_parameters(
    section: str, name: str, model: type[BaseModel] | None, given: Mapping[str, Any]
) -> Iterator[str]:
    """What is wrong with the parameters of something shipped."""
    try:
        plugins.validated(f"{section}.parameters", name, model, given)
    except UserError as error:
        yield str(error)


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> RunConfig:
    """Validate a mapping.

    Args:
        data: Keys as in the YAML file, nested or dotted; what is absent takes its default.
        source: What to name in an error (a file, "command line").

    Raises:
        UserError: One line with each wrong key, its value and what is allowed.

    Example:
        >>> import alife
        >>> alife.parse_config({"life.steps": 20, "population": {"size": 8}}).population.size
        8
    """
    try:
        return RunConfig.model_validate(nest(flatten(data, source)))
    except ValidationError as error:
        raise UserError(f"{source}: {problems.joined(problems.explain(error, _KEYS, _EXAMPLES))}") from None


def wrong_keys(data: Mapping[str, Any], source: str) -> list[str]:
    """What is wrong with each key by itself, a line each; whether they go together is not looked at.

    Args:
        data: A part of a configuration.
        source: What to name in the first line.

    Raises:
        UserError: A key is set twice.
    """
    try:
        RunConfig.model_validate(nest(flatten(data, source)))
    except ValidationError as error:
        found = problems.explain(error, _KEYS, _EXAMPLES)
        alone = any(problem["loc"] for problem in error.errors())
        return [f"{source}: {found[0]}", *found[1:]] if alone else []
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
    "measures": "name each with its function, as in measures: {sparsity: {object: my_measure.py:sparsity}}",
    "reproduction.heritable": f"name any of {', '.join(TRAITS)}, as in mutation,task_weight, or []",
    "ray.hosts": f"auto, or a whole number from 1 to {MOST_HOSTS:,}",
}
