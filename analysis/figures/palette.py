"""Colours and dashes of all figures, and what of them follows the paper that the user has chosen: call inside
`analysis.figures.style.styled`, that the user's rcParams and the project's stand.
"""

from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgba
from matplotlib.patheffects import AbstractPathEffect, withStroke

OKABE_ITO: Final = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008), in the order in which they are used."""

CYCLE: Final = tuple(OKABE_ITO.values())
DASHES: Final = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
"""Line styles that keep groups apart in greyscale, in the same order."""

CONTRAST: Final = 3.0
"""Least contrast to dark paper of colours that stand for values, as WCAG asks of graphics."""
_HALF: Final = 0.18
"""Luminance of the grey that is half as light as white."""

INK: Final = "#333333"
"""Of text and lines on white paper."""


def paper() -> str:
    """The colour behind everything."""
    colours = (to_rgba(mpl.rcParams[name]) for name in ("axes.facecolor", "figure.facecolor"))
    return next((to_hex(colour) for colour in colours if colour[3]), "#ffffff")


def ink(strength: float = 1.0) -> str:
    """The colour of text and lines, or, with less strength, one between it and the paper."""
    black, white = to_rgba(mpl.rcParams["text.color"]), to_rgba(paper())
    red, green, blue = (strength * b + (1 - strength) * w for b, w in zip(black[:3], white[:3], strict=True))
    return to_hex((red, green, blue))


def faint() -> str:
    """The colour of what stands back."""
    return ink(0.67)


def halo(width: float = 2.4) -> list[AbstractPathEffect]:
    """What sets a line or a word off from what lies beneath."""
    return [withStroke(linewidth=width, foreground=paper())]


def cycle() -> tuple[str, ...]:
    """Colours of groups, in order."""
    return tuple(mpl.rcParams["axes.prop_cycle"].by_key().get("color", CYCLE))


def colour(number: int) -> str:
    """Of a group by its number, from 0; they come again after the last."""
    return cycle()[number % len(cycle())]


def generation_map() -> Colormap:
    """Colours of time: viridis without the end, light or dark, that the paper swallows."""
    return _ramp("viridis", 0.92)


def trait_map() -> Colormap:
    """Colours of a trait: cividis, without the end that would look extinct; what is not finite is vermillion."""
    return _ramp("cividis", 0.87).with_extremes(bad=OKABE_ITO["vermillion"])


def difference_map() -> Colormap:
    """Colours of a difference: the paper's where there is none."""
    return LinearSegmentedColormap.from_list("difference", [OKABE_ITO["vermillion"], paper(), OKABE_ITO["blue"]])


def _ramp(name: str, share: float) -> Colormap:
    """The first `share` of a map on light paper; on dark paper what stands out from it."""
    low, high, behind = 0.0, share, _luminance(to_rgba(paper()))
    if behind < _HALF:
        steps = np.linspace(0, 1, 256)
        contrast = (_luminance(mpl.colormaps[name](steps)) + 0.05) / (behind + 0.05)
        low, high = min(steps[contrast >= CONTRAST], default=1 - share), 1.0
    return LinearSegmentedColormap.from_list(name, mpl.colormaps[name](np.linspace(low, high, 256)))


def _luminance(colours: Any) -> Any:
    """[…] relative luminance, 0 black to 1 white, of sRGB colours […, 4] (WCAG 2)."""
    channels = np.asarray(colours)[..., :3]
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def of_group(number: int) -> dict[str, Any]:
    """Colour and dash of the lines of a group by its number, from 0."""
    return {"color": colour(number), "linestyle": DASHES[number % len(DASHES)]}
