"""What births do to a trait, where it was planted."""

from dataclasses import replace

import numpy as np
import pytest

from alife.errors import UserError
from alife.schema import CAUSES
from analysis.data.run import Run
from analysis.evolution.transmission import handed_on, transmission
from analysis.lineage.phylogeny import of_run
from tests.support.synthetic import synthetic_run


def planted(seed: int, slope: float = 0.2, middle: float = 1.0) -> Run:
    """Children's log10 Σg² is their parent's, and `slope` times what that is above `middle`, with noise of 0.01."""
    run = synthetic_run(12, 2, 24, seed, death_rate=0)
    tree = of_run(run)
    random, values = np.random.default_rng(seed), np.zeros(len(tree))
    for number, layer in enumerate(tree.layers):
        parents = values[tree.parent[layer]] if number else np.zeros(layer.stop - layer.start)
        drawn = random.normal(0, 0.01 if number else 0.2, layer.stop - layer.start)
        values[layer] = (parents + slope * (parents - middle) if number else middle) + drawn
    return replace(run, births=tree.births.assign(squared_norm=(10.0**values).astype(np.float32)))


def test_a_planted_map_is_found_with_its_point_of_no_return():
    table = transmission({"a": [planted(seed) for seed in range(4)]}, "squared_norm", levels=8)
    level = np.log10(table["level"])
    known = table[table["runs"] >= 3]
    assert len(known) > 2
    inner = known.iloc[1:-1]  # the outermost classes are wide
    assert inner["change"].to_numpy() == pytest.approx(0.2 * (level[inner.index] - 1), abs=0.03)
    assert ((known["low"] < known["change"]) & (known["change"] < known["high"])).all()


def test_founders_children_do_not_count():
    run = planted(1)
    change, parents = handed_on(run, "squared_norm")
    assert len(change) == len(parents) == 8 * 48
    assert len(handed_on(run, "squared_norm", first=0)[0]) == 11 * 48


def test_children_that_died_early_do_not_count():
    run = synthetic_run(12, 2, 24, 1, death_rate=0.3)
    births = of_run(run).births
    lived = (births["generation"] > 3) & (births["cause_of_death"] == CAUSES[0])
    assert len(handed_on(run, "accuracy")[0]) == lived.sum() < (births["generation"] > 3).sum()


def test_what_is_not_there_is_said():
    with pytest.raises(UserError, match="trait wings: not on record"):
        transmission({"a": [planted(1)]}, "wings")
    with pytest.raises(UserError, match="take a longer run"):
        transmission({"a": [synthetic_run(2, 1, 6)]}, "squared_norm")
    with pytest.raises(UserError, match="fewer than 5 births of any of 20 classes"):
        transmission({"a": [synthetic_run(6, 1, 8, death_rate=0)]}, "squared_norm")
