"""What a configuration says in vain: keys that do nothing under the others, and keys that work against each other.

Call `warnings`, and `of_fork` for a fork; which keys do nothing is said by `alife.configuration.idle`. Keys that say
where and how a run is computed (`device`, `life.threads`, `life.chunk`, `checkpoint`, `ray`) are spoken of only where
they work against each other.
"""

from collections.abc import Iterable, Iterator

from alife.configuration.idle import (
    DEFAULTS,
    at_birth,
    idle,
    is_blind,
    learns,
    moved,
    survives_by_fitness,
    takes_all,
    value_of,
)
from alife.configuration.keys import RunConfig
from alife.configuration.networks import shipped
from alife.configuration.schemes import UNUSED
from alife.configuration.together import useful
from alife.plugins import is_own
from alife.words import count


def warnings(
    config: RunConfig, classes: int | None = None, backend: str = "ray", regression: bool = False
) -> list[str]:
    """A line for each key that was given in vain, in the order of the configuration.

    Args:
        config: The run's, before or after what is open in it has been resolved.
        classes: Of the task, where they are known; MNIST's are.
        backend: "ray", or "local", which does not look at the `ray` section; anything else is taken for Ray.
        regression: Whether the task is one, where it is known.

    Returns:
        Lines "KEY: VALUE: why", none for keys at their defaults that are merely idle.
    """
    said = _say(_against(config, backend))
    in_vain = idle(config, classes, regression)
    lines = []
    for key in DEFAULTS:
        value = value_of(config, key)
        why = said.get(key) or ([in_vain[key]] if key in in_vain and moved(config, key) else [])
        text = ",".join(value) if isinstance(value, tuple) else value
        lines += [f"{key}: {text}: {each}" for each in why]
    return lines


def _against(config: RunConfig, backend: str) -> Iterator[tuple[str, str]]:
    """What works against other keys, or changes births by its random numbers alone."""
    yield from _vain_lives(config)
    yield from _vain_traits(config)
    if config.reproduction.crossover and config.population.size == 1:
        yield "reproduction.crossover", "there is no second parent on islands of one individual"
    yield from _no_selection(config)
    rules, every = config.migration, config.migration.every
    moves = config.population.islands > 1 and rules.topology != "none" and rules.migrants
    if moves and every >= config.generations and moved(config, "migration.every"):
        yield "migration.every", f"nobody migrates in a run of {count(config.generations, 'generation')}"
    if config.ray.gpus_per_host and config.device == "cpu":
        yield "ray.gpus_per_host", "they are reserved and not used (device)"
    if backend != "local":
        yield from _ray(config)


def _vain_lives(config: RunConfig) -> Iterator[tuple[str, str]]:
    life, joint = config.life, config.quine.pairing == "joint"
    if life.steps == 0:
        return
    if not learns(config):
        yield "life.replication_weight", "nobody learns: there is no task, or life.task_weight is 0"
        return
    if shipped(config.quine.network).prints_all and life.target != "epoch" and moved(config, "life.coordinates"):
        yield "life.coordinates", f"{config.quine.network} prints all coordinates at each step (quine.network)"
    if life.replication_weight == 0:
        if not joint and moved(config, "life.coordinates"):
            yield "life.coordinates", "nobody learns to print them (life.replication_weight)"
    elif config.task != "none":
        if joint:
            yield "quine.pairing", "adults learn to print beside images, and offspring are printed beside a blank one"
        elif life.task_weight == 0 and moved(config, "life.images"):
            yield "life.images", "nobody learns their classes (life.task_weight)"


def _ray(config: RunConfig) -> Iterator[tuple[str, str]]:
    hosts, most = config.ray.hosts, useful(config)
    if hosts != "auto" and hosts > most:
        yield "ray.hosts", f"no more than {most} have an island to live, or a part of one (population)"
    if config.life.threads > max(1, config.ray.cpus_per_host) and config.device != "cuda":
        yield (
            "life.threads",
            f"each worker reserves {config.ray.cpus_per_host:g} of the CPUs for them (ray.cpus_per_host)",
        )


def _vain_traits(config: RunConfig) -> Iterator[tuple[str, str]]:
    heritable = config.reproduction.heritable
    for trait in heritable:
        if at_birth(config, trait) == 0:
            yield "reproduction.heritable", f"{trait} starts at 0 and stays there, as births multiply it"
        elif trait != "mutation" and config.life.steps == 0:
            yield "reproduction.heritable", f"{trait} has no use in lives of 0 steps (life.steps)"
        elif trait == "task_weight" and config.task == "none":
            yield "reproduction.heritable", "task_weight has no use without a task"
        elif trait == "learning_rate" and not learns(config):
            yield "reproduction.heritable", "learning_rate has no use where nobody learns"
    if heritable and config.reproduction.trait_mutation == 0:
        yield "reproduction.trait_mutation", "heritable traits never vary"


def _no_selection(config: RunConfig) -> Iterator[tuple[str, str]]:
    rules = config.selection
    if config.population.size == 1 or rules.scheme == "drift" or is_own(rules.scheme):
        return
    if takes_all(config):
        name = "truncation" if rules.scheme == "truncation" else "tournament_size"
        if survives_by_fitness(config) and not rules.shuffled:
            yield f"selection.{name}", "parents are drawn as under drift: fitness decides only who survives"
        else:
            yield f"selection.{name}", "nobody is selected: parents are drawn as under drift"
        if rules.shuffled and not survives_by_fitness(config):
            yield "selection.shuffled", "there is nothing to shuffle: all have the same chance"
    elif is_blind(config):
        yield "selection.accuracy_weight", "nobody is selected: without a task all accuracies are 0"
    elif (
        rules.shuffled and "accuracy_weight" not in UNUSED[rules.scheme] and moved(config, "selection.accuracy_weight")
    ):
        yield "selection.accuracy_weight", "under selection.shuffled nobody is selected by it"


def of_fork(parent: RunConfig, config: RunConfig) -> list[str]:
    """A line for each key of a fork that its thawed newborns do not heed: what they have inherited holds."""
    founders = config.population.founders or "null"
    vain = [f"fork: population.founders: {founders}: changes nothing: those thawed are there already"]
    return vain * (config.population.founders != parent.population.founders) + [
        f"fork: {key}: {value_of(config, key):g}: changes nothing: "
        "those thawed keep what they inherited, and hand it on"
        for key in ("life.task_weight", "life.learning_rate", "reproduction.mutation")
        if key.rpartition(".")[2] in config.reproduction.heritable and value_of(config, key) != value_of(parent, key)
    ]


def _say(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for key, why in pairs:
        said.setdefault(key, []).append(why)
    return said
