"""A network of one's own: a small convolutional classifier that prints its own 10,000 weights.

alife run --quine.network examples/my_network.py:Convolutional --quine.coordinate_units 64
"""

from pydantic import BaseModel, Field
from torch import nn

import alife


class Parameters(BaseModel):
    """What `quine.parameters` may say."""

    channels: int = Field(16, ge=1, le=256, description="of the second convolution; the first has half of them")


class Convolutional(nn.Module):
    """Two convolutions and a layer that classify, and two layers that print a weight of a code of its position."""

    def __init__(self, sizes: alife.Sizes, parameters: Parameters):
        super().__init__()
        c, self.units = parameters.channels, sizes.units
        layers = nn.Conv2d(sizes.channels, c // 2, 3, 2, 1), nn.SELU(), nn.Conv2d(c // 2, c, 3, 2, 1), nn.SELU()
        self.see = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(9 * c, sizes.classes))
        self.print = nn.Sequential(nn.Linear(sizes.units, 110), nn.SELU(), nn.Linear(110, 1))

    def codes(self):
        """[N, K] what it is told of each of its weights."""
        return alife.position_code(self, self.units)

    def emit(self, codes):
        """[B] weights that it prints of codes [B, K]."""
        return self.print(codes).squeeze(-1)

    def forward(self, images):
        """[n, C] logits of images [n, channels, rows, columns] from 0 to 1."""
        return self.see(images)
