"""Targets of a regression: numbers of whatever somebody hands over, and the scale on which they are learned.

Call `are_targets` for whether labels are targets, `read_targets` for one set, `check` for a training and a test set as
they are divided. `scale_of` gives the `Scale` of a training set. A wrong input is one line that names the argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alife.errors import UserError
from alife.words import count
from alife.world.arrays import KINDS, Array
from alife.world.labels import as_rows

Targets = NDArray[np.float64]

MOST_OUTPUTS: Final = 1 << 16
"""Numbers to predict of an image at most."""


@dataclass(frozen=True)
class Scale:
    """What targets become before they are learned: (target - mean) / sd.

    Attributes:
        mean: Of each of the D outputs, over the training set.
        sd: Their standard deviations there, each above 0.
    """

    mean: tuple[float, ...]
    sd: tuple[float, ...]

    def standardised(self, targets: Targets) -> NDArray[np.float32]:
        """[n, D] float32 of targets [n, D], computed in float64."""
        with np.errstate(over="ignore"):
            return ((targets - np.array(self.mean)) / np.array(self.sd)).astype(np.float32)

    def on_record(self) -> dict[str, Any]:
        """What a run's manifest says of it."""
        return {"kind": "regression", "mean": list(self.mean), "sd": list(self.sd)}


def are_targets(labels: Array) -> bool:
    """Whether labels, from `labels.as_rows`, are targets of a regression: floats of which one is no whole number."""
    return labels.dtype.kind == "f" and bool((np.isfinite(labels) & (labels != np.round(labels))).any())


def read_targets(value: Any, name: str) -> Targets:
    """[n, D] float64 of targets as anybody has them, one number or D numbers an image.

    Raises:
        UserError: They are anything but finite real numbers, as many for each image.
    """
    array = as_rows(value, name)
    if array.dtype.kind not in KINDS:
        raise UserError(f"{name}: holds {array.dtype} values: numbers to predict are expected in a regression")
    if array.ndim not in (1, 2):
        raise UserError(f"{name}: has {count(array.ndim, 'axis', 'axes')}: [n] or [n, outputs] is expected")
    array = array.reshape(len(array), -1).astype(np.float64) if array.size else array
    if not array.size:
        raise UserError(f"{name}: empty: at least one number an image is expected")
    if array.shape[1] > MOST_OUTPUTS:
        raise UserError(f"{name}: {array.shape[1]:,} numbers an image: at most {MOST_OUTPUTS:,} can be predicted")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        image, output = wrong[0]
        raise UserError(
            f"{name}: target {array[image, output]} (image {image}, output {output}): finite values are expected"
        )
    return array


def scale_of(targets: Targets) -> Scale:
    """Mean and standard deviation of targets [n, D], over n."""
    mean = targets.mean(0)
    away = targets - mean
    most = np.abs(away).max(0)
    with np.errstate(invalid="ignore"):  # in units of the largest, so that no square is too large or too small
        sd = np.where(most > 0, most * np.sqrt(np.square(away / most).mean(0)), 0.0)
    return Scale(tuple(mean.tolist()), tuple(sd.tolist()))


def check(parts: Mapping[str, Targets], names: tuple[str, str]) -> int:
    """Number of outputs, after a check that each can be learned, selected by and tested.

    Args:
        parts: "learn", "select" and "test" → [n, D].
        names: What to call the targets to train and to test on in errors.

    Raises:
        UserError: A test image has another number of outputs, or an output is the same in all images of a part.
    """
    outputs = parts["learn"].shape[1]
    if parts["test"].shape[1] != outputs:
        numbers = count(parts["test"].shape[1], "number")
        raise UserError(f"{names[1]}: {numbers} an image, but {outputs} in {names[0]}: hand over the same of both")
    with np.errstate(over="ignore", invalid="ignore"):
        scale = scale_of(np.concatenate([parts["learn"], parts["select"]]))
    for part, what, name in (
        ("learn", "to learn from", names[0]),
        ("select", "for selection", names[0]),
        ("test", "to test on", names[1]),
    ):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            learned = scale.standardised(parts[part])
            width = np.ptp(learned, axis=0)
        for output in np.flatnonzero(~(width > 0) | ~np.isfinite(width)):
            values = parts[part][:, output]
            low, high, where = values.min() + 0.0, values.max(), f"{count(len(values), 'image')} {what}"
            if low == high:
                raise UserError(
                    f"{name}: output {output} has one value, {low:g}, in the {where}: explained variance needs "
                    "different ones: add images, or leave that output out"
                )
            raise UserError(
                f"{name}: output {output} is from {low:g} to {high:g} in the {where}: that cannot be brought to mean "
                "0 and standard deviation 1 with the others: rescale it"
            )
    return outputs
