"""What several commands share: flags, who listens to a run, and loading one."""

import argparse
import io
import logging
import os
import shlex
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol, TextIO

from alife.cli import paths
from alife.cli.logs import is_quiet, say
from alife.errors import UserError
from alife.words import count, duration

_log = logging.getLogger(__name__)

Run = Callable[[argparse.Namespace], int | None]
"""What a command does with its arguments; a number is the exit code."""


FORMATS: Final = ("png", "svg", "pdf")
"""What figures may be saved as; that matplotlib is not imported for the flags, they stand here too."""
DPI: Final = (20, 1200)
OUT_OF_TIME: Final = 75
"""The exit code of what --max-hours has stopped: EX_TEMPFAIL of sysexits.h, "try again"."""


class Command(Protocol):
    """Adds a command to the parser and returns its own, for arguments."""

    def __call__(self, name: str, do: Run, summary: str, examples: str) -> argparse.ArgumentParser:
        """`examples` are whole lines of a shell."""


def running(parser: argparse.ArgumentParser) -> None:
    """Add the flags of what makes births: where, who is told, whether to draw."""
    backend(parser)
    parser.add_argument(
        "--tensorboard", metavar="DIR", type=paths.folder, help="write the figures of each generation for TensorBoard"
    )
    limit(parser, "stop before the generation that would not be done within so many hours; 'alife resume' goes on")
    parser.add_argument("--no-figures", action="store_true", help="only evolve")
    drawing(parser, f"{FORMATS[0]}, and what lies there already")


def limit(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add the flag of what may stop in time."""
    parser.add_argument("--max-hours", metavar="H", type=_hours, help=meaning)


def drawing(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the flags of figures' files."""
    every = ",".join(FORMATS)
    parser.add_argument(
        "--format",
        metavar="F[,F…]",
        type=_formats,
        help=f"files of each figure: any of {every} (default {default})",
    )
    parser.add_argument("--dpi", metavar="N", type=_dpi, help="pixels an inch of a PNG (default 200)")


def _formats(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(text.lower().split(",")))
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise argparse.ArgumentTypeError(f"{unknown[0] or text!r}: not among {','.join(FORMATS)}")
    return chosen


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: a positive number of hours")
    return value


def _dpi(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not DPI[0] <= value <= DPI[1]:
        raise argparse.ArgumentTypeError(f"{text}: from {DPI[0]} to {DPI[1]} pixels an inch")
    return value


def backend(parser: argparse.ArgumentParser, auto: bool = True) -> None:
    """Add the flags of what takes long: where it happens, by default where it is faster or on Ray; and who is told."""
    parser.set_defaults(printed=False)
    faster, default = (", or where it is faster", "auto") if auto else ("", "ray")
    parser.add_argument(
        "--backend",
        choices=["auto", "ray", "local"] if auto else ["ray", "local"],
        default=default,
        help=f"where to compute: on Ray, in this process{faster} (default {default})",
    )
    telling(parser)


def telling(parser: argparse.ArgumentParser) -> None:
    """Add the flag of what tells events."""
    parser.add_argument(
        "--log-json", metavar="FILE", type=paths.given, help="write every event as a JSON line; - is standard output"
    )


def output(arguments: argparse.Namespace) -> TextIO:
    """Where to print of results that lie in a folder: standard output, unless events go there; nowhere with --quiet."""
    if is_quiet():
        return io.StringIO()
    return sys.stderr if getattr(arguments, "log_json", None) == paths.STANDARD else sys.stdout


@contextmanager
def listeners(arguments: argparse.Namespace, terminal: Any) -> Iterator[list[Any]]:
    """The terminal, if it is to say something, and those of --log-json and --tensorboard; all are closed in the end."""
    from populations.observe.gauges import TensorBoard
    from populations.observe.jsonl import JsonLines
    from populations.observe.listeners import close

    for name in vars(arguments):
        if arguments.backend == "local" and name.startswith("key:ray.") and name != "key:ray.allow_mixed":
            _log.warning("warning: --%s: changes nothing with --backend local", name.removeprefix("key:"))
    with ExitStack() as stack:
        stack.callback(close, terminal)
        sinks: list[Any] = [] if is_quiet() else [terminal]
        if arguments.log_json == paths.STANDARD:
            sinks.append(JsonLines(sys.stdout))
        elif arguments.log_json:
            try:
                log = stack.enter_context(open(arguments.log_json, "a", encoding="utf-8"))
            except OSError as error:
                raise UserError(f"--log-json {arguments.log_json}: {error.strerror}: name another file") from None
            sinks.append(JsonLines(log))
        if folder := getattr(arguments, "tensorboard", None):
            sinks.append(TensorBoard(folder))
            stack.callback(close, sinks[-1])
        yield sinks


@contextmanager
def unattended() -> Iterator[None]:
    """What a command's libraries may do: draw to files alone, whatever MPLBACKEND says, and not warn the user.

    Enter it before matplotlib is imported. Python's own flag -W, or PYTHONWARNINGS, shows warnings again.
    """
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        if backend is None:
            os.environ.pop("MPLBACKEND", None)
        else:
            os.environ["MPLBACKEND"] = backend


@contextmanager
def recorded(command: str, *arguments: str) -> Iterator[None]:
    """While figures are drawn of what is on record: whatever fails is one line that names the command to give."""
    try:
        yield
    except Exception as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        again = shlex.join(["alife", command, *arguments])
        _log.error("no figures: %s; all else is on record: '%s' draws them", " ".join(why.split()), again)


def figures(
    out: str,
    names: list[str] | None = None,
    folder: str | None = None,
    formats: Sequence[str] = FORMATS,
    dpi: float | None = None,
) -> None:
    """Draw figures of a run, by default all that the main job makes, into its own folder."""
    from analysis.figures import making

    missing = _log.error if names else _log.warning  # what was asked for, or what some runs do not have
    paths = making.make_of(out, names or None, folder, missing, formats, dpi)
    say(f"{count(len(paths), 'figure file')} in {paths[0].parent}" if paths else "no figures")


def stopped_by(names: Iterable[str | None]) -> int:
    """The exit code of what a signal stopped, 128 and its number; the first name of a signal counts, or SIGINT."""
    known = [name for name in names if name and name in signal.Signals.__members__]
    return 128 + signal.Signals[known[0] if known else "SIGINT"]


def out_of_time(seconds: float, goes_on: str) -> int:
    """Say that --max-hours has stopped what began so long ago, and what goes on with it; the exit code."""
    say(f"stopped after {duration(seconds)}; {goes_on}")
    return OUT_OF_TIME


def drawn(out: str) -> tuple[str, ...]:
    """Formats of the figures that a run has where `figures` puts them."""
    from analysis.figures.making import folder_of

    folder = folder_of(out)
    return tuple(kind for kind in FORMATS if any(folder.glob(f"*.{kind}")))


def load(uri: str) -> Any:
    """An `analysis.data.run.Run`."""
    from analysis import load_run

    return load_run(uri)


def write(path: str, text: str, mode: str = "w") -> None:
    """Write a file for the user, or print it for `-`; with mode "x" one that is there is left as it is.

    Raises:
        UserError: It cannot be written.
    """
    if path == paths.STANDARD:
        print(text, end="")
        return
    try:
        with open(path, mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: is there already, and is left as it is: name another file, or remove it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}: name another file") from None
