"""Every figure by one convention: drawn where one says, in the user's style, with the properties that one gives, and as
before.

Images are drawn anew by `pytest --mpl-generate-path=tests/analysis/figures/baseline` and this file's path; look at each
before it is committed.
"""

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import style as sheets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

import alife
from analysis.figures.canvas import figure_of
from analysis.figures.registry import FIGURES
from tests.support import drawn

NAMES = [name for name in FIGURES if name != "experiment"] + [f"experiment_{name}" for name in drawn.EXPERIMENTS]
ZORDER = 17.25
PLAIN: Any = ["default", {"text.hinting": "none", "text.hinting_factor": 1}]
"""Letters as they are designed, whatever library draws them."""
SMALL: dict[str, Any] = {"dpi": 30, "pil_kwargs": {"optimize": True}}
PAPER, INK = "#101010", "#eeeeee"
SHEET: dict[str, Any] = {
    **dict.fromkeys(("axes.facecolor", "figure.facecolor"), PAPER),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    "font.size": 7,
    "axes.grid": False,
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[..., Any]]:
    return drawn.figures(tmp_path_factory.mktemp("drawn"))


def test_every_figure_is_public() -> None:
    functions = {inspect.unwrap(getattr(figure.draw, "func", figure.draw)).__name__ for figure in FIGURES.values()}
    assert functions == set(dir(alife.figures)) == set(alife.figures.__all__)


@pytest.mark.parametrize("name", alife.figures.__all__)
def test_its_signature_and_docstring_follow_the_convention(name: str) -> None:
    function = getattr(alife.figures, name)
    signature = inspect.signature(function)
    kinds = {parameter.name: parameter.kind for parameter in signature.parameters.values()}
    (place,) = kinds.keys() & {"ax", "figure"}
    assert signature.return_annotation is {"ax": Axes, "figure": Figure}[place]
    assert signature.parameters[place].default is None
    assert kinds["style"] is inspect.Parameter.VAR_KEYWORD
    after = list(kinds)[list(kinds).index(place) + 1 :]
    assert all(kinds[option] is inspect.Parameter.KEYWORD_ONLY for option in after if option != "style")
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())
    parts = inspect.getdoc(function) or ""
    assert all(f"    {parameter}: " in parts for parameter in kinds)
    assert f">>> {place} = alife.figures.{name}(" in parts


@pytest.mark.parametrize("name", NAMES)
def test_it_is_drawn_where_one_says_in_one_s_own_style(name: str, figures: dict[str, Callable[..., Any]]) -> None:
    draw = figures[name]
    takes = "ax" if "ax" in inspect.signature(draw).parameters else "figure"
    with sheets.context(["default", SHEET]):
        given = Figure(figsize=(9, 6), layout="constrained")
        place = given.add_subplot() if takes == "ax" else given
        before = dict(mpl.rcParams)
        assert draw(**{takes: place}, zorder=ZORDER) is place
        assert dict(mpl.rcParams) == before
        given.draw_without_rendering()
    assert given.get_size_inches().tolist() == [9, 6]
    assert any(artist.get_zorder() == ZORDER for artist in given.findobj())
    assert {mpl.colors.to_hex(ax.get_facecolor()) for ax in given.axes if ax.axison} <= {PAPER}
    labels = [axis.label for ax in given.axes for axis in (ax.xaxis, ax.yaxis) if axis.label.get_text()]
    assert {label.get_fontsize() for label in labels} == {7}
    written = [text for text in given.findobj(Text) if text.get_text().strip() and text.get_visible()]
    dark = [text.get_text() for text in written if np.mean(mpl.colors.to_rgb(text.get_color())) < 0.25]
    assert [text for text in dark if not text.isdigit()] == [], "numbers on light cells of a matrix alone are dark"


@pytest.mark.parametrize("name", NAMES)
def test_it_stands_alone_or_under_one_s_own_words_if_one_says_so(
    name: str, figures: dict[str, Callable[..., Any]]
) -> None:
    figure = figure_of(figures[name](title="in my words", legend=False, colorbar=False))
    assert "in my words" in [text.get_text() for text in figure.findobj(Text)]
    assert figure.legends == []
    assert [ax for ax in figure.axes if ax.get_legend() or hasattr(ax, "_colorbar")] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.mpl_image_compare(baseline_dir="baseline", tolerance=2, style=PLAIN, savefig_kwargs=SMALL)
def test_it_looks_as_before(name: str, figures: dict[str, Callable[..., Any]]) -> Figure:
    return figure_of(figures[name]())


def test_none_is_drawn_by_pyplot() -> None:
    """But for the Muller plot: the library that lays it out brings pyplot with it."""
    code = (
        "import sys, tempfile, pathlib, alife\n"
        "from tests.support import drawn\n"
        "run = drawn.synthetic_run(4, 2, 6)\n"
        "for name in ('plane', 'traits', 'hypervolume', 'selection', 'price', 'phylogeny', 'descent', 'geneflow'):\n"
        "    getattr(alife.figures, name)(run)\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
