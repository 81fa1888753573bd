"""The user's own objects that a configuration names, all together: found, tried, and told to the record.

Call `found` before a run begins or goes on and `on_trial` once its physics are drawn, `columns` for what they add to
births, `check` against a record.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from alife import plugins, schema
from alife.configuration.keys import RunConfig
from alife.evolution import measuring, selection
from alife.plugins import Found


def found(config: RunConfig) -> dict[str, Found]:
    """Objects by configuration key, their files read again, a scheme tried with made-up scores.

    Raises:
        UserError: One is not there, cannot be called as it will be, or gives what it should not.
    """
    scheme = selection.own_scheme(config.selection, again=True)
    measures = {each.key: each for each in measuring.own(config, again=True).values()}
    if scheme is None:
        return measures
    selection.on_trial(scheme, config.population.size, given(config))
    return {selection.KEY: scheme, **measures}


def on_trial(config: RunConfig, objects: Iterable[Found], n_weights: int) -> None:
    """Try what needs to know how large a genome is: measures, with a made-up life.

    Args:
        config: The run's.
        objects: As of `found`.
        n_weights: N.

    Raises:
        UserError: One fails, or gives what it should not.
    """
    measuring.on_trial(config, [each for each in objects if each.key != selection.KEY], n_weights)


def given(config: RunConfig) -> tuple[str, ...]:
    """Columns of numbers that a scheme is given, beside `selection.IDS`: those that are taken in every generation."""
    heritable = [name for name in schema.LIFE_HISTORY if name in config.reproduction.heritable]
    always = [name for name in schema.SCORES if measuring.every(config, name) == 1]
    return (*always, *heritable, *measuring.each_generation(config))


def columns(config: RunConfig, objects: Mapping[str, Found]) -> list[dict[str, Any]]:
    """Columns that the objects add to births, as the manifest lists them.

    Args:
        config: The run's.
        objects: As of `found`.
    """
    chance = [dict(selection.CHANCE)] if selection.KEY in objects else []
    keys = {name: measuring.key_of(name) for name in config.measures}
    return chance + [
        measuring.column(name, objects[key], measuring.every(config, name))
        for name, key in keys.items()
        if key in objects
    ]


def on_record(objects: Mapping[str, Found]) -> dict[str, dict[str, Any]]:
    """What the manifest says of them, by configuration key."""
    return {key: each.on_record() for key, each in objects.items()}


def check(objects: Mapping[str, Found], known: Mapping[str, Mapping[str, Any]], allowed: bool) -> list[str]:
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
