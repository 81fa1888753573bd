"""The text of a configuration or a sweep, from a file, a pipe or standard input: `read_text`."""

import os
import sys
from pathlib import Path
from typing import Final

from alife.errors import UserError

STANDARD: Final = "-"
"""The path that is standard input, or output."""


def read_text(path: str, largest: int, flag: str = "--config") -> str:
    """The text of a file, a pipe, or of standard input for `-`.

    Args:
        path: Where.
        largest: Bytes at most, so that what never ends is refused.
        flag: What to name in an error.

    Raises:
        UserError: It cannot be read, is too large, or is not UTF-8.
    """
    source = f"{flag} {path}"
    try:
        if path == STANDARD:
            data = sys.stdin.buffer.read(largest + 1) if sys.stdin else b""
        else:
            with open(os.path.expanduser(path), "rb") as file:
                data = file.read(largest + 1)
        if len(data) <= largest:
            return data.decode()
    except IsADirectoryError:
        inside = Path(path).expanduser() / "config.yaml"
        raise UserError(f"{source}: is a folder" + (f": did you mean {inside}?" if inside.is_file() else "")) from None
    except UnicodeDecodeError:
        raise UserError(f"{source}: not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{source}: {getattr(error, 'strerror', None) or error}") from None
    raise UserError(f"{source}: more than {largest:,} bytes: too large to be a configuration")
