"""The trade-off plane of a run as a moving picture, a frame a generation: `animate`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.animation import FFMpegWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from alife.errors import UserError
from alife.format import files
from alife.words import count
from analysis.data.run import Run
from analysis.evolution.fronts import pareto_front, points, survivors
from analysis.figures import canvas, palette, plane
from analysis.figures.saving import CannotWrite
from analysis.figures.style import styled

FRAMES: Final = 200
"""Generations that are shown at most: evenly spaced, the first and the last among them."""
PER_SECOND: Final = 10
HELD: Final = 20
"""Frames that the last one is shown for."""
COLOURS: Final = 128
"""Of each frame of a GIF."""
DPI: Final = 100
BEHIND: Final = 4_000
"""Individuals of all generations that are drawn behind, at most, at random."""
WITHIN: Final = (0.5, 99.5)
"""Percentiles of ρ and accuracy of all generations that the axes hold; who is off them is counted in the frame."""
WORST: Final = 3.0
"""ρ that the axes hold at most: a line that dies out goes to 10¹² and more."""


def animate(run: Run, path: str | Path, dpi: float = DPI) -> int:
    """Draw the individuals of each generation and their Pareto front on axes that stay, those of all others behind.

    Individuals have the colour of their island.

    The same run gives the same bytes of a GIF. One of 1,000 generations and 24 individuals has some 5 MB.

    Args:
        run: With births.
        path: A .gif or, where ffmpeg is installed, an .mp4; a file there is replaced once the new one is whole.
        dpi: Pixels an inch; a frame is 6.4 by 4.6 inches.

    Returns:
        How many generations are shown.

    Raises:
        UserError: The file has another ending, ffmpeg is not there, or as `analysis.evolution.fronts.survivors`.
        CannotWrite: The file cannot be written.

    Example:
        >>> from analysis.figures.animation import animate
        >>> animate(alife.load_run("runs/first"), "plane.gif")
        6
    """
    path = Path(path)
    if path.suffix not in (".gif", ".mp4"):
        raise UserError(f"{path}: a moving picture is a .gif or an .mp4: name one")
    if path.suffix == ".mp4" and not FFMpegWriter.isAvailable():
        raise UserError(f"{path}: an .mp4 needs ffmpeg, which is not installed: install it, or name a .gif")
    alive = survivors(run)
    if run.generations.empty:
        raise UserError(f"{run.path}: no committed generation yet, nothing to draw: wait for its first")
    shown = spaced(run.first, run.last)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with styled(), files.beside(path) as file:
            figure, frames = _frames(run, alive, shown)
            (_gif if path.suffix == ".gif" else _mp4)(figure, frames, file, dpi)
    except OSError as error:
        raise CannotWrite(f"{path}: it cannot be written: {error.strerror or error}") from None
    return len(shown)


def spaced(first: int, last: int, most: int = FRAMES) -> list[int]:
    """Generations from first to last, all of them or so many at equal distances, as near as whole numbers are."""
    number = min(most, last - first + 1)
    return [int(g) for g in np.unique(np.linspace(first, last, number).round())]


def _frames(run: Run, alive: pd.DataFrame, shown: list[int]) -> tuple[Figure, Iterator[None]]:
    """A figure, and what draws one generation after the other on it."""
    ax = canvas.new_figure(6.4, 4.6).add_subplot()
    values = points(alive)
    plane.limits(ax, _central(values))
    behind = values if len(values) <= BEHIND else values[np.random.default_rng(0).choice(len(values), BEHIND, False)]
    ax.scatter(behind[:, 0], behind[:, 1], s=3, lw=0, color=palette.ink(0.15), zorder=1)
    canvas.write_above(ax, canvas.caption(run), _said(run.last, values, len(values)))
    figure = canvas.figure_of(ax)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure, _drawn(ax, run, alive, shown)


def _central(values: np.ndarray) -> np.ndarray:
    """The corners of what the axes hold."""
    return np.percentile(np.minimum(values, (WORST, np.inf)), WITHIN, axis=0) if len(values) else values


def _drawn(ax: Axes, run: Run, alive: pd.DataFrame, shown: list[int]) -> Iterator[None]:
    (step,) = ax.plot([], [], drawstyle="steps-post", color=palette.ink(), lw=1.2, zorder=3)
    rows = alive.groupby("generation").indices
    for generation in shown:
        born = alive.iloc[rows.get(generation, [])]
        values = points(born)
        colours = [palette.colour(island) for island in born["island"]]
        x, y = values.T
        dots = ax.scatter(x, y, s=18, color=colours, lw=0.4, edgecolors=palette.paper(), zorder=2)
        step.set_data(*values[pareto_front(values)].T)
        canvas.write_above(ax, canvas.caption(run), _said(generation, values, _off(ax, values)))
        yield
        dots.remove()


def _off(ax: Axes, values: np.ndarray) -> int:
    """How many lie off the axes."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    x, y = values.T
    return int(((x < left) | (x > right) | (y < low) | (y > high)).sum())


def _said(generation: int, values: np.ndarray, off: int) -> str:
    """What a frame says of its generation."""
    beyond = f"; {off:,} off these axes" if off else ""
    return f"generation {generation:,}: {count(len(values), 'individual')} and their Pareto front{beyond}"


def _gif(figure: Figure, frames: Iterator[None], file: Path, dpi: float) -> None:
    figure.set_dpi(dpi)
    images = []
    for _ in frames:
        figure.canvas.draw()
        pixels: Any = figure.canvas.buffer_rgba()  # type: ignore[attr-defined]
        images.append(Image.fromarray(np.asarray(pixels)[..., :3].copy()).quantize(COLOURS))
    lasting = [1000 // PER_SECOND] * len(images)
    lasting[-1] *= HELD
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=lasting, loop=0, optimize=False)


def _mp4(figure: Figure, frames: Iterator[None], file: Path, dpi: float) -> None:
    writer = FFMpegWriter(PER_SECOND, extra_args=["-f", "mp4", "-pix_fmt", "yuv420p"])
    with writer.saving(figure, str(file), dpi):
        for _ in frames:
            writer.grab_frame()
        for _ in range(HELD - 1):
            writer.grab_frame()
