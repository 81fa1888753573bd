"""What is computed once a run is shared, is that of its run, and goes with it."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alife.errors import UserError
from analysis import load_run
from analysis.data.once import once
from analysis.evolution.dynamics import differentials
from analysis.evolution.fronts import survivors
from analysis.evolution.islands import demes
from analysis.evolution.price import price
from analysis.figures.trajectories import quantiles
from analysis.lineage.phylogeny import of_run
from tests.support.synthetic import synthetic_run, write_run


@pytest.mark.parametrize("of", [of_run, demes, survivors])
def test_it_is_computed_once_and_apart_for_each_run(of) -> None:
    one, other = (synthetic_run(6, 2, 8, seed=seed) for seed in (1, 2))
    assert of(one) is of(one)
    assert of(one) is not of(other)


def test_tables_of_some_traits_are_those_of_all() -> None:
    record = demes(synthetic_run(6, 2, 8, seed=1))
    for make in (differentials, price):
        whole, alone = make(record), make(record, ["copying_error", "accuracy"])
        for trait in ("copying_error", "accuracy"):
            first, second = (table[table["trait"] == trait].reset_index(drop=True) for table in (whole, alone))
            pd.testing.assert_frame_equal(first, second)


def test_nothing_outlives_its_run() -> None:
    run = synthetic_run(6, 2, 8, seed=1)
    record = demes(run)
    survivors(run), quantiles(run, "accuracy"), differentials(record), price(record)
    gone = [weakref.ref(one) for one in (run, record, record.tree)]
    del run, record
    gc.collect()
    assert [one() for one in gone] == [None, None, None]


def test_a_phylogeny_holds_no_second_copy_of_the_births(tmp_path: Path) -> None:
    write_run(tmp_path, synthetic_run(9, 3, 8, seed=1))
    run = load_run(tmp_path)
    for name in ("accuracy", "id"):
        assert np.shares_memory(of_run(run).births[name].to_numpy(), run.births[name].to_numpy())


def test_what_failed_is_tried_again() -> None:
    class Owner:
        known = False

    @once
    def value(owner: Owner) -> int:
        if not owner.known:
            raise UserError("not yet")
        return 1

    owner = Owner()
    with pytest.raises(UserError):
        value(owner)
    owner.known = True
    assert value(owner) == 1
