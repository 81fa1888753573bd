"""What whoever goes through a run generation by generation gets to see: a `Step` a generation, of a run `Underway`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alife.configuration.keys import RunConfig
from alife.errors import UserError
from populations.observe import events


@dataclass(frozen=True)
class Underway:
    """A run that is being lived.

    Attributes:
        out: The run folder: a path or an fsspec URI.
        config: Its configuration, with nothing left open.
        generation: The first that is lived now: 0, or where a resumed run goes on.
    """

    out: str
    config: RunConfig
    generation: int


@dataclass(frozen=True, repr=False)
class Step:
    """A generation that was lived, on all islands, and is about to be committed.

    Attributes:
        event: What listeners are told of it: medians, deaths, seconds.
        births: Columns of `schema.birth_columns` of everybody born in it, [P] each, read-only; by island, then slot.
        run: Whose it is.

    Example:
        >>> import alife
        >>> for step in alife.Evolution("runs/first/config.yaml", "runs/again", backend="local"):
        ...     print(step)
        ...     if step.generation == 1:
        ...         break
        <Step: generation 0 of 6, 16 births>
        <Step: generation 1 of 6, 16 births>
    """

    event: events.Generation
    births: Mapping[str, NDArray[Any]]
    run: Underway

    def __repr__(self) -> str:
        """A line: which, and how many were born."""
        return f"<Step: generation {self.generation} of {self.event.of}, {self.event.individuals} births>"

    @property
    def generation(self) -> int:
        """Its number on record."""
        return self.event.generation

    def living(self, trait: str) -> NDArray[Any]:
        """[n] values of a column of those that lived to the end.

        Raises:
            UserError: There is no such column.
        """
        if trait not in self.births:
            raise UserError(f"{trait}: no column of births: there are {', '.join(self.births)}")
        return np.asarray(self.births[trait][self.births["cause_of_death"] == "generation_end"])
