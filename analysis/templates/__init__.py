"""What pages and terminals say, as jinja2 templates (*.j2): Python computes the numbers, templates hold the English.

`render(name, **data)` gives a whole document; `paragraphs(name, **data)` those of NAME.txt.j2 that are not empty, with
how they look. There a line that starts with % is a statement, a paragraph ends at an empty line, and lines within it
may be broken anywhere: a break is a blank, but none before , ; . and :. `{{ note }}` or `{{ statement }}` at its start
sets a paragraph's look. Data cannot do so: what a value has of line ends and control characters is shown as an escape.
In a NAME.html.j2 all values are escaped. `{{ score }}` is what the score of the task is called.

Filters: `number`, `words` (of an estimate), `effect` (of a row of a comparison), `whole` ("1,200"), `exact` (0.05, as a
setting is written), `bytes`, `count` ("3 runs"), `data` (of a manifest's
`task`), `trait` (what `alife.traits` knows of a name).
"""

import json
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
from jinja2.ext import Extension
from rich.filesize import decimal

from alife.errors import plain
from alife.format.manifest import told
from alife.traits import TRAITS, score
from alife.words import count, duration, hours
from analysis.numbers import number, words

NOTE: Final = "\x0enote\x0f"
STATEMENT: Final = "\x0estatement\x0f"


def render(name: str, /, **data: Any) -> str:
    """A template with data.

    Raises:
        jinja2.UndefinedError: It asks for what is not in the data.
    """
    return _environment().get_template(f"{name}.j2").render({"score": score(), **data})


def paragraphs(name: str, /, **data: Any) -> list[tuple[str, str]]:
    """(look, text) of each paragraph of NAME.txt.j2; the look is "note", "statement" or ""."""
    found = []
    for text in re.split(r"\n\s*\n", render(f"{name}.txt", **data)):
        look, _, rest = text.strip().rpartition("\x0f")
        if rest.strip():
            flat = re.sub(r" *\n *(?=[,;.:])", "", rest.strip())
            found.append((look.lstrip("\x0e"), re.sub(r" *\n *", " ", flat)))
    return found


def sentences(name: str, /, **data: Any) -> list[str]:
    """The texts of `paragraphs`."""
    return [text for _, text in paragraphs(name, **data)]


def source(name: str) -> str:
    """A file of this folder as it is."""
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _json(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@jinja2.pass_eval_context
def _plain(context: Any, value: Any) -> Any:
    """A value in a text, on one line and without control characters."""
    if context.autoescape or value in (NOTE, STATEMENT):
        return value
    return plain(value)


def _effect(row: Any) -> str:
    return words(row.effect, signed=not row.is_factor, factor=row.is_factor)


class _Lines(Extension):
    """A line that starts with % is a statement and leaves no line; jinja2's own take the empty lines after them too."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Lines keep their numbers."""
        return re.sub(r"^ *% +(.*)\n", r"{% \1\n%}", source, flags=re.M)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis", "templates"),
        autoescape=lambda name: name is None or ".txt." not in name,
        undefined=jinja2.StrictUndefined,
        finalize=_plain,
        extensions=[_Lines],
    )
    environment.policies["json.dumps_function"] = _json
    environment.filters |= {"number": number, "words": words, "count": count, "bytes": decimal}
    environment.filters |= {"hours": hours, "duration": duration}
    environment.filters |= {"whole": "{:,}".format, "exact": "{:g}".format}
    environment.filters |= {"data": told, "trait": TRAITS.__getitem__, "effect": _effect}
    environment.globals |= {"note": NOTE, "statement": STATEMENT}
    return environment
