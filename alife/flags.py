"""The configuration as command-line flags: `--life.steps 40` for every key, in front of a YAML file and the defaults.

A room of its own because several commands take the same flags.
"""

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

import yaml

from alife import config as configuration
from alife import nested
from alife.config import RunConfig
from alife.errors import UserError

TEXTS: Final = {key for key, _, _, kind in configuration.leaves() if str in (kind, *get_args(kind))}
"""Keys that hold text, so that what looks like a number or a date is none."""


class Parser(argparse.ArgumentParser):
    """Answers a bad call with one line and exit code 2."""

    def __init__(self, **options: Any):
        options |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and leave."""
        print(f"{self.prog}: error: {message}; '{self.prog} --help' shows what is allowed", file=sys.stderr)
        raise SystemExit(2)


def add(parser: argparse.ArgumentParser, only: tuple[str, ...] = ()) -> None:
    """Add `--config` and a flag for every key of the configuration, or for those that start with one of `only`."""
    if not only:
        parser.add_argument("--config", metavar="FILE", help="YAML file with any of the keys below")
    group = parser.add_argument_group("configuration keys")
    for key, default, meaning, kind in configuration.leaves():
        if only and not key.startswith(only):
            continue
        words = "|".join(configuration.choices(kind))
        shown = "null" if default is None else " ".join(default) or "[]" if isinstance(default, tuple) else default
        text = f"{meaning} " if meaning else ""
        group.add_argument(
            f"--{key}",
            dest=f"key:{key}",
            metavar=words or "VALUE",
            default=argparse.SUPPRESS,
            help=f"{text}(default {shown})".replace("%", "%%"),
        )


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The keys given as flags, as a nested mapping; values are read as YAML, so [a, b] is a list and null is null.

    What YAML cannot read, and what is no text where text belongs, stays as it was typed.
    """
    flat = {}
    for name, text in vars(arguments).items():
        if not name.startswith("key:"):
            continue
        key = name.removeprefix("key:")
        try:
            value = yaml.safe_load(text)
        except nested.NOT_YAML:
            value = text
        flat[key] = value if value is None or isinstance(value, str) or key not in TEXTS else text
    return nested.nest(flat)


def read(arguments: argparse.Namespace) -> RunConfig:
    """The configuration: defaults, below `--config FILE`, below flags.

    Raises:
        UserError: One line that names the key, the value and what is allowed.
    """
    data: dict[str, Any] = {}
    if arguments.config:
        data = load_file(arguments.config)
        configuration.parse_config(data, arguments.config)
    return configuration.parse_config(nested.merge(data, overrides(arguments)), "command line")


def load_file(path: str) -> dict[str, Any]:
    """A YAML file as a nested mapping.

    Raises:
        UserError: It cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"--config {path}: {reason}") from None
    return nested.load_yaml(text, path)


def explain_unknown(unknown: list[str], known: list[str]) -> str:
    """What to say of arguments that no command takes."""
    flag = unknown[0].split("=")[0]
    near = difflib.get_close_matches(flag, known, 1, 0.6)
    return f"unknown argument {flag}" + (f": did you mean {near[0]}?" if near else "")
