"""A small data set that needs no file: the ten digits as glyphs of 5 × 7 dots, moved and noisy, on 8 × 8 pixels.

Call `arrays`; `alife.world.task` does for the task "glyphs".
"""

from typing import Final

import numpy as np

from alife.world.idx import Bytes

TRAINING: Final = 3_000
TEST: Final = 600
SEED: Final = 20181018

_DOTS: Final = (
    "01110 10001 10011 10101 11001 10001 01110",
    "00100 01100 00100 00100 00100 00100 01110",
    "01110 10001 00001 00110 01000 10000 11111",
    "11111 00010 00100 00010 00001 10001 01110",
    "00010 00110 01010 10010 11111 00010 00010",
    "11111 10000 11110 00001 00001 10001 01110",
    "00110 01000 10000 11110 10001 10001 01110",
    "11111 00001 00010 00100 01000 01000 01000",
    "01110 10001 10001 01110 10001 10001 01110",
    "01110 10001 10001 01111 00001 00010 01100",
)
_SIZE: Final = 8
_NOISE: Final = 30


def arrays() -> dict[str, Bytes]:
    """Images uint8 [n, 8, 8] and labels uint8 [n] by `idx.ROLES`, the same whenever they are asked for."""
    draw = np.random.RandomState(SEED)  # its stream never changes with numpy's version
    found: dict[str, Bytes] = {}
    for split, n in (("train", TRAINING), ("t10k", TEST)):
        labels = np.resize(np.arange(10, dtype=np.uint8), n)
        draw.shuffle(labels)
        found[f"{split}-images"] = np.stack([_image(int(label), draw) for label in labels])
        found[f"{split}-labels"] = labels
    return found


def _image(label: int, draw: np.random.RandomState) -> Bytes:
    rows = [[int(dot) for dot in row] for row in _DOTS[label].split()]
    image = np.zeros((_SIZE, _SIZE), np.int64)
    down, right = draw.randint(0, 2), draw.randint(1, 3)
    image[down : down + 7, right : right + 5] = np.array(rows) * draw.randint(120, 220)
    image += draw.randint(-_NOISE, _NOISE + 1, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)
