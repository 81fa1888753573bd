"""The configuration as command-line flags: `--life.steps 40` for every key, above a YAML file and the defaults."""

import argparse
import difflib
import json
import re
import sys
from typing import Any, Final, NoReturn, get_args, get_origin

from alife.cli import paths
from alife.configuration import keys as configuration
from alife.configuration import parsing, problems, sources
from alife.configuration.keys import RunConfig
from alife.errors import UserError

TEXTS: Final = {
    key for key, _, _, kind in configuration.leaves() if str in (kind, *get_args(kind)) and get_origin(kind) is not dict
}
"""Keys that hold text, so that what looks like a number or a date is none."""

_NEGATIVE = re.compile(r"-\.?(?:\d|inf|nan)", re.IGNORECASE)
"""What begins so is a value, -1e-3 and -.5 too, and no flag."""


class Parser(argparse.ArgumentParser):
    """Answers a bad call with one line and exit code 2."""

    def __init__(self, **options: Any):
        options |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(**options, add_help=False)
        self.help = self.add_argument("-h", "--help", action=_Help, nargs=0, help="say what is taken, with examples")
        self._negative_number_matcher = _NEGATIVE

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and leave."""
        print(f"{self.prog}: error: {message}; '{self.prog} --help' shows what is allowed", file=sys.stderr)
        raise SystemExit(2)


class _Help(argparse.Action):
    """Prints the help of a command, or what one key of the configuration means."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        if not values:
            parser.print_help()
        else:
            keys = {
                f"--{key}": key for key, *_ in configuration.leaves() if f"--{key}" in parser._option_string_actions
            }
            if f"--{values}" not in keys:
                parser.error(f"--help {values}: no such key{_nearest(f'--{values}', list(keys))}")
            print(explained(values))
        parser.exit()


def explained(key: str) -> str:
    """What a key of the configuration means, what it may be, and what can be named there."""
    from alife.cli.listing import KINDS, lines, parameters

    default, meaning, kind = next(rest for name, *rest in configuration.leaves() if name == key)
    words = ", ".join(configuration.choices(kind))
    said = [f"{key}: {meaning}", f"default: {json.dumps(default)}", *([f"one of: {words}"] if words else [])]
    for name, each in KINDS.items():
        said += lines(name) if each.key == key else parameters(name) if each.parameters == key else []
    return "\n".join(said)


def add(parser: argparse.ArgumentParser, only: tuple[str, ...] = (), inherited: str = "") -> None:
    """Add `--config` and a flag for every key of the configuration, or for those that start with one of `only`.

    Args:
        parser: To which.
        only: Starts of dotted keys.
        inherited: Whose values hold where a flag is not given, "the run's", if not the defaults.
    """
    if not only:
        parser.add_argument(
            "--config",
            metavar="FILE",
            type=paths.given,
            help="YAML file with any of the keys below, nested or dotted; - is standard input",
        )
    if isinstance(parser, Parser):
        parser.help.nargs, parser.help.metavar = "?", "KEY"
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
            type=_value,
            default=argparse.SUPPRESS,
            help=f"{text}(default {inherited or shown})".replace("%", "%%"),
        )


def _value(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("an empty value: is a variable unset? 'null' says that there is none")
    return text


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
            value = parsing.load_value(text)
        except parsing.NOT_YAML:
            value = text
        if key == "ray.address" and value is None:
            value = "local"  # what RAY_ADDRESS says is overridden, too
        flat[key] = value if value is None or isinstance(value, str) or key not in TEXTS else text
    return parsing.nest(flat)


def read(arguments: argparse.Namespace) -> RunConfig:
    """The configuration: defaults, below `--config FILE`, below flags.

    Raises:
        UserError: One line that names each wrong key, its value and what is allowed.
    """
    data, given = given_keys(arguments)
    source = "command line" if given or not arguments.config else named(arguments.config)
    return configuration.parse_config(parsing.merge(data, given), source)


def given_keys(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `--config FILE` and what the flags say, as nested mappings; each key has been looked at by itself.

    Raises:
        UserError: One line that names each wrong key of both.
    """
    data = load_file(arguments.config) if arguments.config else {}
    given = overrides(arguments)
    file = named(arguments.config) if arguments.config else ""
    wrong = [*configuration.wrong_keys(data, file), *configuration.wrong_keys(given, "command line")]
    if wrong:
        raise UserError(problems.joined(wrong))
    return parsing.nest(parsing.flatten(data, file)), given


def named(path: str) -> str:
    """What to call a file in an error."""
    return "standard input" if path == paths.STANDARD else path


def load_file(path: str) -> dict[str, Any]:
    """A YAML file as a nested mapping; `-` is standard input.

    Raises:
        UserError: It cannot be read.
    """
    return parsing.load_yaml(sources.read_text(path, parsing.LARGEST), named(path))


def explain_unknown(unknown: list[str], known: list[str]) -> str:
    """What to say of arguments that no command takes."""
    flags = [argument.split("=")[0] for argument in unknown if argument.startswith("-")] or unknown[:1]
    return problems.joined(f"unknown argument {flag}{_nearest(flag, known)}" for flag in dict.fromkeys(flags))


def _nearest(flag: str, known: list[str]) -> str:
    near = difflib.get_close_matches(flag, known, 1, 0.6)
    return f": did you mean {near[0]}?" if near else ""
