"""The heritable quine: the loss of its life asks classes of the network that it prints, not of itself.

`quine.network: heritable` calls `heritable`. The network is that of `alife.organism.quine`; at each step of a life it
prints all N weights, f_R(θ), and the classes are asked of a network that has these weights. So what is learned is
learned by what is handed on, and a newborn knows it.
"""

from dataclasses import replace
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

import alife


class Parameters(BaseModel):
    """What `quine.parameters` may say."""

    model_config = ConfigDict(extra="forbid")

    hidden: int = Field(32, ge=2, le=256, description="H, units of each layer")
    norm: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Σg² of what is printed; that of founders, N/(3H), if null"
    )
    scaled: bool = Field(True, description="scale founders, and what is printed, to that norm")
    asked: Literal["printed", "adult"] = Field(
        "printed", description="whose answers a life learns: of the network that is printed or, to compare, its own"
    )


class Layers(nn.Module):
    """Two SELU layers of H units and two heads, without bias: K inputs for a coordinate's code, H - K for an image.

    Without a task there are the K inputs alone, and one head. Weights are U(±1/√inputs), torch's default.

    Args:
        sizes: Of codes, images and classes.
        hidden: H.
    """

    projection: Tensor

    def __init__(self, sizes: alife.Sizes, hidden: int):
        super().__init__()
        self.units = sizes.units
        self.first = nn.Linear(hidden if sizes.classes else sizes.units, hidden, bias=False)
        self.second = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(hidden, 1, bias=False)
        if sizes.classes:
            self.classes = nn.Linear(hidden, sizes.classes, bias=False)
            drawn = torch.rand(sizes.pixels, hidden - sizes.units, dtype=torch.float64)
            self.register_buffer("projection", (2 * drawn - 1) * 3**0.5)

    def emit(self, codes: Tensor) -> Tensor:
        """[B] what is printed, before it is scaled, of codes [B, K]."""
        return self.out(self._hidden(codes, slice(0, self.units))).squeeze(-1)

    def forward(self, features: Tensor) -> Tensor:
        """[n, C] logits of features [n, H - K]."""
        return self.classes(self._hidden(features, slice(self.units, None)))

    def features(self, images: Tensor) -> Tensor:
        """[n, H - K] SELU of projected images; each image is scaled so that what goes into SELU has mean square 1."""
        pixels = F.normalize(images.flatten(1).double())
        return F.selu(pixels @ self.projection).float()

    def _hidden(self, inputs: Tensor, units: slice) -> Tensor:
        return F.selu(self.second(F.selu(F.linear(inputs, self.first.weight[:, units]))))


class Heritable(alife.Network):
    """`Layers` that learn classes for the network that they print.

    Args:
        layers: The module.
        sizes: As it was made for.
        parameters: What `quine.parameters` says.

    Attributes:
        norm: Σg² of founders, and of all that is printed.
    """

    def __init__(self, layers: Layers, sizes: alife.Sizes, parameters: Parameters):
        super().__init__(layers, sizes)
        self._scaled, self._asked = parameters.scaled, parameters.asked
        self.norm = sum(map(len, layers.parameters())) / 3 if parameters.norm is None else parameters.norm

    def initial(self) -> Tensor:
        """A founder's weights [N]."""
        return self._to_norm(super().initial())

    def emit(self, weights: Tensor, places: Tensor | None = None) -> Tensor:
        """What weights [N] print of coordinates [B], or of all: the whole print is scaled, whatever is asked of it."""
        printed = self._to_norm(super().emit(weights))
        return printed if places is None else printed[places]

    def loss(self, weights: Tensor, lesson: alife.Lesson) -> Tensor:
        """[] ρ of all that is printed, beside the loss of the task of the network that has these weights."""
        printed = self.emit(weights)
        whole = replace(lesson, places=torch.arange(len(printed), device=printed.device))
        loss = lesson.life.replication_weight * alife.replication(printed, whole)
        if lesson.images is not None:
            asked = printed if self._asked == "printed" else weights
            loss = loss + lesson.task_weight * alife.task_loss(self.logits(asked, lesson.images), lesson)
        return loss

    def _to_norm(self, weights: Tensor) -> Tensor:
        return F.normalize(weights, dim=0) * self.norm**0.5 if self._scaled else weights


def heritable(sizes: alife.Sizes, parameters: Parameters) -> Heritable:
    """Networks whose children are born knowing what they have learned.

    Raises:
        UserError: No units are left for the image.
    """
    if sizes.classes and sizes.units >= parameters.hidden:
        raise alife.UserError(
            f"quine.coordinate_units: {sizes.units}: with a task, fewer than its {parameters.hidden} hidden units "
            "(quine.parameters: hidden) are expected: the image needs units too"
        )
    return Heritable(Layers(sizes, parameters.hidden), sizes, parameters)


__all__ = ["Heritable", "Parameters", "heritable"]
