"""How much a command says on standard error: `--quiet`, `--verbose`, and the handler of what this project logs.

`say` is for what a user is to know though he did not ask; warnings and errors go to a module's own logger.
"""

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alife.errors import UserError

NOTICE: Final = 25
"""Level of `say`: above what is only said with -v, below warnings."""

PACKAGES: Final = ("alife", "populations", "analysis")
"""Whose loggers are this project's."""

_LEVELS: Final = (NOTICE, logging.INFO, logging.DEBUG)
"""By how many -v are given."""

_log = logging.getLogger(__name__)


def add(parser: argparse.ArgumentParser, where: str) -> None:
    """Add the flags to the parser of `alife` ("before" its commands) or to that of a command ("after")."""
    parser.add_argument(
        "-q",
        "--quiet",
        dest=f"quiet_{where}",
        action="store_true",
        help="say nothing but errors, and what was asked to be printed",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        dest=f"verbose_{where}",
        action="count",
        default=0,
        help="say what is done, too; -vv: in detail",
    )


def level(arguments: argparse.Namespace) -> int:
    """The least level that is said; flags may stand before a command and after it.

    Raises:
        UserError: Both are given.
    """
    given = vars(arguments)
    quiet = any(given.get(f"quiet_{where}") for where in ("before", "after"))
    verbose = sum(given.get(f"verbose_{where}", 0) for where in ("before", "after"))
    if quiet and verbose:
        raise UserError("--quiet, --verbose: choose one of them")
    return logging.ERROR if quiet else _LEVELS[min(verbose, len(_LEVELS) - 1)]


def is_quiet() -> bool:
    """Whether the command that runs is to be quiet."""
    return not _log.isEnabledFor(NOTICE)


def say(text: str) -> None:
    """Say something on standard error, unless the command is to be quiet."""
    _log.log(NOTICE, text)


class _Format(logging.Formatter):
    """The text alone; what only -v brings up, with the time and who says it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if record.levelno >= NOTICE else f"{self.formatTime(record, '%H:%M:%S')} {record.name}: {text}"


class _Handler(logging.Handler):
    """Writes to what standard error is at the moment: a live progress bar takes its place, and keeps lines above it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:
            self.handleError(record)


@contextmanager
def spoken(least: int) -> Iterator[None]:
    """This project's loggers say all from a level on, on standard error; those of others say errors."""
    handler = _Handler()
    handler.setFormatter(_Format())
    own = [logging.getLogger(name) for name in PACKAGES]
    before, last = [(logger, logger.level) for logger in own], logging.lastResort
    others = _Handler(logging.DEBUG if least <= logging.DEBUG else logging.ERROR)
    others.setFormatter(_Format())
    logging.lastResort = others
    for logger in own:
        logger.setLevel(least)
        logger.addHandler(handler)
    try:
        yield
    finally:
        logging.lastResort = last
        for logger, former in before:
            logger.setLevel(former)
            logger.removeHandler(handler)
