"""`alife list`: what a configuration can name by a word, shipped or offered by installed packages."""

import argparse
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from alife.cli.common import Command


@dataclass(frozen=True)
class Kind:
    """A kind of thing that a key of the configuration names.

    Attributes:
        key: Of the configuration.
        group: Of entry points, by which installed packages offer theirs.
        shipped: Gives those that are shipped, by word: an object with a docstring, or what there is to say.
    """

    key: str
    group: str
    shipped: Callable[[], Mapping[str, Any]]


def _schemes() -> Mapping[str, Any]:
    from alife.evolution.schemes import SCHEMES

    return SCHEMES


def _operators() -> Mapping[str, Any]:
    from alife.evolution.mutation import OPERATORS

    return OPERATORS


def _tasks() -> Mapping[str, Any]:
    from alife.configuration.values import TASKS

    return TASKS


def _networks() -> Mapping[str, Any]:
    from alife.configuration.networks import DENSE, NETWORKS

    what = "Fixed random features, two layers of SELU units, a head that prints and one that names classes."
    return {DENSE: what, **{word: _imported(name) for word, name in NETWORKS.items()}}


def _imported(name: str) -> Any:
    module, _, thing = name.partition(":")
    return getattr(import_module(module), thing)


def _measures() -> Mapping[str, Any]:
    from alife.configuration.columns import MEASURES
    from alife.traits import TRAITS

    return {name: TRAITS[name].meaning for name in MEASURES}


def _figures() -> Mapping[str, Any]:
    from alife import figures

    return {name: getattr(figures, name) for name in figures.__all__}


KINDS: Final = {
    "tasks": Kind("task", "alife.tasks", _tasks),
    "networks": Kind("quine.network", "alife.networks", _networks),
    "schemes": Kind("selection.scheme", "alife.schemes", _schemes),
    "mutations": Kind("reproduction.operator", "alife.mutations", _operators),
    "measures": Kind("measures", "alife.measures", _measures),
    "figures": Kind("alife.figures", "alife.figures", _figures),
}


def add(command: Command) -> None:
    """Add it to the parser."""
    listing = command(
        "list",
        _list,
        "List what a configuration can name by a word; anything else is file.py:NAME or package.module:NAME.",
        "  alife list\n  alife list schemes",
    )
    listing.add_argument("kind", metavar="|".join(KINDS), nargs="?", choices=[*KINDS], help="of what (default all)")


def _list(arguments: argparse.Namespace) -> None:
    for name in [arguments.kind] if arguments.kind else KINDS:
        print("\n".join(lines(name)))


def lines(name: str) -> list[str]:
    """A kind's key, then a line for each word: what it does, or where an installed package has it."""
    from alife.plugins import installed

    kind = KINDS[name]
    words = {word: _first_line(thing) for word, thing in kind.shipped().items()}
    words |= {word: f"{where}, of an installed package" for word, where in installed(kind.group).items()}
    width = max(map(len, words))
    return [f"{name} ({kind.key})", *(f"  {word:{width}}  {what}" for word, what in words.items())]


def _first_line(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    return (inspect.getdoc(thing) or "").partition("\n")[0]
