"""Where a configuration comes from: `load_config` takes whatever a user gives; `read_text` is the text of a file, of a
pipe or of standard input.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from alife.configuration.keys import RunConfig, parse_config
from alife.configuration.parsing import LARGEST, load_yaml
from alife.errors import UserError

Given = RunConfig | Mapping[str, Any] | str | os.PathLike[str]
"""What a user may give as a configuration."""

STANDARD: Final = "-"
"""The path that is standard input, or output."""
TOY: Final = Path(__file__).parents[1] / "toy.yaml"
"""The configuration of a run of seconds, on data that need no download."""


def load_config(config: Given) -> RunConfig:
    """A configuration of whatever says one.

    Args:
        config: A configuration; its keys, nested or dotted; or a YAML file of them.

    Raises:
        UserError: A file that cannot be read, or as `parse_config`.
    """
    if isinstance(config, RunConfig):
        return config
    if isinstance(config, Mapping):
        return parse_config(config)
    path = os.fspath(config)
    return parse_config(load_yaml(read_text(path, LARGEST, ""), path), path)


def read_text(path: str, largest: int, flag: str = "--config") -> str:
    """The text of a file, a pipe, or of standard input for `-`.

    Args:
        path: Where.
        largest: Bytes at most, so that what never ends is refused.
        flag: What to name in an error.

    Raises:
        UserError: It cannot be read, is too large, or is not UTF-8; or it is standard input, and nothing came.
    """
    source = f"{flag} {path}".strip()
    try:
        if path == STANDARD:
            data = sys.stdin.buffer.read(largest + 1) if sys.stdin else b""
            if not data.strip():
                raise UserError(f"{source}: nothing came: has what writes into the pipe failed?")
        else:
            with open(os.path.expanduser(path), "rb") as file:
                data = file.read(largest + 1)
        if len(data) <= largest:
            return data.decode()
    except IsADirectoryError:
        inside = Path(path).expanduser() / "config.yaml"
        meant = f"did you mean {inside}?" if inside.is_file() else "name a file"
        raise UserError(f"{source}: is a folder: {meant}") from None
    except UnicodeDecodeError:
        raise UserError(f"{source}: not UTF-8 text: save it as such") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{source}: {getattr(error, 'strerror', None) or error}: name one that can be read") from None
    raise UserError(f"{source}: more than {largest:,} bytes, too large to be a configuration: name another file")
