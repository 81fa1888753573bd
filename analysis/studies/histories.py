"""Several histories, each replayed: what of the change was adaptation, what chance, and what history left.

Call `histories` with runs and the forks of each; `say` makes a sentence of a trait. The replays of one history alone
are `analysis.studies.futures`.
"""

from collections.abc import Sequence

import numpy as np

from alife.errors import UserError
from alife.traits import MAIN
from analysis.data.run import Run
from analysis.evolution.partition import Partition, partition
from analysis.statistics.intervals import FEWEST
from analysis.studies.futures import Future, futures
from analysis.templates import sentences

Fan = tuple[Run, Sequence[Run]]
"""A run, and its replays from one generation."""


def histories(fans: Sequence[Fan], traits: Sequence[str] = MAIN) -> dict[str, Partition]:
    """Adaptation, chance and history of traits, on the scale of `alife.traits.measured`.

    A history is a run up to its fork; what it had is the median over individuals there, and what a replay came to is
    that of the last generation that all replays of all histories have lived since their forks.

    Args:
        fans: Runs with births, each with forks of one generation of it; two runs at least.
        traits: Names in `alife.traits.STORED`.

    Returns:
        A partition a trait.

    Raises:
        UserError: There are fewer than two runs, or as of `analysis.studies.futures.futures`.

    Example:
        >>> import alife
        >>> from analysis.studies.histories import histories
        >>> replays = alife.replay("runs/first", 3, replicates=2, out="forks/a", backend="local", figures=False)
        >>> fans = [(replays.original, replays.runs), (replays.original, replays.runs[::-1])]
        >>> sorted(histories(fans))
        ['accuracy', 'copying_error', 'replication_error']
    """
    if len(fans) < 2:
        raise UserError("one history: replay a second run too ('alife fork'), or ask for the futures of this one")
    found = [futures(original, replays, traits) for original, replays in fans]
    span = min(future.last - future.forked for own in found for future in own)
    common = set.intersection(*({future.trait for future in own} for own in found))
    out = {}
    for trait in (name for name in traits if name in common):
        own = [next(future for future in each if future.trait == trait) for each in found]
        after = [_after(future, span) for future in own]
        out[trait] = partition([future.original.loc[future.forked] for future in own], after, trait=trait)
    return out


def _after(future: Future, span: int) -> np.ndarray:
    """A value a replay."""
    return future.replays.loc[future.forked + span].to_numpy(np.float64)


def say(trait: str, parts: Partition) -> str:
    """A sentence on one trait: by how much histories and replays changed, and what they differ by."""
    return sentences("histories", trait=trait, parts=parts, fewest=FEWEST)[0]
