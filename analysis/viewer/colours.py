"""The project's palettes as the page takes them, on light and on dark paper."""

from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

from analysis.figures.palette import OKABE_ITO

GROUPS: Final = ("blue", "orange", "green", "purple", "sky", "vermillion", "yellow")
"""Colours of groups, in order."""
STOPS: Final = 17
"""Colours of a scale; between them the page mixes."""
ENDS: Final = {"light": (0.0, 0.87), "dark": (0.25, 1.0)}
"""Which part of cividis stands out from the paper."""


def colours() -> dict[str, Any]:
    """Groups, and a scale for each paper, as "#rrggbb"."""
    ramps = {
        paper: [to_hex(colour) for colour in mpl.colormaps["cividis"](np.linspace(*ends, STOPS))]
        for paper, ends in ENDS.items()
    }
    return {"groups": [OKABE_ITO[name] for name in GROUPS], **ramps}
