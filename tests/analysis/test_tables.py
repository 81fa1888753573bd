"""One table on pages, terminals and in Markdown: nothing is cut, whatever it holds."""

import io

import pandas as pd
import pytest
from rich.console import Console

from analysis.statistics.intervals import Estimate
from analysis.tables import Effect, Link, Terminal, markdown, table

E = Estimate(0.05, 0.04, 0.061, 6)
ROWS = [{"treatment": "[bold]a|b", "accuracy": E, "change": Effect(E), "n": 1200}, {"treatment": Link("b", "b.html")}]


def test_cells_are_written_by_one_rule() -> None:
    found = table("caption", ROWS)
    assert list(found.head) == ["treatment", "selection accuracy", "change", "n"]
    first, second = found.texts
    assert first == ["[bold]a|b", "0.050 [0.040,\u00a00.061]", "+0.050 [0.040,\u00a00.061]", "1,200"]
    assert second == ["b", "–", "–", "–"]
    assert table("", pd.DataFrame({"x": [0.5]})).texts == [["0.500"]]


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert markdown(table("", ROWS)).splitlines()[2] == (
        "| [bold]a\\|b | 0.050 [0.040, 0.061] | +0.050 [0.040, 0.061] | 1,200 |"
    )


@pytest.mark.parametrize("width", [24, 40, 200])
def test_a_terminal_of_any_width_shows_all_cells(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    console.print(Terminal(table("caption", ROWS)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("[bold]a|b", "0.050 [0.040, 0.061]", "+0.050 [0.040, 0.061]", "1,200"):
        assert words in text
    assert max(map(len, text.splitlines())) <= width
