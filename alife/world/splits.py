"""How a training set is divided: images to learn from, and images by which selection judges.

Call `tail` or `stratified`; a new way is an entry in `SPLITS`.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from alife.streams import Stream, rng

Split = Literal["tail", "stratified"]
Labels = NDArray[np.int64]
Index = slice | NDArray[np.int64]

SHARE: Final = 6
"""One image in so many is for selection."""


def tail(labels: Labels) -> tuple[Index, Index]:
    """All but the last sixth to learn from, the last sixth (rounded) for selection: MNIST's convention.

    Args:
        labels: [n] of the training set.

    Returns:
        Which images to learn from, and which to select by.
    """
    cut = len(labels) - _share(len(labels))
    return slice(None, cut), slice(cut, None)


def stratified(labels: Labels) -> tuple[Index, Index]:
    """A sixth of each class (rounded, at least one image) for selection, drawn at random but always alike.

    Arguments and result as of `tail`. The draw is keyed by the label and by nothing else: not by a run's seed, nor by
    what other classes there are.
    """
    for_selection = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        where = np.flatnonzero(labels == label)
        order = np.argsort(rng(0, Stream.SPLIT, int(label)).random(len(where)), kind="stable")
        for_selection[where[order[: max(1, _share(len(where)))]]] = True
    return np.flatnonzero(~for_selection), np.flatnonzero(for_selection)


def tenths(targets: NDArray[np.float64]) -> Labels:
    """[n] from 0 on: in which tenth of all each of targets [n] is, by their order; of few, parts of six or more.

    As labels they make a `stratified` split that takes a sixth of each tenth.
    """
    parts = max(1, min(10, len(targets) // SHARE))
    ranks = np.argsort(np.argsort(targets, kind="stable"), kind="stable")
    return ranks * parts // len(targets)


def _share(count: int) -> int:
    return (count + SHARE // 2) // SHARE


SPLITS: Final[Mapping[Split, Callable[[Labels], tuple[Index, Index]]]] = {"tail": tail, "stratified": stratified}

WORDS: Final[Mapping[Split, str]] = {
    "tail": "the last sixth of the training images is for selection, as is the convention for MNIST",
    "stratified": "a sixth of each class's training images is for selection, drawn at random but always alike",
}

TENTHS: Final = (
    "a sixth of the training images is for selection, drawn at random but always alike from each tenth of them by the "
    "first target"
)
"""What `WORDS` are of a stratified split of a regression."""
