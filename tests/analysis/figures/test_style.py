"""A figure looks as the project does, below whatever its user has set, and is whole wherever it is drawn."""

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import style as sheets
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.data.run import Run
from analysis.figures import palette, saving, scales, style
from analysis.figures.canvas import figure_of
from analysis.figures.descent import descent
from analysis.figures.hypervolume import hypervolume
from analysis.figures.muller import REST, find_clades, muller
from analysis.figures.phylogeny import phylogeny
from analysis.figures.plane import plane
from analysis.figures.registry import PLOTS
from analysis.lineage.phylogeny import of_run
from tests.support.synthetic import synthetic_run


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(8, 2, 8)


def inside(figure: Figure, part: Axes | Text) -> bool:
    """Whether all of it lies on the figure, to half a pixel."""
    figure.draw_without_rendering()
    box, canvas = part.get_window_extent(), figure.bbox
    return bool(box.x0 >= -0.5 and box.y0 >= -0.5 and box.x1 <= canvas.x1 + 0.5 and box.y1 <= canvas.y1 + 0.5)


def test_letters_that_no_font_has_are_drawn_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with style.styled():
            figure = Figure()
            figure.text(0, 0, "進化 \ue123")
            figure.draw_without_rendering()


def test_what_the_user_has_set_is_there_while_a_figure_is_drawn_and_afterwards(run: Run) -> None:
    with mpl.rc_context({"font.size": 11, "lines.linewidth": 3.5, "axes.grid.which": "both", "svg.hashsalt": "mine"}):
        before = dict(mpl.rcParams)
        ax = hypervolume(run)
        assert dict(mpl.rcParams) == before
        with style.styled():
            assert (mpl.rcParams["axes.grid.which"], mpl.rcParams["svg.hashsalt"]) == ("both", "mine")
    assert ax.xaxis.label.get_size() == 11
    assert {line.get_linewidth() for line in ax.lines if line.get_label() == "all survivors together, n ≤ 16"} == {3.5}


def test_what_is_given_counts_where_it_is_matplotlib_s_own_too(run: Run, monkeypatch, tmp_path: Path) -> None:
    def width(**options: object) -> float:
        (line,) = [line for line in hypervolume(run, **options).lines if "together" in str(line.get_label())]
        return float(line.get_linewidth())

    plain = mpl.rcParamsDefault["lines.linewidth"]
    assert width() == style.RC["lines.linewidth"] != plain
    assert width(rc={"lines.linewidth": plain}) == plain
    assert width(rc=mpl.rcParamsDefault) == plain
    assert mpl.rcParams["backend"] is not None
    (tmp_path / "matplotlibrc").write_text(f"lines.linewidth: {plain}\n")
    monkeypatch.setattr(mpl, "matplotlib_fname", lambda: tmp_path / "matplotlibrc")
    style._in_matplotlibrc.cache_clear()
    assert width() == plain
    monkeypatch.undo()
    style._in_matplotlibrc.cache_clear()


@pytest.mark.parametrize("draw", [plane, phylogeny])
@pytest.mark.parametrize("nothing", [None, False])
def test_a_figure_has_no_title_if_one_wants_none(run: Run, draw, nothing) -> None:
    bare = figure_of(draw(run, title=nothing))
    assert bare.get_suptitle() == ""
    assert [ax.get_title(where) for ax in bare.axes for where in ("left", "center", "right")] == [""] * 3 * len(
        bare.axes
    )


@pytest.mark.parametrize("paper", ["#000000", "#1e1e1e", "#404040"])
def test_colours_of_values_stand_out_from_dark_paper(paper: str) -> None:
    behind = palette._luminance(mpl.colors.to_rgba(paper)) + 0.05
    with mpl.rc_context({"axes.facecolor": paper}):
        for colours in (palette.generation_map(), palette.trait_map()):
            light = palette._luminance(colours(np.linspace(0, 1, 30))) + 0.05
            assert (light / behind > 0.98 * palette.CONTRAST).all()
            assert np.ptp(light) > 0.4, "and still tell values apart"


def test_the_project_s_style_stands_where_nothing_is_set(run: Run) -> None:
    ax = hypervolume(run)
    assert ax.xaxis.label.get_size() == style.FONT_SIZE
    assert ax.xaxis.label.get_color() == palette.INK
    assert not ax.spines["top"].get_visible()
    with style.styled():
        once = dict(mpl.rcParams)
        with style.styled():
            assert dict(mpl.rcParams) == once


@pytest.mark.parametrize("name", ["plane", "muller", "descent"])
def test_a_dark_style_turns_paper_and_ink(run: Run, name: str, tmp_path: Path) -> None:
    with sheets.context("dark_background"):
        figure = figure_of(PLOTS[name].draw(run))
    assert to_hex(figure.get_facecolor()) == "#000000"
    written = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    dim = [text.get_text() for text in written if np.mean(mpl.colors.to_rgb(text.get_color())) < 0.5]
    assert dim == []
    (file,) = saving.save(figure, tmp_path, name, ("png",), 40)
    corner = mpl.image.imread(file)[0, 0, :3]
    assert corner.max() == 0


def test_a_larger_font_keeps_its_room(run: Run) -> None:
    with mpl.rc_context({"font.size": 17}):
        figure = PLOTS["traits"].draw(run)
    assert figure.get_figwidth() == pytest.approx(2 * 7.2)
    assert all(inside(figure, ax.yaxis.label) for ax in figure.axes if ax.axison)
    with mpl.rc_context({"font.size": 17, "figure.figsize": (20, 10)}):
        assert PLOTS["traits"].draw(run).get_size_inches().tolist() == [20, 10]


@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
@pytest.mark.parametrize("draw", [plane, hypervolume])
def test_a_figure_on_one_s_own_axes_keeps_its_legend(run: Run, draw, layout) -> None:
    figure = Figure(layout=layout)
    FigureCanvasAgg(figure)
    ax = figure.subplots(1, 2)[0]
    assert draw(run, ax) is ax
    legend = ax.get_legend()
    assert legend is not None
    assert all(inside(figure, text) for text in legend.get_texts())


def test_a_figure_of_one_s_own_is_laid_out_so_that_its_legend_fits(run: Run) -> None:
    figure = Figure()
    descent(run, figure=figure)
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert legend.y1 <= min(ax.get_window_extent().y0 for ax in figure.axes)
    tight = Figure(layout="compressed")
    engine = tight.get_layout_engine()
    assert descent(run, figure=tight).get_layout_engine() is engine


def test_the_colours_of_lineage_span_those_shown_and_not_the_founders() -> None:
    run = synthetic_run(12, 2, 12, seed=1)
    founding = run.births["generation"] < 3
    run.births.loc[founding, "accuracy"] += 0.3
    later = run.births.loc[~founding, "accuracy"]
    for draw in (muller, phylogeny):
        low, high = figure_of(draw(run)).axes[-1].get_ylim()
        assert later.min() <= low < high <= later.max()


def test_a_clade_is_coloured_by_its_settled_members_and_an_early_one_by_all() -> None:
    run = synthetic_run(12, 2, 12, seed=1)
    tree, bare = of_run(run), run.births["accuracy"].copy()
    clades = find_clades(tree)
    early = {c for c in clades.members if c != REST and tree.generation[clades.rows[clades.members == c]].max() < 3}
    assert early
    run.births.loc[run.births["generation"] < 3, "accuracy"] = bare + 0.3
    colours = {to_hex(c) for band in muller(run).collections for c in band.get_facecolor()}
    assert to_hex(mpl.colors.to_rgb(palette.trait_map()(1.0))) in colours
    assert len(colours) > 8


def test_names_in_other_scripts_are_drawn_without_a_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    figure = figure_of(PLOTS["hypervolume"].draw(synthetic_run(3, 1, 4, path="runs/進化の島 \U0001f9ec ა")))
    saving.save(figure, tmp_path, "x")
    assert [str(warning.message) for warning in recwarn] == []
    assert caplog.messages == []


def test_only_fonts_that_are_installed_are_asked_for() -> None:
    families = style._families()
    assert families[0] == "DejaVu Sans"
    assert set(families) <= {font.name for font in mpl.font_manager.fontManager.ttflist}


@pytest.mark.parametrize(("high", "ticks"), [(1e-1, 3), (1e3, 7), (1e9, 6), (1e30, 7)])
def test_a_logarithmic_axis_has_room_for_its_numbers(high: float, ticks: int) -> None:
    ax = Figure().add_subplot()
    ax.set_ylim(5e-4, high)
    scales.log_axis(ax, "y")
    assert len(ax.get_yticks()) == ticks
