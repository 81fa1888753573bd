"""Adults as files that others read: safetensors of their matrices and fixed features, TorchScript, ONNX.

Call `check`, then an entry of `FORMATS` with `Handed`; `docs/guides/individuals.md` says what each file holds. No class
of this project is in a file, and none is pickled.
"""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from alife.errors import UserError
from alife.evolution.adult import DenseNetwork, OwnNetwork
from alife.evolution.reproduction import Floats


@dataclass(frozen=True)
class Handed:
    """What is to be handed on: adults of one run, one or more.

    Attributes:
        networks: Them.
        genomes: [k, N] float32 that they were born with; None if any of these is not on record.
        about: What is known of them, as JSON takes it.
    """

    networks: tuple[DenseNetwork | OwnNetwork, ...]
    genomes: Floats | None
    about: Mapping[str, Any]

    @property
    def text(self) -> str:
        """`about` as JSON."""
        return json.dumps(dict(self.about), allow_nan=False)


def sizes(network: DenseNetwork | OwnNetwork) -> dict[str, int]:
    """The sizes of a network by name: units, classes, pixels and N; of one of a maker, N."""
    if isinstance(network, OwnNetwork):
        return {"weights": network.n_weights}
    return {
        "hidden": network.first.shape[0],
        "coordinate_units": network.coordinates.shape[1],
        "classes": network.classes.shape[0],
        "pixels": network.projection.shape[0],
        "weights": network.n_weights,
    }


def as_safetensors(handed: Handed) -> bytes:
    """Tensors: `genomes`, `adults` [k, N]; `first`, `second`, `out`, `classes`, the adults' matrices [k, out, in]; the
    fixed features `coordinates`, `projection`, `mean`. Of networks of a maker, their parameters as `module.NAME` [k, …]
    and buffers likewise, and `codes`. Of a regression `target_mean` and `target_sd`, [C] float64. The metadata have
    `Handed.text` under "alife".
    """
    own = [dict(network.named_parameters()) for network in handed.networks]
    layers = {name: np.stack([_array(parameters[name]) for parameters in own]) for name in own[0]}
    tensors = {
        **({} if handed.genomes is None else {"genomes": np.ascontiguousarray(handed.genomes)}),
        "adults": np.concatenate([rows.reshape(len(rows), -1) for rows in layers.values()], 1),
        **layers,
        **{name: _array(buffer) for name, buffer in handed.networks[0].named_buffers()},
    }
    return safetensors.numpy.save(tensors, {"alife": handed.text})


def as_torch(handed: Handed) -> bytes:
    """A TorchScript program: `program(images)` and `program.emit()` as of `DenseNetwork`, and the buffer `genome` [N].

    The file `alife.json` in it is `Handed.text`.
    """
    network = _only_dense(handed, "torch")
    if handed.genomes is not None:
        network.register_buffer("genome", torch.tensor(handed.genomes[0]))
    out = io.BytesIO()
    with _silent():
        program = torch.jit.script(network.eval())
        torch.jit.save(program, out, _extra_files={"alife.json": handed.text})
    return out.getvalue()


def as_onnx(handed: Handed) -> bytes:
    """An ONNX model: of `images` [n, pixels] float32 from 0 to 1, `logits` [n, C]; `emission` [N]; and `genome` [N].

    Of a regression `predictions` [n, C] stands in the place of `logits`. Its metadata have `Handed.text` under "alife".
    """
    network = _only_dense(handed, "onnx")
    genome = None if handed.genomes is None else torch.tensor(handed.genomes[0])
    model = _Outputs(network, genome).eval()
    answers = "logits" if network.target_mean is None else "predictions"
    names = [answers, "emission", *(["genome"] if genome is not None else [])]
    images = torch.zeros(2, network.projection.shape[0])
    with _silent():
        program = torch.onnx.export(
            model,
            (images,),
            dynamo=True,
            input_names=["images"],
            output_names=names,
            dynamic_shapes=({0: torch.export.Dim("n")},),
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    proto.metadata_props.add(key="alife", value=handed.text)
    return bytes(proto.SerializeToString())


FORMATS: Final[Mapping[str, Callable[[Handed], bytes]]] = MappingProxyType(
    {"safetensors": as_safetensors, "torch": as_torch, "onnx": as_onnx}
)


def check(format: str, count: int) -> None:
    """See that so many networks can be written so.

    Raises:
        UserError: No such format, one that holds one network alone, or the extra that it needs is not installed.
    """
    if format not in FORMATS:
        raise UserError(f"--format {format}: not among {', '.join(FORMATS)}")
    if format != "safetensors" and count != 1:
        raise UserError(
            f"--format {format}: a file holds one network, and these are {count}: name one, or take safetensors"
        )
    missing = [name for name in ("onnx", "onnxscript") if format == "onnx" and find_spec(name) is None]
    if missing:
        raise UserError(f"--format onnx: {missing[0]} is not installed: pip install 'alife-quines[onnx]'")


def _only_dense(handed: Handed, format: str) -> DenseNetwork:
    """The one network that is to be written, if it is dense.

    Raises:
        UserError: It is not.
    """
    network = handed.networks[0]
    if isinstance(network, OwnNetwork):
        raise UserError(f"--format {format}: holds dense networks alone (quine.network): take safetensors")
    return network


class _Outputs(nn.Module):
    """All that a network says, as one function of images."""

    born: Tensor | None

    def __init__(self, network: DenseNetwork, genome: Tensor | None):
        super().__init__()
        self.network = network
        self.register_buffer("born", genome)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        pixels = images.to(torch.float64) - self.network.mean
        features = F.selu((pixels @ self.network.projection).to(torch.float32))  # ONNX Runtime has no SELU of float64
        said = self.network.logits(features), self.network.emit()
        return said if self.born is None else (*said, self.born.clone())


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.numpy(force=True))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without what torch says of what it will do one day, and of packages that it does not find."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
