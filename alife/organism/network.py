"""A network of one's own: any torch module that prints a weight of a coordinate, and names classes of images, or
predicts numbers of them.

`Network` makes of a module what a life needs: functions of one row of weights θ [N], which are computed for whole
populations at once by `torch.func.vmap`, and differentiated by `torch.func.grad`. Whose network is to learn, print or
live otherwise overrides `loss`, `emit` or `live`.

The module has `emit(codes)` and, with a task, `forward(images)`; `docs/guides/own_network.md` says what else it may
have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from alife.configuration.keys import Life
from alife.organism.shape import Tensors
from alife.plugins import named_arguments

OFFERS = ("weights", "places")
"""What a module's `emit` is given, beside the codes, if it asks for it by name."""


@dataclass(frozen=True)
class Sizes:
    """What a network has to fit.

    Attributes:
        channels: Of an image; 0 without a task.
        rows: Of an image, in pixels.
        columns: Of an image, in pixels.
        classes: C, or the outputs of a regression; 0 without a task.
        units: K, the numbers that code a coordinate: `quine.coordinate_units`.

    Example:
        >>> import alife
        >>> alife.Sizes(channels=1, rows=28, columns=28, classes=10, units=50).pixels
        784
    """

    channels: int
    rows: int
    columns: int
    classes: int
    units: int

    @property
    def pixels(self) -> int:
        """Values of an image."""
        return self.channels * self.rows * self.columns


@dataclass(frozen=True)
class Lesson:
    """What one individual meets at one step of its life, and what it is to print.

    Attributes:
        life: The configuration's section: `replication_weight`, `temperature`, `loss` and the others.
        places: [B] int64, coordinates.
        images: [B', …] float32, fixed features of images; None without a task.
        labels: [B'] int64, or of a regression [B', C] float32, standardised targets; None without a task.
        target: [N], the genome to print: that of birth, or with `life.target: self` the weights themselves.
        task_weight: [], the weight of the cross-entropy, or of the squared error.

    Example:
        >>> import alife
        >>> class Careful(alife.Network):
        ...     def loss(self, weights, lesson):
        ...         printed = self.emit(weights, lesson.places)
        ...         return alife.replication(printed, lesson) + 1e-4 * weights.square().sum()
    """

    life: Life
    places: Tensor
    images: Tensor | None
    labels: Tensor | None
    target: Tensor
    task_weight: Tensor


@dataclass(frozen=True)
class Conditions:
    """What a whole island lives under.

    Attributes:
        life: The configuration's section.
        rates: [P] learning rates.
        task_weights: [P] weights of the cross-entropy, or of the squared error.
        random: Slot → that individual's generator: draw from nothing else.
        images: [n, …] fixed features of the images to learn from; where these are the images themselves, they may be
            uint8 from 0 to 255. None without a task.
        labels: [n] int64, or of a regression [n, C] float32; None without a task.
        learn: [P, N] genomes → [P, N] adults: what lives are if a network does not say otherwise.

    Example:
        >>> import alife
        >>> class Schooled(alife.Network):
        ...     def live(self, genomes, conditions):
        ...         adults = conditions.learn(genomes)
        ...         return 0.9 * adults + 0.1 * adults.mean(0)
    """

    life: Life
    rates: Tensor
    task_weights: Tensor
    random: Callable[[int], np.random.Generator]
    images: Tensor | None
    labels: Tensor | None
    learn: Callable[[Tensor], Tensor]


class Network:
    """A torch module as an organism, of which the weights alone are inherited.

    Its parameters in the order of `named_parameters` are a genome; buffers are the same for all.

    Args:
        module: With `emit(codes) -> [B]` of codes [B, K] and, with a task, `forward(images) -> [n, C]` of images
            [n, channels, rows, columns] from 0 to 1, or of what its `features(images)` makes of them once a run.
            `emit` may ask for `weights`, [N] the network's own, and `places`, [B] the coordinates, by name.
        sizes: As they were given to whoever made the module.

    Attributes:
        shape: Of the weights.
        codes: [N, K] what codes the coordinates; of who makes the physics.

    Example:
        >>> import alife
        >>> import torch
        >>> class Tiny(torch.nn.Module):
        ...     def __init__(self, sizes):
        ...         super().__init__()
        ...         self.print = torch.nn.Linear(sizes.units, 1)
        ...     def emit(self, codes):
        ...         return self.print(codes).squeeze(-1)
        >>> sizes = alife.Sizes(channels=0, rows=0, columns=0, classes=0, units=4)
        >>> network = alife.Network(Tiny(sizes), sizes)
        >>> network.shape.n_weights, network.shape.shapes
        (5, ((1, 4), (1,)))
    """

    codes: Tensor

    def __init__(self, module: nn.Module, sizes: Sizes):
        self.module, self.sizes = module.eval(), sizes
        self.parameters = dict(module.named_parameters())
        self.shape = Tensors(tuple(tuple(p.shape) for p in self.parameters.values()), sizes.classes)
        self._counts = [p.numel() for p in self.parameters.values()]
        self._voice = _Voice(self.module)
        self._asks = [name for name in OFFERS if name in named_arguments(getattr(module, "emit", lambda codes: None))]

    def on(self, codes: Tensor) -> "Network":
        """This network, with codes [N, K] and its buffers where they are."""
        self.codes = codes
        self.module.to(codes.device)
        return self

    def initial(self) -> Tensor:
        """[N] float32 weights that the module was made with: a founder's, if it was made for one."""
        return torch.cat([p.detach().flatten() for p in self.parameters.values()])

    def emit(self, weights: Tensor, places: Tensor | None = None) -> Tensor:
        """f_θ(c): what weights [N] print of the coordinates `places` [B], or of all."""
        if places is None:
            places = torch.arange(len(self.codes), device=self.codes.device)
        offered = {"weights": weights, "places": places}
        printed: Tensor = self._call(weights, "emit", self.codes[places], **{n: offered[n] for n in self._asks})
        return printed

    def logits(self, weights: Tensor, images: Tensor) -> Tensor:
        """[n, C] that weights [N] answer to images [n, …]: logits, or in a regression predictions."""
        answers: Tensor = self._call(weights, "forward", images)
        return answers

    def loss(self, weights: Tensor, lesson: Lesson) -> Tensor:
        """[] what an individual minimises: `replication` of what it prints, beside `task_loss`.

        Args:
            weights: [N] its own.
            lesson: What it meets.
        """
        printed = self.emit(weights, lesson.places)
        loss = lesson.life.replication_weight * replication(printed, lesson)
        if lesson.images is not None:
            loss = loss + lesson.task_weight * task_loss(self.logits(weights, lesson.images), lesson)
        return loss

    def live(self, genomes: Tensor, conditions: Conditions) -> Tensor:
        """[P, N] adults of genomes [P, N] of one island; those whose individuals interact override it."""
        return conditions.learn(genomes)

    def _call(self, own_weights: Tensor, method: str, *args: Any, **named: Any) -> Any:
        parts = own_weights.split(self._counts)
        own = {f"module.{n}": part.view_as(p) for (n, p), part in zip(self.parameters.items(), parts, strict=True)}
        return torch.func.functional_call(self._voice, own, (method, *args), named)


def replication(printed: Tensor, lesson: Lesson) -> Tensor:
    """[] ρ as estimated from what was printed [B] of `lesson.places`: (N/B)·Σ(f(c) - g_c)² / Σg².

    With `life.loss: sum` it is L_SR of these coordinates, Σ(f(c) - g_c)².

    Example:
        >>> import alife
        >>> import torch
        >>> life, genome = alife.parse_config({}).life, torch.tensor([3.0, 4.0])
        >>> places, none = torch.tensor([0]), torch.zeros(0)
        >>> lesson = alife.Lesson(life, places, None, None, target=genome, task_weight=none)
        >>> alife.replication(torch.tensor([0.0]), lesson)
        tensor(0.7200)
    """
    error = (printed - lesson.target[lesson.places]).square().sum()
    if lesson.life.loss == "sum":
        return error
    energy = lesson.target.square().sum().clamp_min(1e-30)
    return error * (len(lesson.target) / len(lesson.places)) / energy


def task_loss(outputs: Tensor, lesson: Lesson) -> Tensor:
    """[] `classification`, or in a regression `regression`, of outputs [B', C]: what the lesson's labels ask for.

    Example:
        >>> import alife
        >>> import torch
        >>> life, none = alife.parse_config({}).life, torch.zeros(0)
        >>> asked = [torch.tensor([1]), torch.tensor([[3.0, 0.0]])]
        >>> lessons = [alife.Lesson(life, none, none, labels, target=none, task_weight=none) for labels in asked]
        >>> [round(alife.task_loss(torch.zeros(1, 2), lesson).item(), 4) for lesson in lessons]
        [0.6931, 2.25]
    """
    assert lesson.labels is not None
    return (regression if lesson.labels.is_floating_point() else classification)(outputs, lesson)


def classification(logits: Tensor, lesson: Lesson) -> Tensor:
    """[] mean cross-entropy of softmax(logits / temperature), with `life.loss: sum` its sum; logits are [B', C].

    Example:
        >>> import alife
        >>> import torch
        >>> life, none = alife.parse_config({}).life, torch.zeros(0)
        >>> lesson = alife.Lesson(life, none, none, torch.tensor([1]), target=none, task_weight=none)
        >>> alife.classification(torch.zeros(1, 4), lesson)
        tensor(1.3863)
    """
    assert lesson.labels is not None
    how = "sum" if lesson.life.loss == "sum" else "mean"
    return F.cross_entropy(logits / lesson.life.temperature, lesson.labels, reduction=how)


def regression(outputs: Tensor, lesson: Lesson) -> Tensor:
    """[] mean of ½(output - target)² over images and outputs, with `life.loss: sum` its sum; outputs are [B', C].

    Example:
        >>> import alife
        >>> import torch
        >>> life, none = alife.parse_config({}).life, torch.zeros(0)
        >>> lesson = alife.Lesson(life, none, none, torch.tensor([[1.0], [3.0]]), target=none, task_weight=none)
        >>> alife.regression(torch.tensor([[1.0], [1.0]]), lesson)
        tensor(1.)
    """
    assert lesson.labels is not None
    squares = (outputs - lesson.labels).square() / 2
    return squares.sum() if lesson.life.loss == "sum" else squares.mean()


class _Voice(nn.Module):
    """A module whose methods are called by name, as `functional_call` calls only one."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, method: str, *args: Any, **named: Any) -> Any:
        return getattr(self.module, method)(*args, **named)
