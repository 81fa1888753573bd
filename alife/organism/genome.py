"""The genome: the sizes of a network, and its weight matrices inside one flat row.

`Shape` has the sizes, `split` the matrices.
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True)
class Shape:
    """Sizes of a network: H hidden units, the first K of its inputs fed by the coordinate, C classes (0: no task)."""

    hidden: int
    coordinate_units: int
    classes: int

    @property
    def n_weights(self) -> int:
        """N = 2·H² + H + C·H."""
        return self.hidden * (2 * self.hidden + 1 + self.classes)


class Weights(NamedTuple):
    """The weights of P networks: w1, w2 [P, H, H] (out, in), w_out [P, 1, H], w_class [P, C, H]."""

    w1: Tensor
    w2: Tensor
    w_out: Tensor
    w_class: Tensor


def split(genomes: Tensor, shape: Shape) -> Weights:
    """The four weight matrices inside [P, N] genomes, as views."""
    h = shape.hidden
    return Weights(
        genomes[:, : h * h].unflatten(1, (h, h)),
        genomes[:, h * h : 2 * h * h].unflatten(1, (h, h)),
        genomes[:, 2 * h * h : 2 * h * h + h].unflatten(1, (1, h)),
        genomes[:, 2 * h * h + h :].unflatten(1, (shape.classes, h)),
    )
