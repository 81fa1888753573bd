"""A regression of one's own: where in a field a bright blob lies, as two numbers, drawn anew wherever the run is lived.

alife run --task examples/my_regression.py:centres --quine.hidden 16 --quine.coordinate_units 8
"""

import numpy as np

import alife


def centres() -> alife.Task:
    """1,200 fields of 8 × 8 pixels, and of each the row and the column of its blob's centre; 300 are for the test.

    Labels that are floats make the task a regression. The seed is fixed: a run has the SHA-256 of its data on record,
    and goes on with the same data only.
    """
    draw = np.random.default_rng(1)
    centre = draw.uniform(1, 7, (1200, 2))
    rows, columns = np.mgrid[:8, :8]
    distance = np.hypot(rows - centre[:, 0, None, None], columns - centre[:, 1, None, None])
    images = 0.8 * np.exp(-(distance**2) / 4) + 0.2 * draw.random((1200, 8, 8))
    return alife.Task.of(images[:900], centre[:900], images[900:], centre[900:])
