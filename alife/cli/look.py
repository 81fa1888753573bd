"""`alife ls`, `status`: what lies in a folder, and how it stands, without disturbing it."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from alife.cli import paths
from alife.cli.common import Command
from alife.errors import plain
from alife.words import briefly, count, duration, hours

COLUMNS: Final = ("name", "kind", "status", "generations", "births", "islands", "last commit", "scheme")
STATUSES: Final = ("running", "interrupted", "finished", "extinct", "failed", "abandoned", "damaged")


def add(command: Command) -> None:
    """Add them to the parser."""
    ls = command(
        "ls",
        _ls,
        "List the runs, sweeps and folders of 'alife paper' at or below a folder, a line each.",
        "  alife ls runs\n"
        "  alife ls runs --status running --status abandoned    says running; nobody writes an abandoned one any more\n"
        "  alife ls s3://bucket/study --json                    a line of JSON each",
    )
    ls.add_argument(
        "folder", metavar="DIR", nargs="?", default=".", type=paths.folder, help="a path or an fsspec URI (default .)"
    )
    ls.add_argument("--status", action="append", choices=STATUSES, help="only these; may be given again")
    ls.add_argument("--json", action="store_true", help="a line of JSON each, with null where nothing is known")

    status = command(
        "status",
        _status,
        "Say how a run or a sweep stands: progress, time left, what was lost and spent. Nothing is written.",
        "  alife status runs/a\n  alife status sweeps/a --json",
    )
    status.add_argument(
        "path", metavar="RUN|SWEEP", type=paths.folder, help="the folder of either: a path or an fsspec URI"
    )
    status.add_argument("--json", action="store_true", help="one JSON object")


def _ls(arguments: argparse.Namespace) -> None:
    from populations.overview.finding import entries

    found = [each for each in entries(arguments.folder) if not arguments.status or each.status in arguments.status]
    if arguments.json:
        for each in found:
            print(json.dumps(asdict(each)))
        return
    for line in table([COLUMNS, *map(_row, found)] if found else []):
        print(line)


def _row(entry: Any) -> tuple[str, ...]:
    of = "" if entry.of is None else f"/{entry.of:,}"
    unit = {"run": "", "sweep": " runs", "paper": " parts"}[entry.kind]
    return (
        entry.name,
        entry.kind,
        entry.status,
        "" if entry.status == "damaged" else f"{entry.done:,}{of}{unit}",
        "" if entry.births is None else f"{entry.births:,}",
        "" if entry.islands is None else f"{entry.islands:,} × {entry.size:,}",
        "" if entry.age is None else f"{ago(entry.age)} ago",
        entry.problem or entry.scheme,
    )


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns; the last is as long as it is."""
    shown = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]


def ago(seconds: float) -> str:
    """How long, in its largest unit."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return count(round(seconds / length), unit)
    return count(round(seconds), "second")


def _status(arguments: argparse.Namespace) -> None:
    from populations.overview.run import run_status
    from populations.overview.sweep import is_sweep, sweep_status

    sweep = is_sweep(arguments.path)
    known = asdict(sweep_status(arguments.path) if sweep else run_status(arguments.path))
    if arguments.json:
        print(json.dumps({"kind": "sweep" if sweep else "run", **known}))
        return
    facts = _of_sweep(known) if sweep else of_run(known)
    for line in table([row for row in facts if row[1]]):
        print(line)


def of_run(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What there is to say of a run, of `populations.overview.run.RunStatus` as a mapping; some of it may be empty."""
    lost = [f"{n} × {why}" for why, n in known["reasons"].items()]
    status = known["status"] + (f", stopped by {known['stopped']}" if known["stopped"] else "")
    if known["status"] == "abandoned":
        status += f": says that it is running, but nobody writes it any more ({known['gone']})"
    age = "" if known["age"] is None else f"{ago(known['age'])} ago"
    return [
        ("run", known["path"]),
        ("status", status),
        ("generations", f"{known['done']:,} of {known['of']:,} ({known['done'] / known['of']:.0%})"),
        ("births", f"{known['births']:,}"),
        ("last commit", f"{known['updated']}, {age}".rstrip(", ")),
        ("a generation", "" if known["generation_seconds"] is None else briefly(known["generation_seconds"])),
        ("left", _left(known)),
        ("workers lost", f"{known['lost']}, {known['seconds_lost']:.1f} s: {', '.join(lost)}" if lost else "none"),
        ("last start", f"{known['started']} on {known['host']}: {known['command']}" if known["started"] else ""),
        ("spent", _spent(known)),
    ]


def _of_sweep(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    states = ", ".join(f"{n:,} {status}" for status, n in known["statuses"].items() if n)
    assays = f"{known['assayed']:,} of {known['assays']:,} done" if known["assays"] else ""
    rows = [
        ("sweep", known["path"]),
        ("status", known["status"]),
        ("runs", f"{known['done']:,} of {known['runs']:,} done: {states}"),
        ("assays", assays),
        ("left", _left(known)),
        ("spent", _spent(known)),
    ]
    rows += [(f"running: {name}", f"{done:,} of {of:,}") for name, (done, of) in known["running"].items()]
    return rows + [(f"failed: {name}", why) for name, why in known["failed"].items()]


def _left(known: Mapping[str, Any]) -> str:
    seconds = known["seconds_left"]
    if seconds is None:
        return ""
    return f"about {duration(seconds)}" + ("" if known["status"] == "running" else ", once it goes on")


def _spent(known: Mapping[str, Any]) -> str:
    gpus = f", {hours(known['gpu_seconds'], 'GPU')}" if known["gpu_seconds"] else ""
    return f"{hours(known['core_seconds'])}{gpus}" if known["core_seconds"] else ""
