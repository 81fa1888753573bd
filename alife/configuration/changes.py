"""What may change in the configuration of a run that is being lived: nothing that has a part in what is born."""

from collections.abc import Mapping
from typing import Any

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import flatten, merge, nest
from alife.errors import UserError


def changed(config: RunConfig, changes: Mapping[str, Any], lived: int = 0) -> RunConfig:
    """A configuration with changes in it: of `generations`, and of the section `checkpoint`.

    Args:
        config: A run's.
        changes: Keys, nested or dotted.
        lived: Generations that are complete.

    Raises:
        UserError: Another key, a value that is not allowed, or no more generations than were lived.
    """
    keys = flatten(changes, "change")
    for key in keys:
        if key != "generations" and not key.startswith("checkpoint."):
            raise UserError(
                f"{key}: cannot change in a run that is lived: what is born follows from its configuration; "
                "'alife fork' a generation of it, or change generations or checkpoint.*"
            )
    new = parse_config(merge(config.model_dump(), nest(keys)), "change")
    if new.generations <= lived:
        raise UserError(f"generations: {new.generations} is not allowed: {lived} are lived, and one more has to be")
    return config.model_copy(update={"generations": new.generations, "checkpoint": new.checkpoint})
