"""One adult as a plain torch module: it prints its genome and names classes of images, anywhere, without this package.

network = load_network("runs/first", 42)          # populations.load_network
network.emit()                                    # [N], the genome as it prints it
network(images).argmax(1)                         # classes of [n, rows, columns] images
network(images)                                   # of a regression [n, D] predictions, in the units of its targets
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from alife.configuration.keys import RunConfig
from alife.evolution import networks
from alife.organism.autograd import as_seen
from alife.organism.genome import split
from alife.organism.shape import Shape
from alife.world.arrays import Span
from alife.world.projections import Optics, Physics
from alife.world.targets import Scale


def adult(config: RunConfig, physics: Physics, weights: Tensor) -> "DenseNetwork | OwnNetwork":
    """The module of a run's network with weights [N]."""
    if isinstance(physics.shape, Shape):
        return DenseNetwork(weights, physics, config.quine.pairing)
    return OwnNetwork(weights, networks.made(config, physics), physics.span, physics.scale)


class Answering(nn.Module):
    """What answers in the units of its targets, if it has learned a regression.

    Args:
        scale: Of the targets; None of classes.

    Attributes:
        target_mean, target_sd: [D] float64 of the training set; None of classes.
    """

    target_mean: Tensor | None
    target_sd: Tensor | None

    def __init__(self, scale: Scale | None):
        super().__init__()
        for name in ("mean", "sd"):
            values = None if scale is None else torch.tensor(getattr(scale, name), dtype=torch.float64)
            self.register_buffer(f"target_{name}", values)

    def in_units(self, outputs: Tensor) -> Tensor:
        """Outputs [n, D] times the standard deviation of targets plus their mean; logits as they are."""
        mean, sd = self.target_mean, self.target_sd
        if mean is None or sd is None:
            return outputs
        return (outputs.to(torch.float64) * sd + mean).to(outputs.dtype)


class OwnNetwork(Answering):
    """A network that a configuration names, with weights of its own.

    Args:
        weights: [N] float32.
        network: That of the run, with the codes of its coordinates.
        span: The two values of floats that it sees as 0 and 1.
        scale: As of `Answering`.

    Attributes:
        module: The user's, with these weights as its parameters.
        codes: [N, K], of the genome's coordinates.
    """

    codes: Tensor

    def __init__(self, weights: Tensor, network: networks.Network, span: Span, scale: Scale | None = None):
        super().__init__(scale)
        self.module, self.n_weights, self.span, self._network = network.module, len(network.codes), span, network
        nn.utils.vector_to_parameters(weights.clone(), self.module.parameters())
        self.register_buffer("codes", network.codes)
        self.eval()

    @property
    def weights(self) -> Tensor:
        """[N] its weights in a row."""
        return nn.utils.parameters_to_vector(self.module.parameters())

    def emit(self) -> Tensor:
        """[N] what it prints of each coordinate: the genome that its children would get."""
        self._network.codes = self.codes
        return self._network.emit(self.weights)

    def forward(self, images: Tensor) -> Tensor:
        """Logits or predictions [n, C] of images, as `DenseNetwork.forward` takes them."""
        sizes, (low, high) = self._network.sizes, self.span
        seen = as_seen(images) if images.dtype == torch.uint8 else ((images - low) / (high - low)).to(torch.float32)
        image = [sizes.rows, sizes.columns, sizes.channels]
        seen = channels_last(seen, image).reshape(-1, *image).movedim(3, 1)
        return self.in_units(self._network.logits(self.weights, networks.seen_by(self._network, seen)))


def channels_last(images: Tensor, image: list[int]) -> Tensor:
    """Images [n, channels, rows, columns] as [n, rows, columns, channels]; those in another layout as they are.

    Args:
        images: What may be either.
        image: Rows, columns and channels of one.
    """
    if images.dim() != 4 or len(image) != 3:
        return images
    given = [images.shape[1], images.shape[2], images.shape[3]]
    return images.movedim(1, 3) if given != image and given == [image[2], image[0], image[1]] else images


class DenseNetwork(Answering):
    """A dense network with the fixed features that it sees the world through.

    Args:
        weights: [N] float32.
        physics: The world that it lived in.
        pairing: Its run's `quine.pairing`.

    Attributes:
        first, second: Layers [H, H], out by in, without bias and with SELU after each.
        out: The head that prints a weight, [1, H].
        classes: The head that names a class, or predicts C numbers, [C, H]; without a task C = 0.
        span: The two values that it sees as 0 and 1; (0, 1) of what learned uint8, which it takes, too.
        image: Rows and columns of an image, and channels if it has more than one.
        coordinates: [N, K] features of the genome's coordinates.
    """

    coordinates: Tensor
    projection: Tensor
    mean: Tensor
    image: list[int]

    def __init__(self, weights: Tensor, physics: Physics, pairing: str):
        super().__init__(physics.scale)
        shape = physics.shape
        assert isinstance(shape, Shape)
        matrices = split(weights.unsqueeze(0), shape)
        self.joint, self.n_weights = pairing == "joint", shape.n_weights
        self.first, self.second, self.out, self.classes = (nn.Parameter(w[0].clone()) for w in matrices)
        self.register_buffer("coordinates", torch.tensor(physics.coordinates))
        optics = physics.optics or Optics(np.empty((0, shape.hidden - shape.coordinate_units)), np.empty(0))
        self.register_buffer("projection", torch.tensor(optics.projection))
        self.register_buffer("mean", torch.tensor(optics.mean))
        self.span = physics.span
        self.image = list((physics.task or {}).get("shape", []))

    @torch.jit.export
    def emit(self) -> Tensor:
        """[N] what it prints of each coordinate, the image blank: the genome that its children would get."""
        blank = self.coordinates.new_zeros(self.n_weights, self.first.shape[1] - self.coordinates.shape[1])
        return F.linear(self._hidden(self.coordinates, blank), self.out).squeeze(1)

    def forward(self, images: Tensor, number: int = 0) -> Tensor:
        """Logits [n, C] of images, the coordinate blank; with joint pairing, coordinate k mod N beside image k.

        Of a regression predictions [n, C], in the units of its targets.

        Args:
            images: [n, pixels], [n, rows, columns], [n, rows, columns, channels] or [n, channels, rows, columns]: uint8
                from 0 to 255, or floats from 0 to 1; where `span` says otherwise, values on the scale of the data that
                it learned.
            number: k of the first image.
        """
        pixels = channels_last(images, self.image).flatten(1).to(torch.float64)
        low, high = self.span
        if (low, high) != (0.0, 1.0):
            pixels = (pixels - low) / (high - low)
        elif images.dtype == torch.uint8:
            pixels = pixels / 255
        return self.logits(F.selu((pixels - self.mean) @ self.projection).to(self.coordinates.dtype), number)

    def logits(self, features: Tensor, number: int = 0) -> Tensor:
        """As `forward`, of the features [n, H - K] of images."""
        beside = torch.arange(number, number + features.shape[0], device=features.device) % self.n_weights
        coordinates = self.coordinates[beside] if self.joint else torch.zeros_like(self.coordinates[beside])
        return self.in_units(F.linear(self._hidden(coordinates, features), self.classes))

    def _hidden(self, coordinates: Tensor, images: Tensor) -> Tensor:
        inputs = torch.cat([coordinates, images], 1)
        return F.selu(F.linear(F.selu(F.linear(inputs, self.first)), self.second))
