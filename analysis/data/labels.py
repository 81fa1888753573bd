"""What treatments are called: short names from what their configurations differ by."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from alife import plugins
from alife.configuration.networks import DENSE, unseen
from alife.configuration.schemes import UNUSED

SHORT: Final = {
    "selection.accuracy_weight": "w",
    "selection.scheme": "",
    "reproduction.operator": "",
    "reproduction.crossover_operator": "",
    "quine.network": "",
}
"""What labels call a key; others go by their last word. Names of schemes, operators and networks stand alone."""
SCHEME: Final = "selection.scheme"
SHUFFLED: Final = "selection.shuffled"
SOURCE: Final = ".source"


def labels(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Short unique names from flat configurations that all differ: the keys that differ, as in "w=0, islands=4".

    Left out, as long as the name stays unique, are a key where it makes no difference, the source of an object, and the
    scheme where only one is not a control.
    """
    differing = sorted(
        {key for config in configs for key in config if len({repr(c.get(key)) for c in configs}) > 1},
        key=lambda key: (key != SCHEME, key),
    )
    if not differing:
        return ["all"] * len(configs)
    words = {str(config.get(SCHEME)) for config in configs}
    schemes = {word for word in words if word != "drift" and not _is_shuffled(word)}
    common = schemes if len(schemes) == 1 else set()
    sources = [key for key in differing if key.endswith(SOURCE)]
    tiers = [
        *(
            [
                _label(config, differing, [*_silent(config), *kept, *([SCHEME] if config.get(SCHEME) in one else [])])
                for config in configs
            ]
            for kept in (sources, [])
            for one in (common, set())
        ),
        [", ".join(f"{key}={_word(config[key], str)}" for key in differing if key in config) for config in configs],
    ]
    return [
        next((tier[i] for tier in tiers if tier[i] and tier.count(tier[i]) == 1), tiers[-1][i])
        for i in range(len(configs))
    ]


def _silent(config: Mapping[str, Any]) -> Sequence[str]:
    """Keys that change nothing under a scheme or in a network: left out of a label as long as it stays unique."""
    word = str(config.get(SCHEME))
    keys = UNUSED.get(word.removeprefix("shuffled").strip() or "tournament", UNUSED["drift"])
    return [
        *unseen(str(config.get("quine.network", DENSE))),
        *(f"selection.{key}" for key in (*keys, *(["accuracy_weight"] if _is_shuffled(word) else []))),
    ]


def _is_shuffled(scheme: str) -> bool:
    return scheme.split(" ")[0] == "shuffled"


def _label(config: Mapping[str, Any], differing: Sequence[str], silent: Sequence[str]) -> str:
    parts = []
    for key in differing:
        if key in config and key not in silent:
            name, word = SHORT.get(key, key.rpartition(".")[2].replace("_", " ")), _word(config[key])
            parts.append(f"{name}={word}" if name else word)
    return ", ".join(parts)


def _word(value: Any, named: Callable[[str], str] = plugins.short) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else named(str(value))
