"""Three networks that are applied to weights: weightwise, aggregating and recurrent (Gabor et al. 2019, section 3).

A network f_θ takes all N weights w of a network of its kind and gives N others, f_θ(w): `Tiny.applied`. It emits
f_θ(θ), its application to itself. Its matrices are [in, out], without bias, and lie in a genome as Keras lists them,
so that positions mean what they mean in the paper.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import ClassVar, Final, Literal

import numpy as np
import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

import alife

Activation = Literal["linear", "sigmoid", "tanh", "relu"]

ACTIVATIONS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = MappingProxyType(
    {"linear": lambda x: x, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
)


class Parameters(BaseModel):
    """What `quine.parameters` may say of one of them."""

    activation: Activation = Field("linear", description="of every layer, the last one too")


class Tiny(nn.Module):
    """What the three have in common.

    What is seen of weights and what is wanted of them are samples: S of F numbers each. A network answers each sample
    with G numbers.

    Args:
        sizes: They have no use for it: these networks see weights alone.
        parameters: The activation.

    Attributes:
        shapes: Of its matrices, [in, out].
        recurrent: Which of the matrices lead from one place of a sequence to the next.
        samples: S.
    """

    shapes: ClassVar[tuple[tuple[int, int], ...]]
    recurrent: ClassVar[tuple[int, ...]] = ()
    samples: ClassVar[int] = 1

    def __init__(self, sizes: alife.Sizes, parameters: Parameters):
        super().__init__()
        self.activation = ACTIVATIONS[parameters.activation]
        self.layers = nn.ParameterList(self.matrices(self.fresh()))

    @property
    def n_weights(self) -> int:
        """N."""
        return sum(rows * columns for rows, columns in self.shapes)

    def matrices(self, weights: Tensor) -> list[Tensor]:
        """The matrices [..., in, out] of weights [..., N], as views."""
        ends = accumulate((rows * columns for rows, columns in self.shapes), initial=0)
        spans = zip(pairwise(ends), self.shapes, strict=True)
        return [weights[..., first:last].unflatten(-1, shape) for (first, last), shape in spans]

    def fresh(self, random: np.random.Generator | None = None) -> Tensor:
        """[N] float32 weights as Keras 2.2 draws them: Glorot's uniform, and recurrent matrices orthogonal.

        Those are the left singular vectors of a matrix of normal numbers, with the signs that LAPACK gives them: of two
        units always a reflection, and most often with a negative first weight. Uniformly drawn ones diverge less often.

        Args:
            random: Whose numbers decide; torch's own generator if there is none.
        """
        seeded = None if random is None else torch.Generator().manual_seed(int(random.integers(1 << 62)))
        drawn = [torch.empty(shape) for shape in self.shapes]
        for number, matrix in enumerate(drawn):
            if number in self.recurrent:
                matrix.copy_(torch.linalg.svd(matrix.normal_(generator=seeded))[0])
            else:
                nn.init.xavier_uniform_(matrix, generator=seeded)
        return torch.cat([matrix.flatten() for matrix in drawn])

    def seen(self, weights: Tensor) -> Tensor:
        """[..., S, F] samples of weights [..., N]."""
        raise NotImplementedError

    def wanted(self, weights: Tensor) -> Tensor:
        """[..., S, G]: the answers of a network that maps weights [..., N] onto themselves."""
        return self.seen(weights)

    def answer(self, layers: Sequence[Tensor], seen: Tensor) -> Tensor:
        """[..., S, G] of samples [..., S, F], by networks of matrices [..., in, out]."""
        for layer in layers:
            seen = self.activation(seen @ layer)
        return seen

    def spread(self, answers: Tensor) -> Tensor:
        """[..., N] weights that answers [..., S, G] stand for."""
        raise NotImplementedError

    def applied(self, layers: Sequence[Tensor], weights: Tensor) -> Tensor:
        """f_θ(w): [..., N] of networks of matrices [..., in, out] and weights [..., N]."""
        return self.spread(self.answer(layers, self.seen(weights)))

    def emit(self, codes: Tensor, weights: Tensor, places: Tensor) -> Tensor:
        """[B] weights at `places` of f_θ(θ); what codes them is not looked at."""
        return self.applied(list(self.layers), weights)[places]


class Weightwise(Tiny):
    """14 weights, 4 → 2 → 2 → 1: each weight is answered by itself, of its value and its normalised position."""

    shapes = ((4, 2), (2, 2), (2, 1))
    samples = 14
    positions: Tensor

    def __init__(self, sizes: alife.Sizes, parameters: Parameters):
        super().__init__(sizes, parameters)
        self.register_buffer("positions", _positions(self.shapes))

    def codes(self) -> Tensor:
        """[N, 3] positions: layer, row, column."""
        return self.positions

    def seen(self, weights: Tensor) -> Tensor:
        """[..., N, 4]: value, layer, row and column of each weight."""
        positions = self.positions.expand(*weights.shape, 3)
        return torch.cat([weights.unsqueeze(-1), positions], -1)

    def wanted(self, weights: Tensor) -> Tensor:
        """[..., N, 1]."""
        return weights.unsqueeze(-1)

    def spread(self, answers: Tensor) -> Tensor:
        """As of `Tiny`."""
        return answers.squeeze(-1)


class Aggregating(Tiny):
    """20 weights, 4 → 2 → 2 → 4: the means of four groups of five weights give the values of all in each group."""

    shapes = ((4, 2), (2, 2), (2, 4))

    def seen(self, weights: Tensor) -> Tensor:
        """[..., 1, 4]: the mean of each group."""
        return weights.unflatten(-1, (4, 5)).mean(-1).unsqueeze(-2)

    def spread(self, answers: Tensor) -> Tensor:
        """As of `Tiny`."""
        return answers.squeeze(-2).repeat_interleave(5, -1)


class Recurrent(Tiny):
    """17 weights, 1 → 2 → 2 → 1, each layer with recurrent weights: all weights are read as one sequence."""

    shapes = ((1, 2), (2, 2), (2, 2), (2, 2), (2, 1), (1, 1))
    recurrent = (1, 3, 5)

    def seen(self, weights: Tensor) -> Tensor:
        """[..., 1, N]: the sequence."""
        return weights.unsqueeze(-2)

    def answer(self, layers: Sequence[Tensor], seen: Tensor) -> Tensor:
        """h_t = σ(x_t·W + h_{t-1}·U) in each layer, from h = 0."""
        sequence = list(seen.split(1, -1))
        for inner, onward in zip(layers[::2], layers[1::2], strict=True):
            state: Tensor | None = None
            for place, value in enumerate(sequence):
                inflow = value @ inner
                state = self.activation(inflow if state is None else inflow + state @ onward)
                sequence[place] = state
        return torch.cat(sequence, -1)

    def spread(self, answers: Tensor) -> Tensor:
        """As of `Tiny`."""
        return answers.squeeze(-2)


KINDS: Final[Mapping[str, type[Tiny]]] = MappingProxyType(
    {"weightwise": Weightwise, "aggregating": Aggregating, "recurrent": Recurrent}
)


def made(kind: str, activation: Activation = "linear") -> Tiny:
    """A network of `KINDS`."""
    return KINDS[kind](alife.Sizes(0, 0, 0, 0, units=1), Parameters(activation=activation))


def _positions(shapes: Sequence[tuple[int, int]]) -> Tensor:
    """[N, 3] float32: the numbers of a weight's matrix, row and column, each over the largest there is, if above 1."""
    places = [
        (layer / max(1, len(shapes) - 1), row / max(1, rows - 1), column / max(1, columns - 1))
        for layer, (rows, columns) in enumerate(shapes)
        for row in range(rows)
        for column in range(columns)
    ]
    return torch.tensor(places, dtype=torch.float32)
