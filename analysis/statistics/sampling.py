"""Noise of a share that is counted in a sample: `subsample_sd`."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def subsample_sd(share: ArrayLike, taken: int, of: int) -> NDArray[np.float64]:
    """Standard deviation of a share counted in `taken` of `of` items drawn without replacement.

    √(p(1 − p)/taken · (of − taken)/(of − 1)), the hypergeometric's (Cochran, Sampling Techniques, 1977, section 3.2).
    Of a difference between two networks that are shown the same items it is less: only items count that they answer
    differently.

    Args:
        share: p, that of all items.
        taken: At least 1.
        of: At least `taken`.

    Example:
        >>> subsample_sd(0.7, 2_000, 10_000).round(4)
        array(0.0092)
    """
    p = np.asarray(share, np.float64)
    return np.asarray(np.sqrt(p * (1 - p) / taken * (of - taken) / max(1, of - 1)))
