"""The sizes of a network, and its weight matrices inside one flat row of numpy; `alife.organism.genome` has torch's."""

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Anatomy(Protocol):
    """What births need to know of a network: `Shape` of the dense one, `Tensors` of any other."""

    @property
    def n_weights(self) -> int: ...
    @property
    def classes(self) -> int: ...
    def __hash__(self) -> int: ...
    def matrices(self, row: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]: ...


@dataclass(frozen=True)
class Tensors:
    """The weights of a network of one's own: the shapes of its tensors, in their order in a genome."""

    shapes: tuple[tuple[int, ...], ...]
    classes: int

    @property
    def n_weights(self) -> int:
        """N."""
        return sum(map(math.prod, self.shapes))

    def matrices(self, row: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """The tensors inside one genome [N], as views [first axis, all others]; a vector is one row.

        Example:
            >>> tensors = Tensors(((8, 3, 5, 5), (8,)), classes=0)
            >>> [matrix.shape for matrix in tensors.matrices(np.zeros(tensors.n_weights, np.float32))]
            [(8, 75), (1, 8)]
        """
        ends = accumulate(map(math.prod, self.shapes), initial=0)
        rows = [shape[0] if len(shape) > 1 else 1 for shape in self.shapes]
        return tuple(row[start:end].reshape(n, -1) for n, (start, end) in zip(rows, pairwise(ends), strict=True))


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

    @classmethod
    def of_genome(cls, n_weights: int, hidden: int, coordinate_units: int) -> "Shape":
        """The sizes of a network of N weights and H hidden units; without classes all units see the coordinate."""
        classes = n_weights // hidden - 2 * hidden - 1
        return cls(hidden, coordinate_units if classes else hidden, classes)

    def matrices(self, row: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """The matrices inside one genome [N], as views: W1, W2 [H, H], w_out [1, H] and, if C > 0, W_class [C, H].

        Example:
            >>> shape = Shape(hidden=4, coordinate_units=2, classes=3)
            >>> [matrix.shape for matrix in shape.matrices(np.zeros(shape.n_weights, np.float32))]
            [(4, 4), (4, 4), (1, 4), (3, 4)]
        """
        rows = [self.hidden, self.hidden, 1, *([self.classes] if self.classes else [])]
        ends = self.hidden * np.cumsum([0, *rows])
        return tuple(row[start:end].reshape(-1, self.hidden) for start, end in pairwise(ends.tolist()))
