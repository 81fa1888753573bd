"""Hallmarks of open-ended evolution by the MODES toolbox: change, novelty and ecology of the types that persist.

Dolson, Vostinar, Wiser and Ofria (2019), The MODES toolbox: measurements of open-ended dynamics in evolving systems,
Artificial Life 25 (1), 50–73. Its fourth hallmark, complexity, is the number of a genome's sites that carry
information. A record of births holds no genomes; `alife assay RUN complexity` knocks out parts of those that are stored
(`analysis.assays.complexity`).
"""

import numpy as np
import pandas as pd

from alife.errors import UserError
from analysis.evolution.islands import Bools, Demes, Ints
from analysis.evolution.kinds import NONE, classes
from analysis.lineage.phylogeny import ancestor_at


def modes(record: Demes, types: Ints | None = None, every: int = 10, persistence: int = 10) -> pd.DataFrame:
    """How many types that persist are new at each step, and how diverse they are; all islands together.

    Counted are individuals that have descendants `persistence` generations later (the toolbox's coalescence filter),
    and their types. Most of what is born has none: without the filter, mutation alone would count as change. The paper
    sets it by the time in which populations coalesce (`coalescence_time` of `analysis.lineage.metrics`). All counts
    depend on the types, the step and the filter: compare runs by the same, and with their shuffled control.

    Types come and go and come again where they are `kinds.classes`. Where they are `kinds.clades`, no two generations
    share one: change and novelty are then how many there are, and ecology alone says more.

    Args:
        record: A run's births by deme.
        types: [n] type of each individual, `kinds.NONE` for those of none; `kinds.classes` if None.
        every: Generations from a step to the next.
        persistence: Generations after which descendants must live to the end of theirs; 0 filters nothing out.

    Returns:
        A row for each step, from the first generation on record to the last that is known to persist: generation, types
        (that persist), change (those of them that did not at the step before), novelty (those that did at no step
        before), ecology (Shannon entropy over the individuals that persist, bits; NaN where there are none). Change
        and novelty are NaN at the first step.

    Raises:
        UserError: `every` is below 1, or `persistence` below 0.

    Example:
        >>> import alife
        >>> from analysis.evolution import islands
        >>> from analysis.evolution.modes import modes
        >>> table = modes(islands.demes(alife.load_run("runs/first")), every=2, persistence=2)
        >>> bool((table["novelty"].dropna() <= table["change"].dropna()).all())
        True
    """
    if every < 1 or persistence < 0:
        raise UserError(f"every = {every}, persistence = {persistence}: give at least 1 and at least 0 generations")
    types = classes(record) if types is None else types
    counted = persistent(record, persistence) & (types != NONE)
    layers = record.tree.layers
    rows = []
    before: set[int] | None = None
    ever: set[int] = set()
    for step in range(0, len(layers) - persistence, every):
        layer = layers[step]
        names, counts = np.unique(types[layer][counted[layer]], return_counts=True)
        now = set(names.tolist())
        change, novelty = (np.nan, np.nan) if before is None else (len(now - before), len(now - ever))
        rows.append((record.tree.first + step, len(now), change, novelty, entropy(counts)))
        before, ever = now, ever | now
    return pd.DataFrame(rows, columns=["generation", "types", "change", "novelty", "ecology"])


def persistent(record: Demes, generations: int) -> Bools:
    """[n] who has a descendant that lives to the end of the generation so many later; oneself if 0."""
    tree, found = record.tree, np.zeros(len(record.tree), bool)
    if generations < len(tree.generations):
        start = tree.starts[generations]
        later = start + np.flatnonzero(record.living[start:])
        found[ancestor_at(tree, generations)[later]] = True
    return found


def entropy(counts: Ints) -> float:
    """Shannon entropy of shares in proportion to counts above 0, bits; NaN of none."""
    if not len(counts):
        return np.nan
    share = counts / counts.sum()
    return float(np.abs((share * np.log2(share)).sum()))
