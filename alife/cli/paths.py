"""Paths that a user gives: `-` is standard input or output, `~` a home, and an empty one is an unset variable."""

import argparse
import os

from alife.configuration.sources import STANDARD


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
