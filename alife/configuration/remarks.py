"""What a configuration says in vain: keys that do nothing under the others, and keys that work against each other.

`idle` is exact: a key in it gives the births that its default would give. Keys that say where and how a run is computed
(`device`, `life.threads`, `life.chunk`, `checkpoint`, `ray`) never change births; they are spoken of only where they
work against each other.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from alife.configuration.keys import RunConfig, leaves
from alife.words import count

_LIFE = (
    *("optimizer", "learning_rate", "coordinates", "images", "task_weight", "replication_weight", "temperature"),
    *("target", "loss", "sampling", "environment", "precision"),
)
_UNUSED = {
    "tournament": ("truncation",),
    "shuffled": ("truncation",),
    "truncation": ("tournament_size",),
    "roulette": ("tournament_size", "truncation"),
    "nsga2": ("accuracy_weight", "tournament_size", "truncation"),
    "drift": ("accuracy_weight", "tournament_size", "truncation"),
}
"""Keys of `selection` that a scheme does not look at."""

_DEFAULTS = {key: default for key, default, *_ in leaves()}
_FEWEST_CLASSES = 2


def warnings(config: RunConfig, classes: int | None = None, backend: str = "ray") -> list[str]:
    """A line for each key that was given in vain, in the order of the configuration.

    Args:
        config: The run's, before or after what is open in it has been resolved.
        classes: Of the task, where they are known; MNIST's are.
        backend: "ray", or "local", which does not look at the `ray` section; anything else is taken for Ray.

    Returns:
        Lines "KEY: VALUE: why", none for keys at their defaults that are merely idle.
    """
    said = _say(_against(config, backend))
    in_vain = idle(config, classes)
    lines = []
    for key in _DEFAULTS:
        value = _value(config, key)
        why = said.get(key) or ([in_vain[key]] if key in in_vain and _moved(config, key) else [])
        text = ",".join(value) if isinstance(value, tuple) else value
        lines += [f"{key}: {text}: {each}" for each in why]
    return lines


def idle(config: RunConfig, classes: int | None = None) -> dict[str, str]:
    """Keys that change nothing in what is born, and why."""
    found: dict[str, str] = {}
    for rules in (_idle_world(config), _idle_life(config, classes), _idle_heredity(config), _idle_islands(config)):
        for key, why in rules:
            found.setdefault(key, why)
    return {key: why for key, why in found.items() if key.rpartition(".")[2] not in config.reproduction.heritable}


def _idle_world(config: RunConfig) -> Iterator[tuple[str, str]]:
    if config.task == "none":
        yield "quine.coordinate_units", "changes nothing without a task: all units see the coordinate"
        if config.quine.projection == "centred":
            yield "quine.projection", "is unit without a task"
        for key in ("quine.pairing", "life.images", "life.task_weight", "life.temperature"):
            yield key, "changes nothing without a task"


def _idle_life(config: RunConfig, classes: int | None) -> Iterator[tuple[str, str]]:
    life = config.life
    if life.steps == 0:
        for name in _LIFE:
            yield f"life.{name}", "changes nothing in lives of 0 steps (life.steps)"
        return
    if not _learns(config):
        for name in ("steps", *_LIFE):
            if name not in ("replication_weight", "task_weight"):
                yield f"life.{name}", "changes nothing where nobody learns (life.replication_weight, life.task_weight)"
        return
    if not _classifies(config):
        yield "life.temperature", "changes nothing where classes are not learned (life.task_weight)"
    if config.quine.pairing == "joint":
        yield "life.images", "changes nothing under joint pairing: there are as many as life.coordinates"
    if life.replication_weight == 0:
        yield "life.target", "changes nothing where nobody learns to print (life.replication_weight)"
    steps = _epoch(config, classes)
    if life.target == "epoch" and life.steps <= steps:
        yield "life.target", f"is birth: the first epoch has {steps} steps, and a life {life.steps} (life.steps)"
    if config.population.size == 1:
        yield "life.environment", "changes nothing on islands of one individual"


def _idle_heredity(config: RunConfig) -> Iterator[tuple[str, str]]:
    reproduction, selection = config.reproduction, config.selection
    if all(_start(config, trait) == 0 for trait in reproduction.heritable):
        which = "that starts above 0 " if reproduction.heritable else ""
        yield (
            "reproduction.trait_mutation",
            f"changes nothing without a heritable trait {which}(reproduction.heritable)",
        )
    if config.generations == 1:
        for name in ("mutation", "trait_mutation"):
            yield f"reproduction.{name}", "changes nothing in a run of one generation"
    if config.population.size == 1:
        for name in ("scheme", "accuracy_weight", "tournament_size", "truncation"):
            yield f"selection.{name}", "changes nothing on islands of one individual"
    for name in _UNUSED[selection.scheme]:
        yield f"selection.{name}", f"changes nothing under selection.scheme {selection.scheme}"
    if _takes_all(config):
        yield "selection.accuracy_weight", "changes nothing where nobody is selected"
    elif config.task == "none" and selection.scheme != "roulette" and selection.accuracy_weight < 1:
        yield "selection.accuracy_weight", "changes nothing without a task: selection is on ρ alone"


def _idle_islands(config: RunConfig) -> Iterator[tuple[str, str]]:
    islands, rules = config.population.islands, config.migration
    if islands == 1:
        for name in ("topology", "every", "migrants"):
            yield f"migration.{name}", "changes nothing with one island (population.islands)"
    elif rules.topology == "none" or rules.migrants == 0:
        reason = "migration.topology" if rules.topology == "none" else "migration.migrants"
        for name in ("topology", "every", "migrants"):
            if f"migration.{name}" != reason:
                yield f"migration.{name}", f"changes nothing where nobody migrates ({reason})"
    elif rules.every >= config.generations:
        for name in ("topology", "migrants"):
            yield f"migration.{name}", f"changes nothing: the first migration is in generation {rules.every}"
    elif _is_ring(rules.topology, islands):
        yield "migration.topology", f"is the ring with {islands} islands (population.islands)"


def _against(config: RunConfig, backend: str) -> Iterator[tuple[str, str]]:
    """What works against other keys, or changes births by its random numbers alone."""
    yield from _vain_lives(config)
    yield from _vain_traits(config)
    yield from _no_selection(config)
    rules, every = config.migration, config.migration.every
    moves = config.population.islands > 1 and rules.topology != "none" and rules.migrants
    if moves and every >= config.generations and _moved(config, "migration.every"):
        yield "migration.every", f"nobody migrates in a run of {count(config.generations, 'generation')}"
    if config.ray.gpus_per_host and config.device == "cpu":
        yield "ray.gpus_per_host", "they are reserved and not used (device)"
    if backend != "local":
        yield from _ray(config)


def _vain_lives(config: RunConfig) -> Iterator[tuple[str, str]]:
    life, joint = config.life, config.quine.pairing == "joint"
    if life.steps == 0:
        return
    if not _learns(config):
        yield "life.replication_weight", "nobody learns: there is no task, or life.task_weight is 0"
        return
    if life.replication_weight == 0:
        if not joint and _moved(config, "life.coordinates"):
            yield "life.coordinates", "nobody learns to print them (life.replication_weight)"
    elif config.task != "none":
        if joint:
            yield "quine.pairing", "adults learn to print beside images, and offspring are printed beside a blank one"
        elif life.task_weight == 0 and _moved(config, "life.images"):
            yield "life.images", "nobody learns their classes (life.task_weight)"


def _ray(config: RunConfig) -> Iterator[tuple[str, str]]:
    hosts, islands = config.ray.hosts, config.population.islands
    if hosts != "auto" and hosts > islands:
        yield "ray.hosts", f"no more than {islands} have an island to live (population.islands)"
    if config.life.threads > max(1, config.ray.cpus_per_host) and config.device != "cuda":
        yield (
            "life.threads",
            f"each worker reserves {config.ray.cpus_per_host:g} of the CPUs for them (ray.cpus_per_host)",
        )


def _vain_traits(config: RunConfig) -> Iterator[tuple[str, str]]:
    heritable = config.reproduction.heritable
    for trait in heritable:
        if _start(config, trait) == 0:
            yield "reproduction.heritable", f"{trait} starts at 0 and stays there, as births multiply it"
        elif trait != "mutation" and config.life.steps == 0:
            yield "reproduction.heritable", f"{trait} has no use in lives of 0 steps (life.steps)"
        elif trait == "task_weight" and config.task == "none":
            yield "reproduction.heritable", "task_weight has no use without a task"
        elif trait == "learning_rate" and not _learns(config):
            yield "reproduction.heritable", "learning_rate has no use where nobody learns"
    if heritable and config.reproduction.trait_mutation == 0:
        yield "reproduction.trait_mutation", "heritable traits never vary"


def _no_selection(config: RunConfig) -> Iterator[tuple[str, str]]:
    rules = config.selection
    if config.population.size == 1 or rules.scheme in ("drift", "nsga2"):
        return
    if _takes_all(config):
        name = "truncation" if rules.scheme == "truncation" else "tournament_size"
        yield f"selection.{name}", "nobody is selected: parents are drawn as under drift"
        if rules.scheme == "shuffled":
            yield "selection.scheme", "there is nothing to shuffle: all have the same chance"
    elif config.task == "none" and rules.accuracy_weight == 1:
        yield "selection.accuracy_weight", "nobody is selected: without a task all accuracies are 0"
    elif rules.scheme == "shuffled" and _moved(config, "selection.accuracy_weight"):
        yield "selection.accuracy_weight", "under selection.scheme shuffled nobody is selected by it"


def _takes_all(config: RunConfig) -> bool:
    """Whether a tournament or truncation leaves everybody the same chance, whatever the scores."""
    rules, size = config.selection, config.population.size
    if rules.scheme == "truncation":
        return math.ceil(rules.truncation * size - 1e-9) >= size
    return rules.scheme in ("tournament", "shuffled") and rules.tournament_size == 1


def _classifies(config: RunConfig) -> bool:
    """Whether lives learn classes."""
    return config.task != "none" and config.life.task_weight > 0


def _learns(config: RunConfig) -> bool:
    return config.life.steps > 0 and (config.life.replication_weight > 0 or _classifies(config))


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


def _start(config: RunConfig, trait: str) -> float:
    """A life-history trait of the founders."""
    return config.reproduction.mutation if trait == "mutation" else _value(config, f"life.{trait}")


def of_fork(parent: RunConfig, config: RunConfig) -> list[str]:
    """A line for each key of a fork that its thawed newborns do not heed: what they have inherited holds."""
    return [
        f"fork: {key}: {_value(config, key):g}: changes nothing: those thawed keep what they inherited, and hand it on"
        for key in ("life.task_weight", "life.learning_rate", "reproduction.mutation")
        if key.rpartition(".")[2] in config.reproduction.heritable and _value(config, key) != _value(parent, key)
    ]


def _say(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for key, why in pairs:
        said.setdefault(key, []).append(why)
    return said


def _moved(config: RunConfig, key: str) -> bool:
    """Whether a key is not at its default."""
    return bool(_value(config, key) != _DEFAULTS[key])


def _value(config: RunConfig, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value
