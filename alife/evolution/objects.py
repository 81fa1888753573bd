"""The user's own objects that a configuration names, all together: found, tried, and told to the record.

Call `found` before a run begins or goes on, `columns` for what they add to births, `check` against a record. Who lets
stored newborns be born again calls `check_births` or `check_again`: a checkpoint names the operator that its newborns
are born by, and is believed only if the run has that operator on record.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from alife import plugins, schema
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution import crossover, measuring, mutation, network_trials, networks, selection
from alife.evolution.mutation import Mutation
from alife.evolution.reproduction import Newborns
from alife.plugins import Found
from alife.world.projections import Physics

Record = Mapping[str, Mapping[str, Any]]
"""What a manifest says of objects, by configuration key."""

THAWED: Final = "fork.operator"
"""The key of the operator by which the newborns that a fork thawed are born, if it is not the fork's own.

Among survivors of forks of forks there may be more: `fork.operator.2` and so on."""


def found(config: RunConfig, physics: Physics, thawed: Sequence[Mutation] = ()) -> dict[str, Found]:
    """Objects by configuration key, their files read again, each tried with made-up values.

    Args:
        config: The run's.
        physics: The world that it is to live in; of its arrays a few rows are looked at.
        thawed: By which newborns that it thaws, and survivors of these, are to be born.

    Raises:
        UserError: One is not there, cannot be called as it will be, or gives what it should not.
    """
    objects: dict[str, Found] = {}
    network = networks.own(config)
    if network is not None:
        network_trials.on_trial(network, config, physics)
    if network is not None and plugins.is_own(network.name):
        objects[networks.KEY] = network
    scheme, classes = selection.own_scheme(config.selection, again=True), physics.shape.classes
    if physics.scale is not None and "answers" in selection.asked(config.selection):
        raise UserError(
            f"{selection.KEY}: {config.selection.scheme}: goes by the answers to the images of each class, and a "
            "regression has none: choose another scheme"
        )
    if scheme is not None:
        selection.on_trial(scheme, config.population.size, given(config), classes, config.selection.survivors)
        objects[selection.KEY] = scheme
    own = mutation.of_rules(config.reproduction)
    others = {mutation.dump(how): how for how in thawed if how.is_own and how != own}
    births = {f"{THAWED}.{number}".removesuffix(".1"): how for number, how in enumerate(others.values(), 1)}
    for key, how in {mutation.KEY: own, **births}.items():
        operator = mutation.own_operator(how, key, again=True)
        if operator is not None:
            mutation.on_trial(operator, physics.shape, config.reproduction.mutation)
            objects[key] = operator
    cross = crossover.own_operator(config.reproduction.crossover_operator, again=True)
    if cross is not None:
        crossover.on_trial(cross, physics.shape)
        objects[crossover.KEY] = cross
    measures = {each.key: each for each in measuring.own(config, again=True).values()}
    if measures:
        measuring.on_trial(config, list(measures.values()), physics.shape.n_weights)
    return objects | measures


def thawed(manifest: Mapping[str, Any], config: RunConfig) -> list[Mutation]:
    """By which those of a fork are to be born that it thawed, if not as its own children.

    None are needed once the thawed have lived, unless some survive.
    """
    if manifest["parts"]["births"] and not config.selection.survivors:
        return []
    told = (each for key, each in manifest["objects"].items() if key.startswith(THAWED))
    return [Mutation(each["name"], each["parameters"]) for each in told]


def given(config: RunConfig) -> tuple[str, ...]:
    """Columns of numbers that a scheme is given, beside `selection.IDS`: those that are taken in every generation."""
    heritable = [name for name in schema.LIFE_HISTORY if name in config.reproduction.heritable]
    always = [name for name in schema.SCORES if measuring.every(config, name) == 1]
    return (*always, *heritable, *measuring.each_generation(config))


def columns(config: RunConfig, objects: Mapping[str, Found]) -> list[dict[str, Any]]:
    """Columns that the objects add to births, and a shipped scheme of selection, as the manifest lists them.

    Args:
        config: The run's.
        objects: As of `found`.
    """
    chance = [dict(selection.CHANCE)] if selection.is_recorded(config.selection.scheme) else []
    keys = {name: measuring.key_of(name) for name in config.measures}
    return chance + [
        measuring.column(name, objects[key], measuring.every(config, name))
        for name, key in keys.items()
        if key in objects
    ]


def on_record(objects: Mapping[str, Found]) -> dict[str, dict[str, Any]]:
    """What the manifest says of them, by configuration key."""
    return {key: each.on_record() for key, each in objects.items()}


def check(objects: Mapping[str, Found], known: Record, allowed: bool) -> list[str]:
    """Compare objects with those on record.

    Args:
        objects: As of `found`.
        known: The manifest's `objects`; what it does not know is not compared.
        allowed: Whether changes are accepted.

    Returns:
        A line for each change that is accepted.

    Raises:
        UserError: The source of one has changed.
    """
    lines = (plugins.check(each, known.get(key), allowed) for key, each in objects.items())
    return [line for line in lines if line]


def check_fork(objects: Mapping[str, Found], past: Record, allowed: bool) -> list[str]:
    """Compare those objects of a fork that its parent has, too, with the parent's.

    Args:
        objects: The fork's.
        past: The parent's `objects` on record.
        allowed: Whether changes are accepted.

    Returns:
        As `check`.

    Raises:
        UserError: The source of one has changed.
    """
    operators = [each for key, each in past.items() if _strikes(key)]
    known = {
        key: known
        for key, each in objects.items()
        for known in (operators if _strikes(key) else [past[key]] if key in past else [])
        if known["name"] == each.name
    }
    return check(objects, known, allowed)


def check_births(newborns: Iterable[Newborns], known: Record, source: str) -> None:
    """Make sure that a checkpoint names no operator of one's own but those on record, before any is looked for.

    Args:
        newborns: Stored ones.
        known: What their run has on record of objects.
        source: The run, as errors are to name it.

    Raises:
        UserError: It does.
    """
    for how in (how for group in newborns for how in group.operators):
        if how.is_own and _known(how, known) is None:
            raise UserError(
                f"{source}: its checkpoint's newborns are born by {how.operator}, which it has not on record"
            )


def check_again(newborns: Iterable[Newborns], config: RunConfig, known: Record, source: str) -> None:
    """Make sure that newborns of a run, and their children, can be born and live again as they did.

    Args:
        newborns: The run's.
        config: The run's.
        known: Its `objects` on record.
        source: The run, as errors are to name it.

    Raises:
        UserError: The network or an operator is not there, is not on record, or its source has changed.
    """
    network, before = networks.own(config), known.get(networks.KEY)
    if network is not None and before is not None and (why := plugins.change(network, before)):
        raise network.error(f"{why}: restore it")
    groups = list(newborns)
    check_births(groups, known, source)
    births = [mutation.of_rules(config.reproduction), *(how for group in groups for how in group.operators)]
    for how in {mutation.dump(how): how for how in births}.values():
        operator, before = mutation.own_operator(how, again=True), _known(how, known)
        if operator is not None and before is not None and (why := plugins.change(operator, before)):
            raise operator.error(f"{why}: restore it")


def _known(how: Mutation, known: Record) -> Mapping[str, Any] | None:
    """What is on record of an operator."""
    return next((each for key, each in known.items() if _strikes(key) and each["name"] == how.operator), None)


def _strikes(key: str) -> bool:
    """Whether a key names an operator of mutation."""
    return key == mutation.KEY or key.startswith(THAWED)
