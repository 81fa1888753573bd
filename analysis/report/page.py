"""A page as plain data, and as one HTML file that needs no network: escaped, and able to run its own scripts alone."""

import base64
import functools
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, ClassVar, Final
from urllib.parse import quote

import vl_convert
from jinja2 import Environment
from markupsafe import Markup

HERE: Final = "analysis.report"
VEGA: Final = "6.4"

ROOM: Final = 3.0
PADDING: Final = 1.0
LETTER: Final = 0.56
"""In rem: beside a table, beside the words of a column, of a letter in one."""
WIDEST: Final = 76
"""Of a page, in rem."""


@dataclass(frozen=True)
class Text:
    """A paragraph; a note stands back, a statement stands out."""

    text: str
    look: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Link:
    """A cell that leads to a file beside the page."""

    text: str
    path: str

    @property
    def url(self) -> str:
        """The path as a relative address; it cannot become one of another scheme."""
        return "./" + quote(self.path)


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading, cells that hold numbers stand right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Link]]
    kind: ClassVar[str] = "table"

    @property
    def width(self) -> int:
        """Of a window that just holds it, in rem, about: intervals stay whole if a page can be so wide."""
        return self._width() if self.broken else self._width(" ")

    @property
    def broken(self) -> bool:
        """Whether intervals go on in a second line."""
        return self._width(" ") > WIDEST

    def _width(self, space: str | None = None) -> int:
        columns = zip(self.head, *self.rows, strict=True)
        words = (max(len(word) for cell in column for word in text_of(cell).split(space) or [""]) for column in columns)
        return round(ROOM + sum(PADDING + LETTER * letters for letters in words))


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Picture:
    """A static figure.

    Attributes:
        name: Its file's.
        png: Its bytes.
        width: In CSS pixels.
        alt: What it shows, for those who do not see it.
        caption: How to read it.
        files: Its other formats, beside the page.
    """

    name: str
    png: bytes
    width: int
    alt: str
    caption: str
    files: Sequence[Link] = ()
    kind: ClassVar[str] = "picture"

    @property
    def source(self) -> str:
        """A data address."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


@dataclass(frozen=True)
class Chart:
    """An interactive chart.

    Attributes:
        name: Of its element.
        spec: Vega-Lite.
        alt: What it shows.
        how: How to use it, a line each.
        record: Names of the fields of the individual picked, by field, if there is something to pick.
        widest: Columns at full width.
    """

    name: str
    spec: dict[str, Any]
    alt: str
    how: Sequence[str]
    record: dict[str, str] = field(default_factory=dict)
    kind: ClassVar[str] = "chart"


@dataclass(frozen=True)
class Code:
    """Something to copy."""

    text: str
    label: str
    folded: bool = False
    kind: ClassVar[str] = "code"


Part = Text | Table | Facts | Picture | Chart | Code


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    name: str
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Page:
    """A whole page."""

    title: str
    lead: str
    sections: Sequence[Section]


def render(page: Page) -> str:
    """One HTML file. Its policy lets no script run but its own two, and nothing be fetched."""
    scripts = [_bundle(), _asset("page.js")] if _has_charts(page) else []
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_function"] = _json
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    template = environment.from_string(_asset("page.html"))
    rows = environment.from_string(_asset("rows.css"))
    widths = {part.width for section in page.sections for part in section.parts if isinstance(part, Table)}
    sheet = _asset("page.css") + "".join(rows.render(width=width) for width in sorted(widths))
    plain: dict[str, Any] = {"style": Markup(sheet), "scripts": [Markup(script) for script in scripts]}
    return template.render(page=page, hashes=hashes or "'none'", number=_is_number, **plain)


def _has_charts(page: Page) -> bool:
    return any(part.kind == "chart" for section in page.sections for part in section.parts)


def _json(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _asset(name: str) -> str:
    return resources.files(HERE).joinpath(name).read_text(encoding="utf-8")


@functools.cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script."""
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _is_number(cell: Any) -> bool:
    text = text_of(cell).strip()
    return bool(text) and (text[0].isdigit() or text[0] in "+−×-–" or text == "undefined")


def text_of(cell: str | Link) -> str:
    """What a cell shows."""
    return cell.text if isinstance(cell, Link) else str(cell)


def number(value: float, digits: int = 3) -> str:
    """Significant digits, a real minus, a dash if there is no value."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}g}".replace("-", "−")
