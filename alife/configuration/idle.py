"""Keys that change nothing in what is born, and why: call `idle` with a configuration.

It is exact: a key in it gives the births that its default would give. Keys that say where and how a run is computed
(`device`, `life.threads`, `life.chunk`, `checkpoint`, `ray`) never change births, and are not named.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from alife.configuration.keys import RunConfig, leaves
from alife.configuration.networks import DENSE, unseen
from alife.configuration.schemes import SCHEMES, UNUSED, Speciation
from alife.plugins import is_own, short
from alife.words import count

_LIFE = (
    *("optimizer", "learning_rate", "coordinates", "images", "task_weight", "replication_weight", "temperature"),
    *("target", "loss", "sampling", "environment", "precision"),
)
DEFAULTS = {key: default for key, default, *_ in leaves()}
_FEWEST_CLASSES = 2
BY_FITNESS = ("tournament", "truncation", "roulette")
"""Schemes under which the equally fit have equal chances."""
BY_RANK = ("tournament", "truncation", "map_elites")
"""Schemes to which it matters who is the fitter, and not by how much."""


def idle(config: RunConfig, classes: int | None = None, regression: bool = False) -> dict[str, str]:
    """Keys that change nothing in what is born, and why.

    Args:
        config: The run's.
        classes: Of the task, where they are known; outputs of a regression.
        regression: Whether the task is one.
    """
    found: dict[str, str] = {}
    every = _idle_world(config), _idle_life(config, classes), _idle_heredity(config), _idle_islands(config)
    for rules in (_idle_network(config), *every):
        for key, why in rules:
            found.setdefault(key, why)
    if regression:
        found.setdefault("life.temperature", "changes nothing in a regression, which has no softmax (task)")
    return {key: why for key, why in found.items() if key.rpartition(".")[2] not in config.reproduction.heritable}


def _idle_network(config: RunConfig) -> Iterator[tuple[str, str]]:
    for key in unseen(config.quine.network):
        yield key, f"changes nothing under quine.network {short(config.quine.network)}"


def _idle_world(config: RunConfig) -> Iterator[tuple[str, str]]:
    if config.task == "none":
        if config.quine.network == DENSE:
            yield "quine.coordinate_units", "changes nothing without a task: all units see the coordinate"
        if config.quine.projection == "centred":
            yield "quine.projection", "is unit without a task"
        for key in ("quine.pairing", "life.images", "life.task_weight", "life.temperature", "selection.images"):
            yield key, "changes nothing without a task"


def _idle_life(config: RunConfig, classes: int | None) -> Iterator[tuple[str, str]]:
    life = config.life
    nothing_to_learn = not _has_loss(config)
    if life.steps == 0:
        for name in _LIFE:
            yield f"life.{name}", "changes nothing in lives of 0 steps (life.steps)"
    if nothing_to_learn:
        for name in ("steps", *_LIFE):
            if name not in ("replication_weight", "task_weight"):
                yield f"life.{name}", "changes nothing where nobody learns (life.replication_weight, life.task_weight)"
    if life.steps == 0 or nothing_to_learn:
        return
    if not classifies(config):
        yield "life.temperature", "changes nothing where classes are not learned (life.task_weight)"
    if config.quine.pairing == "joint":
        yield "life.images", "changes nothing under joint pairing: there are as many as life.coordinates"
    if life.replication_weight == 0:
        yield "life.target", "changes nothing where nobody learns to print (life.replication_weight)"
    steps = _epoch(config, classes)
    if config.quine.network == DENSE and life.target == "epoch" and life.steps <= steps:
        yield "life.target", f"is birth: the first epoch has {steps} steps, and a life {life.steps} (life.steps)"
    if config.population.size == 1:
        yield "life.environment", "changes nothing on islands of one individual"


def _idle_heredity(config: RunConfig) -> Iterator[tuple[str, str]]:
    reproduction, selection = config.reproduction, config.selection
    if all(at_birth(config, trait) == 0 for trait in reproduction.heritable):
        which = "that starts above 0 " if reproduction.heritable else ""
        yield (
            "reproduction.trait_mutation",
            f"changes nothing without a heritable trait {which}(reproduction.heritable)",
        )
    if config.generations == 1:
        for name in ("mutation", "trait_mutation", "operator", "parameters", "crossover_operator"):
            yield f"reproduction.{name}", "changes nothing in a run of one generation"
    if reproduction.crossover == 0:
        yield (
            "reproduction.crossover_operator",
            "changes nothing where children have one parent (reproduction.crossover)",
        )
    if reproduction.mutation == 0:
        for name in ("operator", "parameters"):
            yield f"reproduction.{name}", "changes nothing without birth noise (reproduction.mutation)"
    if config.population.size == 1:
        for name in ("scheme", "parameters", "shuffled", "accuracy_weight", "tournament_size", "truncation"):
            yield f"selection.{name}", "changes nothing on islands of one individual"
        yield "reproduction.crossover_operator", "changes nothing on islands of one individual"
    for name in UNUSED.get(selection.scheme, UNUSED["drift"]):
        yield f"selection.{name}", f"changes nothing under selection.scheme {selection.scheme}"
    yield from _idle_parameters(config)
    if equal_chances(config) and not (takes_all(config) and survives_by_fitness(config)):
        yield "selection.shuffled", "changes nothing where nobody is selected"
    if takes_all(config) and (selection.shuffled or not selection.survivors):
        for name in ("accuracy_weight", "parameters"):
            yield f"selection.{name}", "changes nothing where nobody is selected"
    elif config.task == "none" and selection.scheme in BY_RANK and selection.accuracy_weight < 1:
        yield "selection.accuracy_weight", "changes nothing without a task: selection is on ρ alone"


def _idle_parameters(config: RunConfig) -> Iterator[tuple[str, str]]:
    rules, key = config.selection, "selection.parameters"
    if is_own(rules.scheme):
        return
    if SCHEMES[rules.scheme] is None:
        yield key, f"changes nothing under selection.scheme {rules.scheme}, which takes none"
    elif rules.scheme == "map_elites" and config.task == "none" and set(rules.parameters) == {"accuracy_step"}:
        yield key, "changes nothing without a task: all accuracies are 0"
    elif rules.scheme == "speciation":
        nearest = min(Speciation().back, Speciation.model_validate(rules.parameters).back)
        if nearest >= config.generations - 1:
            yield key, f"changes nothing in {count(config.generations, 'generation')}: clades are the founders'"


def _idle_islands(config: RunConfig) -> Iterator[tuple[str, str]]:
    islands, rules = config.population.islands, config.migration
    if islands == 1:
        for name in ("topology", "every", "migrants"):
            yield f"migration.{name}", "changes nothing with one island (population.islands)"
        return
    for cause, nobody in (("topology", rules.topology == "none"), ("migrants", rules.migrants == 0)):
        for name in ("topology", "every", "migrants"):
            if nobody and name != cause:
                yield f"migration.{name}", f"changes nothing where nobody migrates (migration.{cause})"
    if rules.every >= config.generations:
        for name in ("topology", "migrants"):
            yield f"migration.{name}", f"changes nothing: the first migration is in generation {rules.every}"
    if _is_ring(rules.topology, islands):
        yield "migration.topology", f"is the ring with {islands} islands (population.islands)"


def takes_all(config: RunConfig) -> bool:
    """Whether a tournament or truncation leaves everybody the same chance, whatever the scores."""
    rules, size = config.selection, config.population.size
    if rules.scheme == "truncation":
        return math.ceil(rules.truncation * size - 1e-9) >= size
    return rules.scheme in ("tournament", "novelty") and rules.tournament_size == 1


def is_blind(config: RunConfig) -> bool:
    """Whether fitness is all that a scheme looks at, and all are equally fit: by accuracy, where there is no task."""
    rules = config.selection
    return config.task == "none" and rules.accuracy_weight == 1 and rules.scheme in BY_FITNESS


def survives_by_fitness(config: RunConfig) -> bool:
    """Whether scores decide who survives under a scheme that looks at w, unless it is shuffled."""
    return config.selection.survivors > 0 and not (config.task == "none" and config.selection.accuracy_weight == 1)


def equal_chances(config: RunConfig) -> bool:
    """Whether everybody has the same chance, whatever the scores."""
    return config.selection.scheme == "drift" or is_blind(config) or takes_all(config)


def classifies(config: RunConfig) -> bool:
    """Whether lives learn classes."""
    return config.task != "none" and config.life.task_weight > 0


def learns(config: RunConfig) -> bool:
    return config.life.steps > 0 and _has_loss(config)


def _has_loss(config: RunConfig) -> bool:
    """Whether lives of some steps change anybody: by a loss of some weight, or by what does not look at it."""
    life = config.life
    blind = "life.replication_weight" in unseen(config.quine.network)
    return blind or life.replication_weight > 0 or classifies(config)


def _epoch(config: RunConfig, classes: int | None) -> int:
    """Steps of an epoch; of a data set whose classes are not known, at least."""
    if config.task == "none":
        classes = 0
    elif classes is None:
        classes = 10 if config.task == "mnist" else _FEWEST_CLASSES
    h = config.quine.hidden
    return max(1, h * (2 * h + 1 + classes) // config.life.coordinates)


def _is_ring(topology: str, islands: int) -> bool:
    """Whether another topology has the edges of a ring, as a torus of a prime number of islands has."""
    if topology == "torus":
        return all(islands % d for d in range(2, math.isqrt(islands) + 1))
    return (topology, islands) in (("star", 2), ("complete", 2), ("complete", 3))


def at_birth(config: RunConfig, trait: str) -> float:
    """A life-history trait of the founders."""
    return config.reproduction.mutation if trait == "mutation" else value_of(config, f"life.{trait}")


def moved(config: RunConfig, key: str) -> bool:
    """Whether a key is not at its default."""
    return bool(value_of(config, key) != DEFAULTS[key])


def value_of(config: RunConfig, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part)
    return value
