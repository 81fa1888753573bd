"""A page as plain data, and as one HTML file that needs no network: escaped, and able to run its own scripts alone."""

import base64
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import vl_convert
from markupsafe import Markup

from analysis import templates
from analysis.tables import Link, Table, is_number, written

VEGA: Final = "6.4"


@dataclass(frozen=True)
class Text:
    """A paragraph; a note stands back, a statement stands out."""

    text: str
    look: str = ""
    kind: ClassVar[str] = "text"


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
    parts = [part for section in page.sections for part in section.parts]
    has_charts = any(isinstance(part, Chart) for part in parts)
    scripts = [_bundle(), templates.source("page.js")] if has_charts else []
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return templates.render(
        "page.html",
        page=page,
        widths=sorted({part.width for part in parts if isinstance(part, Table)}),
        scripts=[Markup(script) for script in scripts],
        hashes=hashes or "'none'",
        written=written,
        is_number=is_number,
    )


def said(name: str, /, **data: Any) -> list[Text]:
    """The paragraphs of a template in `analysis/templates`, as they look."""
    return [Text(text, look) for look, text in templates.paragraphs(name, **data)]


@functools.cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script."""
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
