"""Nested mappings as YAML holds them: read from text, merged, made of dotted keys and taken apart into them.

Call `load_yaml` for text, `merge`, `nest` and `flatten` for what it holds. Configurations and sweeps are both written
so, by hand, and lie in folders that somebody else may have made. So the text is bounded before it is believed, and what
YAML 1.1 would read otherwise than it looks is refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from alife.errors import UserError

NOT_YAML: Final = (yaml.YAMLError, ValueError, RecursionError, LookupError, TypeError, AttributeError)
"""What PyYAML raises: beside its own errors those of the constructors that it hands a date, a number or a tag to."""

LARGEST: Final = 64 * 1024
"""Characters of a configuration at most; a complete one has 1,500."""

LARGEST_SWEEP: Final = 16 * 1024 * 1024
"""Characters of a sweep at most; 100,000 seeds take half of that."""

DEEPEST: Final = 16
"""Levels of nesting at most; a sweep needs 6."""

_MISREAD = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)")
"""Numbers of YAML 1.1 to the base 8 and 60, such as 010 and 1:30."""


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, aliases, nesting beyond `DEEPEST`, and numbers to the base 8 and 60."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"{_line(event)}: *{event.anchor}: aliases are not read: write it out")
        if self.depth >= DEEPEST:
            raise yaml.YAMLError(f"{_line(event)}: nested more than {DEEPEST} levels deep")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            word = key.value if isinstance(key, yaml.ScalarNode) else id(key)
            if word in seen:
                raise yaml.constructor.ConstructorError(problem=f"{word} is there twice", problem_mark=key.start_mark)
            seen.add(word)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        whole = node.tag.endswith(":int")
        value = self.construct_yaml_int(node) if whole else self.construct_yaml_float(node)
        if _MISREAD.fullmatch(node.value):
            raise yaml.constructor.ConstructorError(
                problem=f"{node.value} would be read as {value}: write the number out", problem_mark=node.start_mark
            )
        return value


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "somewhere"


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)


def load_yaml(text: str, source: str, largest: int = LARGEST) -> dict[str, Any]:
    """A YAML mapping as a nested dict.

    Args:
        text: What was read.
        source: What to name in an error.
        largest: Characters at most.

    Raises:
        UserError: The text is too large, is no YAML, or no mapping.
    """
    if len(text) > largest:
        raise UserError(
            f"{source}: more than {largest:,} characters, too large to be a configuration: name another file"
        )
    try:
        data = load_value(text)
    except NOT_YAML as error:
        why = str(error).replace(' in "<unicode string>",', ",")
        raise UserError(f"{source}: not valid YAML: {' '.join(why.split())[:200]}: mend it there") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UserError(f"{source}: expected keys and values, as in 'generations: 30'")
    return data


def load_value(text: str) -> Any:
    """Any YAML value.

    Raises:
        Exception: One of `NOT_YAML`.
    """
    return yaml.load(text, _Loader)


_OBJECTS: Final = ("scheme", "operator")
"""Keys of a section that name an object, whose `parameters` stand beside it."""


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `over` laid on top, section by section; neither is changed.

    Parameters belong to the object that a section names: where `over` names another, those of `base` are left out.
    """
    out = dict(base)
    if any(name in out and name in over and out[name] != over[name] for name in _OBJECTS):
        out.pop("parameters", None)
    for key, value in over.items():
        below = out.get(key)
        out[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return out


SHUFFLED: Final = {"scheme": "tournament", "shuffled": True}
"""What `selection.scheme: shuffled` says: the tournament's, as it was called before any scheme could be shuffled."""


def renamed(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys in the words of today, as `SHUFFLED` has them."""
    former = flat.get("selection.scheme") == "shuffled"
    return {**flat, **({f"selection.{key}": value for key, value in SHUFFLED.items()} if former else {})}


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """{"life.steps": 3} → {"life": {"steps": 3}}."""
    out: dict[str, Any] = {}
    for key, value in flat.items():
        for part in reversed(key.split(".")):
            value = {part: value}
        out = merge(out, value)
    return out


def flatten(tree: Mapping[Any, Any], source: str) -> dict[str, Any]:
    """{"life": {"steps": 3}} and {"life.steps": 3} → {"life.steps": 3}; an empty mapping stays one.

    Raises:
        UserError: It sets a key twice.
    """
    out: dict[str, Any] = {}
    for key, value in _pairs(tree, "", 0):
        if key in out:
            raise UserError(f"{source}: {key} is there twice: keep one")
        out[key] = value
    for key in out:
        above = key.rpartition(".")[0]
        while above:
            if above in out:
                raise UserError(f"{source}: {above} is there twice: keep one")
            above = above.rpartition(".")[0]
    return out


def _pairs(tree: Mapping[Any, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            yield from _pairs(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value
