"""Standard input, output and error of the command: whether they are closed, full or left by their reader, it goes on.

What cannot be written is dropped and remembered; only a command whose very product is what it prints fails by it.
"""

import codecs
import errno
import io
import os
import select
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from alife.errors import UserError

STDOUT, STDERR = 1, 2
READER_GONE: Final = 141
"""Exit code of a command whose reader has gone, as of one that SIGPIPE ends: 128 + 13."""

SPELLED: Final = {
    "Σ": "sum ",
    "±": "+-",
    "×": "x",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "‖": "||",
    "²": "^2",
    "½": "1/2",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "←": "<-",
    "…": "...",
    "·": ".",
    "✓": "+",
    "″": '"',
    "“": '"',
    "”": '"',
    "’": "'",
}
"""How characters are written that the output's encoding lacks; letters become Latin ones if they can."""


class Lasting(io.FileIO):
    """A file descriptor that takes all that is written; what cannot be delivered is dropped.

    Attributes:
        failure: Why the first loss happened, None while there was none.
    """

    def __init__(self, descriptor: int, failure: OSError | None = None):
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None
        self._closed_before = failure

    def write(self, data: Any) -> int:
        """Write all of it, or as much as can be."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            if self._closed_before:
                raise self._closed_before
            while left and self.failure is None:
                written = super().write(left)
                if written is None:  # not blocking, and no room just now
                    select.select([], [self], [])
                left = left[written or 0 :]
        except OSError as error:
            self.failure = self.failure or error
        return size


class Output:
    """What became of standard output."""

    def __init__(self, raw: Lasting | None):
        self._raw = raw

    @property
    def failure(self) -> OSError | None:
        """Why something printed was lost."""
        sys.stdout.flush()
        return self._raw.failure if self._raw else None

    def code(self, code: int, printed: bool) -> int:
        """The exit code, which tells the truth.

        Args:
            code: The command's own.
            printed: What it was asked for is what it prints; else that lies in a folder.

        Returns:
            `READER_GONE`, without a word, where the reader of what was asked for has gone.

        Raises:
            UserError: What was asked for could not be written.
        """
        failure = self.failure
        if failure is None or code:
            return code
        if isinstance(failure, BrokenPipeError):
            return READER_GONE if printed else code
        words = f"standard output cannot be written: {failure.strerror}"
        if printed:
            raise UserError(words)
        print(f"alife: {words}", file=sys.stderr)
        return code


@contextmanager
def standard() -> Iterator[Output]:
    """Standard streams that last, while the block does; where they are not this process's own they stay as they are."""
    for number in range(3):
        _fill(number)
    before: Any = sys.stdin, sys.stdout, sys.stderr
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    raw = None
    if before[1] is sys.__stdout__:
        raw, sys.stdout = _lasting(STDOUT, before[1])
    if before[2] is sys.__stderr__:
        _, sys.stderr = _lasting(STDERR, before[2])
    try:
        yield Output(raw)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _fill(number: int) -> None:
    """Open a descriptor that is closed, so that no file of a run takes its place and gets what is printed."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _lasting(number: int, stream: TextIO | None) -> tuple[Lasting, TextIO]:
    """The stream that takes the place of one, None if that is closed."""
    raw = Lasting(number, OSError(errno.EBADF, "it is closed") if stream is None else None)
    encoding = stream.encoding if stream else "utf-8"
    terminal = raw.isatty()
    unbuffered = number == STDERR or terminal
    buffer: Any = raw if unbuffered else io.BufferedWriter(raw)
    options: Any = {"line_buffering": terminal, "write_through": unbuffered}
    return raw, io.TextIOWrapper(buffer, encoding=encoding, errors=ERRORS, **options)


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Error handler of codecs: what cannot be encoded is spelled out."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(SPELLED.get(character) or _letter(character) or _escape(character) for character in lost), error.end


def _letter(character: str) -> str:
    """The name of a Greek letter, the base of one with an accent, the digit of an index; "" of others."""
    name = unicodedata.name(character, "")
    if name.startswith("GREEK SMALL LETTER"):
        return name.split()[3].lower()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()


def _escape(character: str) -> str:
    """`\\xff` for a byte of a name that is no UTF-8, else as Python writes it."""
    byte = ord(character) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else character.encode("ascii", "backslashreplace").decode()


ERRORS: Final = "alife.spell"
codecs.register_error(ERRORS, _spell)
