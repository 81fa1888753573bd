"""A measure of one's own: what an adult's accuracy is worth once its weights are shaken.

alife run --toy --out runs/shaken --measures '{robustness: {object: examples/my_measure.py:robustness, every: 5}}'
"""

import numpy as np
from pydantic import BaseModel, Field

import alife


class Parameters(BaseModel):
    """What `parameters` may say."""

    noise: float = Field(0.2, gt=0, le=10, description="relative to the root mean square of the weights")


@alife.measure(
    noun="robustness",
    scale="share",
    direction=1,
    meaning="accuracy with shaken weights, as a share of the accuracy without",
)
def robustness(life: alife.Life, parameters: Parameters) -> np.ndarray:
    """[P] for the [P, N] adults of a life."""
    size = np.sqrt(np.square(life.adults).mean(axis=1, keepdims=True))
    shaken = life.adults + parameters.noise * size * life.rng.standard_normal(life.adults.shape)
    return life.accuracy(shaken) / life.columns["accuracy"]
