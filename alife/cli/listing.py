"""`alife list`: what a configuration can name by a word, shipped or offered by installed packages."""

import argparse
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alife.cli.common import Command


@dataclass(frozen=True)
class Kind:
    """A kind of thing that a key of the configuration names.

    Attributes:
        key: Of the configuration.
        group: Of entry points, by which installed packages offer theirs.
        shipped: Gives those that are shipped, by word.
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


def _crossovers() -> Mapping[str, Any]:
    from alife.evolution.crossover import OPERATORS

    return OPERATORS


KINDS: Final = {
    "schemes": Kind("selection.scheme", "alife.schemes", _schemes),
    "mutations": Kind("reproduction.operator", "alife.mutations", _operators),
    "crossovers": Kind("reproduction.crossover_operator", "alife.crossovers", _crossovers),
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
    return (inspect.getdoc(thing) or "").partition("\n")[0]
