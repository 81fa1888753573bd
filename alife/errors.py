"""The one exception that a user is meant to read, and text that is safe to print.

Raise `UserError` for what the user can mend: one line that says how; `damaged` makes one of a file on record. `plain`
makes foreign text fit to print.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"


def plain(text: object, keep: str = "") -> str:
    """A text without what steers a terminal: control characters, overrides and half characters are shown as escapes.

    Args:
        text: What somebody else may have written: a stored reason, a name, a path.
        keep: Characters that stay as they are.
    """
    kept = _JOINERS + keep
    words = str(text)
    if words.isprintable():
        return words
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN and char not in kept else char
        for char in words
    )


class UserError(Exception):
    """Something the user can mend. Its text is one line: what is wrong, and what to do.

    The command prints that line and exits with code 2; anything else that escapes is a fault of the program.

    Example:
        >>> import alife
        >>> alife.parse_config({"life": {"step": 20}})
        Traceback (most recent call last):
        alife.errors.UserError: configuration: life.step: unknown key: did you mean life.steps?
    """

    def __str__(self) -> str:
        return plain(super().__str__())


def damaged(source: str, what: str) -> UserError:
    """What to say of a file that is not as it was written: `what` is wrong with it, and a copy is what helps."""
    return UserError(f"{source}: damaged: {what}: restore it from a copy")


@contextmanager
def written(file: object) -> Iterator[None]:
    """Say in a line that a file cannot be written, where an OSError comes of writing it.

    Raises:
        UserError: In place of the OSError.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}: name another file") from None


class BadArgument(UserError):
    """An argument of a function will not do. Python is told its name, and whoever uses the command its flag.

    Args:
        name: Of the argument.
        said: What follows it: its value if it is to be shown, what is wrong, and what to do.
    """

    def __init__(self, name: str, said: str) -> None:
        super().__init__(name, said)
        self.name, self.said = name, said

    def __str__(self) -> str:
        return plain(f"{self.name}{self.said}")


class Unfit(UserError):
    """This machine will not do for what it was asked; another machine of the same cluster may."""
