"""Data of one's own: which of four quarters of a field a bright blob lies in, drawn anew wherever the run is lived.

alife run --task examples/my_task.py:blobs --quine.hidden 16 --quine.coordinate_units 8
"""

import numpy as np

import alife


def blobs() -> alife.Task:
    """1,200 fields of 12 × 12 pixels and the quarter, 0 to 3, that each has its blob in; 300 of them are for the test.

    The seed is fixed: a run has the SHA-256 of its data on record, and goes on with the same data only.
    """
    draw = np.random.default_rng(1)
    centre = draw.uniform(1, 11, (1200, 2))
    rows, columns = np.mgrid[:12, :12]
    distance = np.hypot(rows - centre[:, 0, None, None], columns - centre[:, 1, None, None])
    images = 0.8 * np.exp(-(distance**2) / 4) + 0.2 * draw.random((1200, 12, 12))
    quarters = 2 * (centre[:, 0] > 6) + (centre[:, 1] > 6)
    return alife.Task.of(images[:900], quarters[:900], images[900:], quarters[900:])
