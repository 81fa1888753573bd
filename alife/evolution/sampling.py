"""Selection on some of its images, `selection.images`: drawn anew for each island in each generation.

All individuals of an island are shown the same, so that what tells them apart is themselves. The accuracy that they get
is that of all images in the mean.
"""

import numpy as np
from numpy.typing import NDArray

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.streams import Stream, rng


def shown(config: RunConfig, images: int, generation: int, island: int) -> NDArray[np.int64] | None:
    """Which of so many images an island's generation is selected on, ascending; None: all.

    Example:
        >>> from alife import parse_config
        >>> config = parse_config({"selection": {"images": 3}})
        >>> shown(config, 10_000, 0, 0), shown(config, 10_000, 1, 0), shown(config, 3, 0, 0)
        (array([6702, 6837, 8157]), array([3863, 6868, 6905]), None)
    """
    wanted = config.selection.images
    if wanted is None or wanted >= images:
        return None
    draw = rng(config.seed, Stream.IMAGES, generation, island)
    return np.sort(draw.choice(images, wanted, replace=False, shuffle=False))


def check(config: RunConfig, images: int) -> None:
    """Refuse more images than there are.

    Raises:
        UserError: There are fewer.
    """
    wanted = config.selection.images
    if wanted is not None and wanted > images:
        raise UserError(
            f"selection.images: {wanted:,}: {config.task} has {images:,} to select on: use so many or fewer, or null"
        )
