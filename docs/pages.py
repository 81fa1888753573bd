"""Pages that are made from the program itself, so that they cannot say anything else than it does."""

import argparse
import ast
import inspect
import re
import runpy
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin

from alife import figures
from alife.cli import main
from alife.configuration.keys import RunConfig, choices, leaves
from analysis.figures import saving
from populations.observe import events

ROOT = Path(__file__).parents[1]
COMMON = {"--help", "--quiet", "--verbose"}
"""Flags of every command."""


def write(folder: Path) -> None:
    """Write them below `folder`, only where they have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"keys.md": _keys(), "commands.md": _commands(), "rooms.md": _rooms(), "events.md": _events()}
    made["figures.md"] = _figures()
    for name, text in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def draw_gallery(folder: Path) -> None:
    """Run each script of a folder, save what it has drawn in folder/generated, and write the page that shows them."""
    made = folder / "generated"
    made.mkdir(exist_ok=True)
    sys.path.insert(0, str(folder))  # for small.py
    lines: list[str] = []
    for script in sorted(folder.glob("*.py")):
        if script.stem != "small":
            done = runpy.run_path(str(script))
            saving.save(done.get("figure") or done["ax"], made, script.stem, ("png",), 110)
            name, _, text = (done["__doc__"] or "").partition("\n\n")
            lines += [f"## {name}", "", text.strip(), "", f"![{name}]({script.stem}.png)", ""]
            lines += ["```python", script.read_text(encoding="utf-8").split('"""')[2].strip(), "```", ""]
    (made / "page.md").write_text("\n".join(lines), encoding="utf-8")


def _keys() -> str:
    """Every configuration key: default, meaning, what is allowed; a table a section."""
    lines: list[str] = []
    section = None
    for key, default, meaning, kind in leaves():
        head = key.partition(".")[0] if "." in key else ""
        if head != section:
            section = head
            title = f"`{head}`" if head else "The run"
            lines += ["", f"## {title}", "", _summary(head), "", "| key | default | meaning |", "|---|---|---|"]
        words = ", ".join(f"`{word}`" for word in choices(kind))
        lines.append(f"| `{key}` | `{_shown(default)}` | {': '.join(part for part in (meaning, words) if part)} |")
    return "\n".join(lines).lstrip() + "\n"


def _summary(section: str) -> str:
    field = RunConfig.model_fields.get(section)
    return (field.annotation.__doc__ or "") if field and field.annotation else ""


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return f"[{', '.join(map(str, default))}]"
    return "null" if default is None else str(default)


def _rooms() -> str:
    """Every folder of the three packages, with the docstring of its `__init__.py`, which is its index."""
    lines: list[str] = []
    for package in ("alife", "populations", "analysis"):
        for file in sorted((ROOT / package).rglob("__init__.py")):
            text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            if text:
                lines += [f"### `{file.parent.relative_to(ROOT)}/`", "", "```text", text, "```", ""]
    return "\n".join(lines)


def _figures() -> str:
    """Every figure's signature and docstring, as Sphinx reads them."""
    names = [f".. autofunction:: alife.figures.{name}" for name in figures.__all__]
    return "\n".join(["```{eval-rst}", *names, "```", ""])


_TELLERS = {
    events.RUN: "A run",
    events.SWEEP: "A sweep",
    events.PAPER: "The seed paper",
    events.ASSAY: "An assay",
}


def _events() -> str:
    """Every event that listeners hear of: its class, when it is told, its fields with type and meaning."""
    lines: list[str] = []
    for teller, title in _TELLERS.items():
        lines += [f"## {title}", ""]
        for kind, event in events.KINDS.items():
            if event.told_by == teller:
                summary, meanings = _documented(event)
                lines += [f"### `{kind}`", "", f"`events.{event.__name__}`: {_plain(summary)}", ""]
                assert is_dataclass(event)
                rows = [(f"`{field.name}`", _type(field.type), _plain(meanings[field.name])) for field in fields(event)]
                lines += [
                    "| field | type | meaning |",
                    "|---|---|---|",
                    *(f"| {' | '.join(row)} |" for row in rows),
                    "",
                ]
    return "\n".join(lines)


def _documented(kind: type) -> tuple[str, dict[str, str]]:
    """What a class is, and its attributes, by its docstring."""
    summary, _, attributes = (inspect.getdoc(kind) or "").partition("\n\nAttributes:\n")
    meanings = re.findall(r"^    (\w+): (.+(?:\n     .+)*)", attributes, re.MULTILINE)
    return " ".join(summary.split()), {name: " ".join(meaning.split()) for name, meaning in meanings}


def _type(annotation: object) -> str:
    """As JSON has it: `float | None` is "number or null"."""
    words = {"int": "integer", "float": "number", "str": "text", "None": "null", "NoneType": "null"}
    if arguments := get_args(annotation):
        origin = get_origin(annotation)
        if origin is UnionType:
            return " or ".join(map(_type, arguments))
        inner = [_type(argument) for argument in arguments]
        return f"{{{inner[0]}: {inner[1]}}}" if origin is Mapping else f"[{', '.join(inner)}]"
    return words[getattr(annotation, "__name__", str(annotation))]


def _commands() -> str:
    """Every command of the parser: what it does, examples, its arguments; keys of the configuration by name alone.

    Flags that all commands have are the page's own to tell.
    """
    (commands,) = (a for a in main._parser()._actions if isinstance(a, argparse._SubParsersAction))
    lines: list[str] = []
    for name, parser in commands.choices.items():
        summary, _, examples = (parser.description or "").partition("\n\n")
        lines += [f"## `alife {name}`", "", _plain(summary), ""]
        if examples.strip():
            lines += ["```text", textwrap.dedent(examples.strip("\n")), "```", ""]
        actions = [a for a in parser._actions if a.help is not argparse.SUPPRESS and not COMMON & {*a.option_strings}]
        keys = [a.option_strings[0] for a in actions if _is_key(a)]
        own = [a for a in actions if not _is_key(a)]
        if own:
            lines += ["| argument | meaning |", "|---|---|", *(_argument(parser, a) for a in own), ""]
        if keys:
            named = "each of them" if "--seed" in keys and len(keys) > 30 else ", ".join(f"`{key}`" for key in keys)
            lines += [f"[Keys of the configuration](configuration.md) as flags: {named}.", ""]
    return "\n".join(lines)


def _is_key(action: argparse.Action) -> bool:
    """Whether an argument is a key of the configuration under its own name."""
    return action.dest.startswith("key:") and action.option_strings == [f"--{action.dest.removeprefix('key:')}"]


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """A row of a table: how it is written, and what it means."""
    formatter = parser._get_formatter()
    words = "" if action.nargs == 0 else formatter._format_args(action, action.dest.upper())
    written = " ".join([", ".join(action.option_strings), words]).strip().replace("|", "\\|")
    return f"| `{written}` | {_plain(formatter._expand_help(action))} |"


def _plain(text: str) -> str:
    """As Markdown shows it: no character of it is markup."""
    return re.sub(r"([|*<>\[\]])", r"\\\1", text)
