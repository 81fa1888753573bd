"""Codes of coordinates: what a network of one's own is told of the weight that it is to print.

Call `position_code` with a module for a code of each weight's place in it; `random_code` is the default.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alife.organism.shape import Tensors


def position_code(module: nn.Module, units: int) -> Tensor:
    """[N, units] float32 sines and cosines of where each weight is: which tensor, and where on each of its axes.

    A weight's position is a point p in [0, 1]^D: the number of its tensor and its index on each axis, each over how
    many there are (0 on axes that its tensor lacks). The code is sin(2^k·π·p_d / 2), cos(2^k·π·p_d / 2) for octaves
    k = 0, 1, … and each d, as many as `units` hold (as Vaswani et al. 2017 code the places of words).

    Args:
        module: Whose parameters, in the order of `named_parameters`.
        units: K.

    Example:
        >>> import alife
        >>> import torch
        >>> alife.position_code(torch.nn.Linear(3, 2), units=6).shape
        torch.Size([8, 6])
    """
    places = positions(Tensors(tuple(tuple(p.shape) for p in module.parameters()), classes=0))
    octaves = -(-units // (2 * places.shape[1]))
    angles = np.concatenate([2.0**k * np.pi / 2 * places for k in range(octaves)], axis=1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(places), -1)
    return torch.from_numpy(waves[:, :units].astype(np.float32))


def positions(tensors: Tensors) -> NDArray[np.float64]:
    """[N, D] where each weight is: the number of its tensor and its index on each axis, each from 0 to below 1."""
    shapes = [shape or (1,) for shape in tensors.shapes]
    axes = max(map(len, shapes))
    rows = []
    for number, shape in enumerate(shapes):
        index = np.indices(shape).reshape(len(shape), -1)
        place = np.zeros((index.shape[1], 1 + axes))
        place[:, 0] = number / len(shapes)
        place[:, 1 : 1 + len(shape)] = (index / np.array(shape, np.float64)[:, None]).T
        rows.append(place)
    return np.concatenate(rows)
