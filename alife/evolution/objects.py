"""The user's own objects that a configuration names, all together: found, tried, and told to the record.

Call `found` before a run begins or goes on, `columns` for what they add to births, `check` against a record.
"""

from collections.abc import Mapping
from typing import Any

from alife import plugins, schema
from alife.configuration.keys import RunConfig
from alife.evolution import selection
from alife.plugins import Found


def found(config: RunConfig) -> dict[str, Found]:
    """Objects by configuration key, their files read again, each tried with made-up values.

    Raises:
        UserError: One is not there, cannot be called as it will be, or gives what it should not.
    """
    scheme = selection.own_scheme(config.selection, again=True)
    if scheme is None:
        return {}
    selection.on_trial(scheme, config.population.size, given(config))
    return {selection.KEY: scheme}


def given(config: RunConfig) -> tuple[str, ...]:
    """Columns of numbers that a scheme is given, beside `selection.IDS`."""
    return (*schema.SCORES, *(name for name in schema.LIFE_HISTORY if name in config.reproduction.heritable))


def columns(config: RunConfig) -> list[dict[str, Any]]:
    """Columns that the objects add to births, as the manifest lists them."""
    return [dict(selection.CHANCE)] if plugins.is_own(config.selection.scheme) else []


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
