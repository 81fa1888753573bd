"""The network that a configuration names: its maker found, and called under the run's seeds.

`quine.network` is the dense network of `alife.organism.quine`, or a maker: a class or function of (sizes[, parameters])
that gives a torch module or a `Network`. A founder is what the maker makes under that founder's own seed; the buffers
of all are those that it makes under the seed of the projections.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alife import plugins
from alife.configuration.keys import RunConfig
from alife.configuration.networks import DENSE, shipped
from alife.organism.autograd import as_seen
from alife.organism.network import OFFERS, Network, Sizes
from alife.organism.shape import Tensors
from alife.plugins import Found, named_arguments
from alife.streams import Stream, rng
from alife.world.projections import Physics, random_codes, unit_blocks
from alife.world.task import Task

KEY: Final = "quine.network"
TAKES: Final = ("sizes",)
"""What a maker is called with, before its parameters."""
MOST_WEIGHTS: Final = 1 << 26
"""Of a network."""
_BLOCK: Final = 1024  # images whose features are computed together


def own(config: RunConfig, again: bool = False) -> Found | None:
    """The maker that a configuration names, None of the dense network.

    Args:
        config: The run's.
        again: As of `plugins.find`.

    Raises:
        UserError: As of `plugins.find`.
    """
    name = config.quine.network
    if name == DENSE:
        return None
    return plugins.find(KEY, shipped(name).maker, config.quine.parameters, TAKES, again, word=name)


def sizes_of(config: RunConfig, task: Task | None) -> Sizes:
    """What the network of a run has to fit."""
    units = config.quine.coordinate_units
    if task is None:
        return Sizes(0, 0, 0, 0, units)
    rows, columns, *channels = task.shape
    return Sizes(channels[0] if channels else 1, rows, columns, task.classes, units)


def shape_of(config: RunConfig, task: Task | None) -> Tensors:
    """The weights of the network of a run, its file read again.

    Raises:
        UserError: The maker cannot be had, fails, or makes no network.
    """
    found = own(config, again=True)
    assert found is not None
    return _make(found, sizes_of(config, task), rng(_seed(config), Stream.PROJECTION, 2)).shape


def physics(config: RunConfig, task: Task | None) -> Physics:
    """What networks of a maker see: codes of coordinates, and images, as they are or as `features` has them.

    Raises:
        UserError: The maker cannot be had, fails, or makes no network; or they do not fit into memory.
    """
    found = own(config)
    assert found is not None
    sizes, seed = sizes_of(config, task), _seed(config)
    network = _make(found, sizes, rng(seed, Stream.PROJECTION, 2))
    try:
        codes = _codes(found, network, seed)
        if task is None:
            return Physics(network.shape, codes, {}, {}, sizes=sizes)
        names = "learn", "select", "test"
        images = {name: _features(found, network, getattr(task, f"{name}_images"), task) for name in names}
        labels = {name: task.answers(name) for name in names}
        told, span, scale = task.recorded(config.task), task.span, task.scale
        return Physics(network.shape, codes, images, labels, task=told, sizes=sizes, span=span, scale=scale)
    except MemoryError:
        raise found.error("what it sees of the data does not fit into memory: choose fewer images") from None


def made(config: RunConfig, world: Physics) -> Network:
    """The network of a run, on the CPU, with the codes of its coordinates.

    Raises:
        UserError: It cannot be had here, or is not that of the physics.
    """
    found = own(config)
    assert found is not None
    assert world.sizes is not None
    network = _make(found, world.sizes, rng(_seed(config), Stream.PROJECTION, 2))
    if network.shape != world.shape:
        raise found.error("makes another network than before: it may depend on nothing but its arguments")
    network.codes = torch.from_numpy(world.coordinates)
    return network


def founder(config: RunConfig, world: Physics) -> Callable[[int, int], NDArray[np.float32]] | None:
    """(island, slot) → [N] weights of a founder; None of the dense network, whose founders are drawn by island."""
    found, sizes = own(config), world.sizes
    if found is None or sizes is None:
        return None

    def draw(island: int, slot: int) -> NDArray[np.float32]:
        network = _make(found, sizes, rng(config.seed, Stream.FOUNDERS, island, slot))
        if network.shape != world.shape:
            raise found.error("makes networks of different sizes: all of a run have the same")
        return network.initial().numpy().copy()

    return draw


def _make(found: Found, sizes: Sizes, random: np.random.Generator) -> Network:
    """What a maker makes under a seed of torch's generator.

    Raises:
        UserError: It failed, or what it gives is no network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(random.integers(1 << 62)))
        given = found(sizes, where="when it was made")
    if isinstance(given, nn.Module):
        if any(isinstance(parameter, nn.UninitializedParameter) for parameter in given.parameters()):
            raise found.error("has lazy layers, whose weights are not there yet: give each layer its sizes")
        given = Network(given, sizes)
    if not isinstance(given, Network):
        raise found.error(f"gave a {type(given).__name__}: a torch.nn.Module or an alife.Network is expected")
    for why in _missing(given):
        raise found.error(why)
    return given


def _missing(network: Network) -> Iterator[str]:
    """What a network lacks that a life needs."""
    if not network.parameters:
        yield "has no parameters: weights that it can print are expected (torch.nn.Parameter)"
        return
    for name, parameter in network.parameters.items():
        if parameter.dtype != torch.float32:
            yield f"its parameter {name} is {parameter.dtype}: torch.float32 is expected"
        if not parameter.requires_grad:
            yield f"its parameter {name} is frozen: all parameters are the genome; what is to stay is a buffer"
    n = network.shape.n_weights
    if not 2 <= n <= MOST_WEIGHTS:
        yield f"has {n:,} weights: 2 to {MOST_WEIGHTS:,} are expected"
    if not callable(getattr(network.module, "emit", None)) and type(network).emit is Network.emit:
        yield "has no method emit(codes): one that prints [B] weights of codes [B, K] is expected"
    arguments = named_arguments(getattr(network.module, "emit", lambda codes: None))
    if unknown := [name for name in list(arguments)[1:] if name not in OFFERS]:
        yield f"its emit asks for {unknown[0]!r}, which nobody gives: emit(codes), and {', '.join(OFFERS)} by name"
    answers = type(network.module).forward is not nn.Module.forward or type(network).logits is not Network.logits
    if network.sizes.classes and not answers:
        yield "has no method forward(images): one that gives [n, C] logits of images is expected"
    if not bool(network.initial().isfinite().all()):
        yield "was made with weights that are not finite: finite ones are expected"


def _seed(config: RunConfig) -> int:
    return config.seed if config.quine.projection_seed is None else config.quine.projection_seed


def _codes(found: Found, network: Network, seed: int) -> NDArray[np.float32]:
    """[N, K] float32, what codes the coordinates: what the module's `codes()` gives, or drawn at random."""
    n, k = network.shape.n_weights, network.sizes.units
    if not hasattr(network.module, "codes"):
        return random_codes(seed, n, k)
    with found.telling("in its codes()"), torch.no_grad():
        given = network.module.codes()  # type: ignore[operator]
    expected = f"a row a weight is expected, [{n}, K] float32, finite"
    if not isinstance(given, Tensor):
        raise found.error(f"its codes() gave a {type(given).__name__}: {expected}")
    if given.ndim != 2 or len(given) != n or given.dtype != torch.float32:
        raise found.error(f"its codes() gave {given.dtype} of shape {tuple(given.shape)}: {expected}")
    if not bool(given.isfinite().all()):
        raise found.error(f"its codes() gave values that are not finite: {expected}")
    return given.contiguous().numpy()


def _features(found: Found, network: Network, images: NDArray[Any], task: Task) -> NDArray[Any]:
    """[n, channels, rows, columns] images, uint8 or float32 from 0 to 1, or what `features` makes of them."""
    sizes = network.sizes
    if images.dtype != np.uint8:
        images = np.concatenate([block.astype(np.float32) for block in unit_blocks(images, task.span)])
    images = images.reshape(-1, sizes.rows, sizes.columns, sizes.channels).transpose(0, 3, 1, 2)
    if not _has_features(network):
        return np.ascontiguousarray(images)
    made = []
    for first in range(0, len(images), _BLOCK):
        block = torch.from_numpy(np.ascontiguousarray(images[first : first + _BLOCK]))
        with found.telling("in its features(images)"), torch.no_grad():
            given = seen_by(network, as_seen(block))
        if not isinstance(given, Tensor) or given.ndim < 2 or len(given) != len(block) or given.dtype != torch.float32:
            what = f"{given.dtype} of shape {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
            raise found.error(
                f"its features(images) gave {what}: [{len(block)}, …] float32 is expected, a row an image"
            )
        made.append(given.numpy().copy())
    return np.concatenate(made)


def seen_by(network: Network, images: Tensor) -> Tensor:
    """What a network's `forward` is given of images [n, channels, rows, columns] float32: its `features`, or these."""
    return network.module.features(images) if _has_features(network) else images  # type: ignore[operator]


def _has_features(network: Network) -> bool:
    """Whether a module has a method `features`; a layer of that name is its own affair."""
    features = getattr(network.module, "features", None)
    return callable(features) and not isinstance(features, nn.Module)
