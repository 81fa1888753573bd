"""Selection of one's own: only who prints well enough is a parent, the more accurate the more often.

alife run --selection.scheme examples/my_selection.py:faithful --selection.parameters '{share: 0.3}'
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
