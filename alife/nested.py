"""Nested mappings as YAML holds them: read from text, merged, made of dotted keys.

A room of its own because configurations and sweeps are both written so.
"""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from alife.errors import UserError

NOT_YAML: Final = (yaml.YAMLError, ValueError, RecursionError, LookupError, TypeError, AttributeError)
"""What PyYAML raises: beside its own errors those of the constructors that it hands a date, a number or a tag to."""


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, where YAML would quietly take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            word = key.value if isinstance(key, yaml.ScalarNode) else id(key)
            if word in seen:
                raise yaml.constructor.ConstructorError(problem=f"{word} is there twice", problem_mark=key.start_mark)
            seen.add(word)
        return super().construct_mapping(node, deep)


def load_yaml(text: str, source: str) -> dict[str, Any]:
    """A YAML mapping as a nested dict.

    Raises:
        UserError: The text is no YAML, or no mapping.
    """
    try:
        data = yaml.load(text, _Loader)
    except NOT_YAML as error:
        raise UserError(f"{source}: not valid YAML: {' '.join(str(error).split())[:200]}") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UserError(f"{source}: expected keys and values, as in 'generations: 30'")
    return data


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `over` laid on top, section by section; neither is changed."""
    out = dict(base)
    for key, value in over.items():
        below = out.get(key)
        out[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return out


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """{"life.steps": 3} → {"life": {"steps": 3}}."""
    out: dict[str, Any] = {}
    for key, value in flat.items():
        for part in reversed(key.split(".")):
            value = {part: value}
        out = merge(out, value)
    return out
