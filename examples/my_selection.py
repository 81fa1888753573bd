"""Selection of one's own: only who prints well enough is a parent; or, whoever is good at many classes.

alife run --selection.scheme examples/my_selection.py:faithful --selection.parameters '{share: 0.3}'
alife run --selection.scheme examples/my_selection.py:versatile
"""

import numpy as np
from pydantic import BaseModel, Field


class Faithful(BaseModel):
    """Parameters, as `selection.parameters` gives them."""

    share: float = Field(0.5, gt=0, le=1, description="of the living, those that print well enough")


def faithful(columns, living, parameters: Faithful):
    """Chances of parenthood [P], up to a factor: accuracy² of the share of the living with the smallest ρ.

    Args:
        columns: By name, [P] each: accuracy, replication_error (ρ) and the other scores; id and ancestor_id.
        living: [P] bool.
        parameters: As above.
    """
    error = np.where(living, columns["replication_error"], np.inf)
    good = living & (error <= np.quantile(error[living], parameters.share))
    return np.where(good, 1e-3 + np.square(columns["accuracy"], dtype=np.float64), 0.0)


def versatile(columns, living, *, answers):
    """Chances of parenthood [P], up to a factor: (mean over classes of the root of the accuracy on each)².

    Args:
        columns: As above.
        living: [P] bool.
        answers: [P, C, C] float32: of the images of class a, the share that each individual answered b.
    """
    right = np.diagonal(answers, axis1=1, axis2=2).astype(np.float64)
    return np.where(living, 1e-3 + np.square(np.sqrt(right).mean(axis=1)), 0.0)
