"""`alife list`: what a configuration can name by a word, shipped or offered by installed packages."""

import argparse
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel

from alife.cli.common import Command
from alife.configuration.operators import OPERATORS
from alife.configuration.schemes import SCHEMES


@dataclass(frozen=True)
class Kind:
    """A kind of thing that a key of the configuration names.

    Attributes:
        key: Of the configuration.
        group: Of entry points, by which installed packages offer theirs.
        shipped: Gives those that are shipped, by word: an object with a docstring, or what there is to say.
        parameters: The key of their parameters, if they have any.
        models: Gives the models of these, by word; None of one that has none.
    """

    key: str
    group: str
    shipped: Callable[[], Mapping[str, Any]]
    parameters: str = ""
    models: Callable[[], Mapping[str, type[BaseModel] | None]] = dict


def _schemes() -> Mapping[str, Any]:
    from alife.evolution import schemes

    return schemes.SCHEMES


def _operators() -> Mapping[str, Any]:
    from alife.evolution import mutation

    return mutation.OPERATORS


def _tasks() -> Mapping[str, Any]:
    from alife.configuration.values import TASKS

    return TASKS


def _networks() -> Mapping[str, Any]:
    from alife.configuration.networks import DENSE, NETWORKS

    what = "Fixed random features, two layers of SELU units, a head that prints and one that names classes."
    return {DENSE: what, **{word: _imported(each.maker) for word, each in NETWORKS.items()}}


def _imported(name: str) -> Any:
    module, _, thing = name.partition(":")
    return getattr(import_module(module), thing)


def _network_models() -> Mapping[str, type[BaseModel] | None]:
    from alife.configuration.networks import NETWORKS
    from alife.evolution.networks import KEY, TAKES
    from alife.plugins import model_of

    return {word: model_of(KEY, word, _imported(each.maker), TAKES) for word, each in NETWORKS.items()}


def _measures() -> Mapping[str, Any]:
    from alife.configuration.columns import MEASURES
    from alife.traits import TRAITS

    return {name: TRAITS[name].meaning for name in MEASURES}


def _figures() -> Mapping[str, Any]:
    from alife import figures

    return {name: getattr(figures, name) for name in figures.__all__}


def _crossovers() -> Mapping[str, Any]:
    from alife.evolution.crossover import OPERATORS

    return OPERATORS


KINDS: Final = {
    "tasks": Kind("task", "alife.tasks", _tasks),
    "networks": Kind("quine.network", "alife.networks", _networks, "quine.parameters", _network_models),
    "schemes": Kind("selection.scheme", "alife.schemes", _schemes, "selection.parameters", lambda: SCHEMES),
    "mutations": Kind(
        "reproduction.operator", "alife.mutations", _operators, "reproduction.parameters", lambda: OPERATORS
    ),
    "crossovers": Kind("reproduction.crossover_operator", "alife.crossovers", _crossovers),
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
    """A kind's key, then a line for each word: what it does, or where an installed package has it.

    Parameters of its own stand behind it, with their defaults.
    """
    from alife.plugins import installed

    kind = KINDS[name]
    models = kind.models()
    words = {word: f"{_first_line(thing)}{_defaults(models.get(word))}" for word, thing in kind.shipped().items()}
    words |= {word: f"{where}, of an installed package" for word, where in installed(kind.group).items()}
    return [f"{name} ({kind.key})", *_table(words)]


def parameters(name: str) -> list[str]:
    """A line for each parameter of what is shipped of a kind: whose, its default, what it means."""
    return _table(
        {
            f"{word}: {parameter}": f"{field.description} (default {field.default})"
            for word, model in KINDS[name].models().items()
            if model is not None
            for parameter, field in model.model_fields.items()
        }
    )


def _table(rows: Mapping[str, str]) -> list[str]:
    width = max(map(len, rows), default=0)
    return [f"  {word:{width}}  {what}" for word, what in rows.items()]


def _defaults(model: type[BaseModel] | None) -> str:
    """Parameters as a configuration has them, behind a space; nothing if there are none."""
    given = ", ".join(f"{name}: {field.default}" for name, field in model.model_fields.items()) if model else ""
    return f" {{{given}}}" if given else ""


def _first_line(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    return (inspect.getdoc(thing) or "").partition("\n")[0]
