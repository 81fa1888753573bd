"""Errors of a GPU, told from errors of the program; and a configuration whose device is known.

Work on a GPU within `device_errors`; `resolved` is a configuration whose device is known.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alife.configuration.keys import RunConfig

_BROKEN = ("CUDA error", "CUDA driver", "cuDNN error", "CUBLAS", "CUSOLVER", "NCCL", "No CUDA GPUs", "Found no NVIDIA")


class DeviceError(Exception):
    """A GPU failed.

    Attributes:
        why: In a few words, as said of a worker that is given up.
        broken: Whether the GPU itself is of no more use; else it only lacked memory.
    """

    def __init__(self, why: str, broken: bool):
        super().__init__(why, broken)
        self.why, self.broken = why, broken


@contextmanager
def device_errors() -> Iterator[None]:
    """Turn what torch raises of a GPU into a `DeviceError`, which does not need torch to be read.

    Raises:
        DeviceError: In place of it.
    """
    try:
        yield
    except Exception as error:
        import torch

        words = " ".join(str(error).split())
        if isinstance(error, torch.OutOfMemoryError):
            raise DeviceError("its GPU ran out of memory", broken=False) from error
        known = isinstance(error, getattr(torch, "AcceleratorError", ()))
        if known or (isinstance(error, RuntimeError) and words.startswith(_BROKEN)):
            raise DeviceError(f"its GPU failed ({words[:120]})", broken=True) from error
        raise


def resolved(config: RunConfig, device: str, n_weights: int) -> RunConfig:
    """The configuration with its device, and with what follows from that: GPUs of a worker, and the chunk."""
    from alife.evolution.habitat import default_chunk

    gpus = config.ray.gpus_per_host or (1.0 if device == "cuda" else 0.0)
    ray = config.ray.model_copy(update={"gpus_per_host": gpus})
    config = config.model_copy(update={"device": device, "ray": ray})
    chunk = config.life.chunk or default_chunk(config, n_weights)
    return config.model_copy(update={"life": config.life.model_copy(update={"chunk": chunk})})
