"""`alife watch`: a run in the terminal, as it lives."""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from alife.cli import paths
from alife.cli.common import Command
from alife.cli.look import of_run, table
from alife.errors import UserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from analysis.live.told import Told

BARS: Final = "▁▂▃▄▅▆▇█"
SECONDS: Final = 1.0
"""Between two looks, at least."""
SHARE: Final = 0.004
"""Of one core, for all looks."""
LOG: Final = 4


def add(command: Command) -> None:
    """Add it to the parser."""
    watch = command(
        "watch",
        _watch,
        "Watch a run in the terminal while it lives: how far, how well, time left, what happened. Nothing is written.",
        "  alife watch runs/first\n  alife watch runs/first --once      how it stands now, as text",
    )
    watch.add_argument("run", metavar="RUN", type=paths.folder, help="its folder: a path or an fsspec URI")
    watch.add_argument("--once", action="store_true", help="print it once, and end")


def _watch(arguments: argparse.Namespace) -> None:
    from rich.console import Console

    from analysis.live.told import Told

    console, told = Console(highlight=False), Told(arguments.run)
    if arguments.once or not console.is_terminal:
        print("\n".join(_lines(*_look(arguments.run, told), width=console.width)))
        return
    _follow(arguments.run, told, console)


def _follow(uri: str, told: "Told", console: Any) -> None:
    """Until the run has ended, or Ctrl-C: that ends the watching, and no run."""
    from rich.live import Live

    shown = _look(uri, told)
    try:
        with Live(_page(shown, console.width), console=console, auto_refresh=False) as live:
            while shown[0]["status"] in ("running", "abandoned", "interrupted", "failed"):
                began = time.process_time()
                try:
                    shown = _look(uri, told)
                except UserError as error:  # its folder is gone, or being made again
                    shown[0]["status"] = f"cannot be read: {error}"
                    live.update(_page(shown, console.width), refresh=True)
                    raise
                live.update(_page(shown, console.width), refresh=True)
                time.sleep(max(SECONDS, (time.process_time() - began) / SHARE))
    except KeyboardInterrupt:
        return


def _look(uri: str, told: "Told") -> tuple[dict[str, Any], dict[str, Any]]:
    """How it stands, and what it has told."""
    from populations.overview.run import run_status

    return asdict(run_status(uri)), told.look()


def _page(shown: tuple[dict[str, Any], dict[str, Any]], width: int) -> "RenderableType":
    from rich.text import Text

    return Text("\n".join(_lines(*shown, width=width)), no_wrap=True, overflow="ellipsis")


def _lines(known: Mapping[str, Any], told: Mapping[str, Any], width: int) -> list[str]:
    """All that is shown: a bar, traits by generation, how it stands, and what happened."""
    now = told["now"] if known["status"] == "running" else None
    done = max(known["done"], int(now["generation"]) + 1 if now and now["generation"] is not None else 0)
    share = done / known["of"] if known["of"] else 0.0
    room = max(10, min(width, 100) - 40)
    full = round(share * room)
    lines = [f"{'█' * full}{'░' * (room - full)} {done:,} of {known['of']:,} generations", ""]
    lines += [*table([row for row in _traits(told["generations"], room) if row]), ""]
    rows = [row for row in of_run(known) if row[1]]
    if now:
        rows[2:2] = [("generation", f"{now['generation']:,}: {_told(now)}")]
    lines += table(rows)
    if told["log"]:
        lines += ["", *(f"{_clock(each['time'])}  {each['what']}" for each in told["log"][-LOG:])]
    return lines


def _told(now: Mapping[str, Any]) -> str:
    words = [f"{now['individuals_per_second']:.1f} individuals/s"] if now["individuals_per_second"] else []
    words += [f"{now['hosts']} workers"] if now["hosts"] else []
    return ", ".join([*words, f"{now['dead']} of {now['individuals']} died early"])


def _traits(generations: Sequence[Mapping[str, Any]], room: int) -> list[tuple[str, ...]]:
    """A row for each trait that was told: its name, its course and its last median."""
    from alife.traits import MAIN, TRAITS, measured

    rows = []
    for name in MAIN:
        values = [each[name] for each in generations if each[name] is not None]
        if values:
            course = [float(each) for each in measured(name, values)]
            rows.append((TRAITS[name].label, f"{values[-1]:.4g}", bars(course, room)))
    return [("", "median", "up is better"), *rows] if rows else []


def bars(values: Sequence[float], room: int) -> str:
    """The last values as small bars, from the least to the greatest of them."""
    last = [each for each in values[-room:] if each == each]
    low, high = min(last, default=0.0), max(last, default=0.0)
    return "".join(BARS[round((each - low) / (high - low) * 7) if high > low else 3] for each in last)


def _clock(moment: float | None) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment)) if moment else ""
