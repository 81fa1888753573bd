"""Line of descent

From founder to dominant, one individual a generation: its traits beside those of everybody else,
and its path through the plane.
"""

from small import run

import alife

figure = alife.figures.descent(run(), lw=1.8)
