"""Paths that a user gives: `-` is standard input or output, `~` a home, and an empty one is an unset variable."""

import argparse
import os
import sys
from pathlib import Path

from alife.errors import UserError

STANDARD = "-"


def given(text: str) -> str:
    """A path or URI of the command line, a leading `~` expanded; for `type=` of an argument.

    Raises:
        argparse.ArgumentTypeError: It is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("an empty path: is a variable unset?")
    return os.path.expanduser(text)


def folder(text: str) -> str:
    """As `given`, of a folder to make or to read.

    Raises:
        argparse.ArgumentTypeError: It is empty, or `-`.
    """
    if text == STANDARD:
        raise argparse.ArgumentTypeError("a folder is needed, which standard input and output are not; or say ./-")
    return given(text)


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
