"""One table for pages, terminals and Markdown: `table(caption, rows)`, whose cells are written by one rule of digits.

Rows are dicts, or a data frame's rows; their keys are heads, and that of a trait is written as the trait is called. A
cell is a text, a number, an estimate, an `Effect` (an estimate with its sign, or as a factor) or a `Link`. `Terminal`
and `markdown` write a table; pages do by `analysis/templates/page.html.j2`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from alife.traits import TRAITS, spoken
from analysis.numbers import NONE, Interval, number, words

ROOM: Final = 3.0
PADDING: Final = 1.0
LETTER: Final = 0.56
"""In rem: beside a table, beside the words of a column, of a letter in one."""
WIDEST: Final = 76
"""Of a page, in rem."""


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
class Effect:
    """An estimate of a difference, written with its sign, or of a factor, with ×."""

    estimate: Interval
    factor: bool = False


Cell = Any
"""A text, a number, an estimate, an `Effect`, a `Link`, or None."""


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading, cells that hold numbers stand right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    kind = "table"

    @property
    def texts(self) -> list[list[str]]:
        """[rows][columns] what the cells show."""
        return [[written(cell) for cell in row] for row in self.rows]

    @property
    def width(self) -> int:
        """Of a window that just holds it, in rem, about: intervals stay whole if a page can be so wide."""
        return self._width() if self.broken else self._width(" ")

    @property
    def broken(self) -> bool:
        """Whether intervals go on in a second line."""
        return self._width(" ") > WIDEST

    def _width(self, space: str | None = None) -> int:
        columns = zip(self.head, *self.texts, strict=True)
        words = (max(len(word) for cell in column for word in cell.split(space) or [""]) for column in columns)
        return round(ROOM + sum(PADDING + LETTER * letters for letters in words))


def table(caption: str, rows: pd.DataFrame | Iterable[Mapping[str, Cell]]) -> Table:
    """A table of rows, which may lack cells that others have."""
    dicts: list[Any] = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
    names = list(dict.fromkeys(name for row in dicts for name in row))
    head = [TRAITS[name].short if name in TRAITS else spoken(name) for name in names]
    return Table(caption, head, [[row.get(name) for name in names] for row in dicts])


def written(cell: Cell) -> str:
    """What a cell shows; the two ends of an interval stay together."""
    if cell is None or isinstance(cell, str):
        return NONE if cell is None else cell
    if isinstance(cell, Link):
        return cell.text
    if isinstance(cell, (int, np.integer)):
        return f"{cell:,}"
    if isinstance(cell, (float, np.floating)):
        return number(float(cell))
    text = words(cell.estimate, not cell.factor, cell.factor) if isinstance(cell, Effect) else words(cell)
    return text.replace(", ", ",\u00a0")


def is_number(cell: Cell) -> bool:
    """Whether a cell stands right."""
    text = written(cell).strip()
    return bool(text) and (text[0].isdigit() or text[0] in "+−×-–" or text == "undefined")


def markdown(table: Table) -> str:
    """Head and rows."""
    lines = [[*table.head], *table.texts]
    out = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines]
    out.insert(1, "|" + " --- |" * len(table.head) + "\n")
    return "".join(out).replace("\u00a0", " ")


@dataclass
class Terminal:
    """A table on a terminal; where it is too wide its columns come in parts, one below the other, no number cut.

    Attributes:
        table: With its caption as title.
        keys: How many of the first columns tell rows apart: every part repeats them.
    """

    table: Table
    keys: int = 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """As many columns side by side as there is room for."""
        columns = [[cell.replace("\u00a0", " ") for cell in column] for column in zip(*self.table.texts, strict=True)]
        heads = [self._head(*pair) for pair in zip(self.table.head, columns, strict=True)]
        widths = [max(map(cell_len, (*head.split("\n"), *column))) for head, column in zip(heads, columns, strict=True)]
        keys = list(range(self.keys))
        parts, left = [[*keys]], options.max_width - sum(widths[: self.keys]) - self.keys + 1
        for place in range(self.keys, len(heads)):
            if left < widths[place] + 1 and len(parts[-1]) > self.keys:
                parts.append([*keys])
                left = options.max_width - sum(widths[: self.keys]) - self.keys + 1
            parts[-1].append(place)
            left -= widths[place] + 1
        for part in parts:
            title = Text(self.table.caption) if part is parts[0] else None
            yield self._part(part, heads, columns, title)

    def _head(self, head: str, column: Sequence[str]) -> str:
        """A head in lines where it is wider than what stands under it."""
        return head.replace(" ", "\n") if cell_len(head) > max(map(cell_len, column), default=0) else head

    def _part(self, part: Sequence[int], heads: Sequence[str], columns: Sequence[Any], title: Text | None) -> Grid:
        out = Grid(box=None, pad_edge=False, collapse_padding=True, title=title, title_justify="left")
        for place in part:
            right = all(is_number(cell) for cell in columns[place])
            out.add_column(
                Text(heads[place]),
                justify="right" if right else "left",
                no_wrap=place >= self.keys,
                overflow="fold",
                vertical="bottom",
            )
        for row in zip(*(columns[place] for place in part), strict=True):
            out.add_row(*map(Text, row))
        return out
