"""The weight matrices of whole populations inside their flat rows: call `split` with genomes and their `Shape`."""

from typing import NamedTuple

from torch import Tensor

from alife.organism.shape import Shape


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
