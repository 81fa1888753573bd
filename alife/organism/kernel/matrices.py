"""The weights of a chunk of networks, laid out in memory as products and optimisers want them.

Make `Matrices` like a tensor, `read` genomes into it, `write` them out again; an optimiser works on its `flat`.
"""

from torch import Tensor

from alife.organism.genome import split
from alife.organism.shape import Shape


class Matrices:
    """The weights of c networks, or a gradient, matrix by matrix: all first matrices, then all second ones, ….

    So each product of a chunk is one call on contiguous memory, and an optimiser sees one vector. The first layer is
    two matrices, one a kind of input.

    Attributes:
        flat: [c·N].
        layers: Its two parts: both layers, and the heads.
        coordinate, image, second, out, classes: [c, H, K], [c, H, H - K], [c, H, H], [c, 1, H] and [c, C, H] views.
        parts: These five.
    """

    def __init__(self, shape: Shape, c: int, like: Tensor):
        h, k = shape.hidden, shape.coordinate_units
        sizes = (h, k), (h, h - k), (h, h), (1, h), (shape.classes, h)
        self.shape, self.flat = shape, like.new_zeros(c * shape.n_weights)
        self.layers = self.flat.split([2 * c * h * h, c * (1 + shape.classes) * h])
        parts = self.flat.split([c * rows * columns for rows, columns in sizes])
        self.parts = [part.view(c, *size) for part, size in zip(parts, sizes, strict=True)]
        self.coordinate, self.image, self.second, self.out, self.classes = self.parts

    def beside(self, genomes: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(matrix here, the same matrix as a view of [c, N] genomes) for all five."""
        w, k = split(genomes, self.shape), self.shape.coordinate_units
        theirs = w.w1[:, :, :k], w.w1[:, :, k:], w.w2, w.w_out, w.w_class
        return list(zip(self.parts, theirs, strict=True))

    def read(self, genomes: Tensor) -> None:
        """Take the values of [c, N] genomes."""
        for here, there in self.beside(genomes):
            here.copy_(there)

    def write(self, genomes: Tensor) -> None:
        """Give the values to [c, N] genomes."""
        for here, there in self.beside(genomes):
            there.copy_(here)

    def spread(self, values: Tensor) -> Tensor:
        """Like `flat`, with the value [c] of each network at all of its weights."""
        spread = Matrices(self.shape, len(values), self.flat)
        spread.read(values.unsqueeze(1).expand(-1, self.shape.n_weights))
        return spread.flat
