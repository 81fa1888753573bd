"""Builders of small IDX folders, for every test that needs a data set and not MNIST itself."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from alife.world.idx import ROLES, Bytes, write_idx


def make_arrays(
    *, train: int = 60, test: int = 20, shape: tuple[int, int] = (6, 5), classes: int = 3, seed: int = 0
) -> dict[str, Bytes]:
    """The four arrays of a data set that can be learned: each class is a pattern of its own under pixel noise.

    Returns:
        By role ("train-images", …): images uint8 [n, *shape], labels uint8 [n] that go round all classes.
    """
    draw = np.random.default_rng(seed)
    patterns = draw.integers(0, 200, (classes, *shape))
    arrays = {}
    for split, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % classes
        images = patterns[labels] + draw.integers(0, 56, (count, *shape))
        arrays[f"{split}-images"] = images.astype(np.uint8)
        arrays[f"{split}-labels"] = labels.astype(np.uint8)
    return arrays


def write_folder(
    folder: Path, arrays: Mapping[str, Bytes] | None = None, *, dotted: bool = False, gzipped: bool = False
) -> Path:
    """Write arrays (by default `make_arrays()`) as the four files of an IDX folder, and return the folder.

    Args:
        folder: Made if absent.
        arrays: By role; a role left out has no file.
        dotted: Spell train-images.idx3-ubyte, not train-images-idx3-ubyte.
        gzipped: Gzip the files and add .gz to their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for role, values in (make_arrays() if arrays is None else arrays).items():
        name = f"{role}{'.' if dotted else '-'}idx{ROLES[role]}-ubyte{'.gz' if gzipped else ''}"
        write_idx(folder / name, values, gzipped=gzipped)
    return folder
