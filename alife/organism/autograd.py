"""Lives of a `Network` by autograd: whole populations at once, for any torch module.

`Autograd` is the gradient of a chunk of individuals, as `alife.organism.lifetime` learns by it; `AutogradLives` is all
that an island needs of a network.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from alife.configuration.keys import Life
from alife.organism.kernel.features import Features
from alife.organism.lifetime import live
from alife.organism.measures import explained_variance
from alife.organism.network import Conditions, Lesson, Network
from alife.organism.shape import Tensors

PLACES, IMAGES = 4096, 256
"""Coordinates and images computed together for a chunk: part of what makes results the same everywhere."""


class Rows:
    """The weights of c networks, one row after another.

    Args:
        flat: [c·N].
        n_weights: N.
    """

    def __init__(self, flat: Tensor, n_weights: int):
        self.flat, self.rows = flat, flat.view(-1, n_weights)

    def read(self, genomes: Tensor) -> None:
        """Take the values of [c, N] genomes."""
        self.rows.copy_(genomes)

    def write(self, genomes: Tensor) -> None:
        """Give the values to [c, N] genomes."""
        genomes.copy_(self.rows)

    def spread(self, values: Tensor) -> Tensor:
        """Like `flat`, with the value [c] of each network at all of its weights."""
        return values.repeat_interleave(self.rows.shape[1])


class Autograd:
    """The weights of c individuals while they live, and the gradient of `Network.loss` at them.

    Args:
        network: Theirs.
        features: Codes of coordinates, features of images, and labels.
        life: Target, losses, batch sizes.
        pairing: "blank".
        c: Individuals.
        like: A tensor with the genomes' dtype and device.

    Attributes:
        weights: `begin` sets them to the genomes of birth; whoever learns changes them between calls.
    """

    def __init__(self, network: Network, features: Features[Tensors], life: Life, pairing: str, c: int, like: Tensor):
        self._network, self._features, self._life = network, features, life
        self.weights = Rows(like.new_zeros(c * features.shape.n_weights), features.shape.n_weights)
        self._target = torch.empty_like(self.weights.rows)
        self._task_weights = like.new_zeros(c)
        self._slope = torch.func.vmap(torch.func.grad(self._loss), in_dims=(0, 0, 0, 0, 0, 0))

    def begin(self, genomes: Tensor, task_weights: Tensor) -> None:
        """Birth: [c, N] genomes, left as they are, and the weights [c] of their cross-entropy, or squared error."""
        self.weights.read(genomes)
        self._target.copy_(genomes)
        self._task_weights.copy_(task_weights)

    def aim(self) -> None:
        """Make the present weights the target."""
        self._target.copy_(self.weights.rows)

    def __call__(self, coordinates: Tensor, images: Tensor | None) -> Tensor:
        """The gradient at `weights`, like `weights.flat`, of coordinates [c or 1, B] and images [c or 1, B']."""
        c, table, labels = len(self._target), self._features.images, self._features.labels
        places = coordinates.expand(c, -1)
        if images is None or table is None or labels is None:
            shown, answers = places[:, :0], places[:, :0]
        else:
            images = images.expand(c, -1)
            shown, answers = as_seen(table[images]), labels[images]
        slope: Tensor = self._slope(self.weights.rows, self._target, self._task_weights, places, shown, answers)
        return slope.reshape(-1)

    def _loss(
        self, weights: Tensor, target: Tensor, task_weight: Tensor, places: Tensor, images: Tensor, labels: Tensor
    ) -> Tensor:
        aim = weights if self._life.target == "self" else target
        task = self._features.images is not None
        shown, answers = (images, labels) if task else (None, None)
        return self._network.loss(weights, Lesson(self._life, places, shown, answers, aim, task_weight))


class AutogradLives:
    """How populations of a `Network` live, print and answer.

    Args:
        network: Theirs.
        features: Codes of coordinates, features of the images to learn from, and their labels.
        together: Individuals computed together.
    """

    def __init__(self, network: Network, features: Features[Tensors], together: int):
        self.network, self.features, self._together = network, features, together

    def live(
        self,
        genomes: Tensor,
        life: Life,
        rates: Tensor,
        task_weights: Tensor,
        streams: Callable[[int], np.random.Generator],
    ) -> Tensor:
        """Adults [P, N] of genomes [P, N]; arguments as of `alife.organism.lifetime.live`."""
        network, features, chunk = self.network, self.features, life.chunk or self._together

        def learn(born: Tensor) -> Tensor:
            slope = partial(Autograd, network)
            return live(features, born, life, "blank", rates, task_weights, streams, chunk, slope)

        conditions = Conditions(life, rates, task_weights, streams, features.images, features.labels, learn)
        return network.live(genomes, conditions)

    def emit(self, networks: Tensor) -> Tensor:
        """[P, N] that networks [P, N] print."""
        printed = torch.func.vmap(self.network.emit, in_dims=(0, None))
        blocks = torch.arange(networks.shape[1], device=networks.device).split(PLACES)
        chunks = networks.split(self._together)
        return torch.cat([torch.cat([printed(chunk, block) for block in blocks], 1) for chunk in chunks])

    def accuracy(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """[P] float32 share of images whose largest logit is their label's; no finite answer is a wrong one."""
        right = torch.zeros(len(networks), dtype=torch.int64, device=networks.device)
        for who, theirs, said, finite in self._said(networks, images, labels):
            right[who] += ((said == theirs) & finite).sum(1)
        return right.to(torch.float32) / max(1, len(images))

    def explained_variance(self, networks: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """[P] float32 share of the variance of targets [n, D] that answers to images [n, …] explain."""
        answer, found = torch.func.vmap(self.network.logits, in_dims=(0, None)), []
        for chunk in networks.split(self._together):
            squares = targets.new_zeros(len(chunk), targets.shape[1], dtype=torch.float64)
            for some, theirs in zip(images.split(IMAGES), targets.split(IMAGES), strict=True):
                squares += (answer(chunk, as_seen(some)).to(torch.float64) - theirs).square().sum(1)
            found.append(explained_variance(squares, targets))
        return torch.cat(found)

    def answers(self, networks: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Confusion [P, C, C] float32, as of `alife.organism.quine.Forward.answers`."""
        classes = self.network.sizes.classes
        given = torch.zeros(len(networks), classes * classes, dtype=torch.int64, device=networks.device)
        for who, theirs, said, finite in self._said(networks, images, labels):
            given[who].scatter_add_(1, theirs * classes + said, finite.to(torch.int64))
        shown = torch.bincount(labels, minlength=classes).clamp(min=1)
        return (given.view(-1, classes, classes) / shown[:, None]).to(torch.float32)

    def _said(self, networks: Tensor, images: Tensor, labels: Tensor) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
        """Block after block: whose, labels [r], the classes answered [c, r], and whether these answers are finite."""
        answer = torch.func.vmap(self.network.logits, in_dims=(0, None))
        for first in range(0, len(networks), self._together):
            who = slice(first, first + self._together)
            for some, theirs in zip(images.split(IMAGES), labels.split(IMAGES), strict=True):
                best, said = answer(networks[who], as_seen(some)).max(2)
                yield who, theirs, said, best.isfinite()


def as_seen(images: Tensor) -> Tensor:
    """Images as a network sees them: uint8 as float32 from 0 to 1, others as they are."""
    return images.to(torch.float32).div_(255) if images.dtype == torch.uint8 else images
