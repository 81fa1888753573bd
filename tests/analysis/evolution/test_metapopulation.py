"""The change of all islands together is the sum of its parts, selection among islands one of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alife import schema
from alife.evolution.schemes import SCHEMES
from analysis.data.run import Run
from analysis.evolution.inheritance import heritability
from analysis.evolution.islands import demes
from analysis.evolution.metapopulation import PARTS, TRANSMISSION, by_generation, summary
from analysis.evolution.price import price
from tests.support.bred import breed, run_of
from tests.support.synthetic import synthetic_run


def means(run: Run) -> pd.Series:
    """Mean accuracy by generation over all who lived to its end."""
    births = run.births[run.births["cause_of_death"] == schema.CAUSES[0]]
    return births.groupby("generation")["accuracy"].mean()


def assert_closes(run: Run) -> None:
    record = demes(run)
    table = by_generation(record, first=0)
    names = list(table.columns.intersection(list(PARTS)))
    np.testing.assert_allclose(table[names].sum(axis=1), table["change"], atol=1e-9)
    np.testing.assert_allclose(table[list(TRANSMISSION)].sum(axis=1), table["transmission"], atol=1e-9)
    known = means(run)
    own = table[table["trait"] == "accuracy"].set_index("generation")
    np.testing.assert_allclose(own["before"], known.reindex(own.index), atol=1e-9)
    np.testing.assert_allclose(own["change"], known.reindex(own.index + 1) - own["before"].to_numpy(), atol=1e-9)
    for _, told in summary(record, first=0).groupby("trait"):
        told = told.set_index("component")["per_generation"]
        assert told[names].sum() == pytest.approx(told["change"], abs=1e-9)
    assert own.index.tolist() == [g for g in known.index if g + 1 in known.index], "no generation is left out"


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    islands=st.integers(1, 3),
    size=st.integers(1, 9),
    scheme=st.sampled_from(sorted(SCHEMES)),
    deaths=st.sampled_from([0.0, 0.3, 0.8]),
    swaps=st.integers(0, 1),
    survivors=st.integers(0, 3),
    crossover=st.sampled_from([0.0, 0.5]),
)
def test_parts_add_up_to_the_change_of_all_islands(seed, islands, size, scheme, deaths, swaps, survivors, crossover):
    world = {"scheme": scheme, "deaths": deaths, "swaps": swaps, "survivors": min(survivors, size - 1)}
    assert_closes(breed(4, islands, size, **world, crossover=crossover, offset=0.05, heredity=0.6, seed=seed))


@pytest.mark.parametrize("seed", range(6))
def test_parts_add_up_where_anybody_moves_anywhere_and_islands_die_out(seed):
    """Islands of any size: parents, homes and early deaths drawn at random, whole islands among the dead."""
    draw = np.random.default_rng(seed)
    rows, last = [], None
    for generation in range(6):
        island = draw.integers(0, 3, 12)
        ids = np.array([schema.pack_id(i, generation, s) for s, i in enumerate(island)])
        parents = ids if last is None else draw.choice(last, 12)
        dead = draw.random(12) < (island == generation % 3) * 0.9
        dead[0] = False
        rows.append(
            pd.DataFrame(
                {
                    "id": ids,
                    "ancestor_id": parents,
                    "island": island,
                    "generation": generation,
                    "accuracy": draw.random(12),
                    "cause_of_death": np.where(dead, "diverged", schema.CAUSES[0]),
                }
            )
        )
        last = ids[~dead]
    assert_closes(run_of(pd.concat(rows, ignore_index=True), scheme="drift"))


@pytest.mark.parametrize("run", [synthetic_run(5, 3, 5, dead_islands={1: 2}), synthetic_run(8, 3, 6, migrate_every=2)])
def test_parts_add_up_in_other_records(run):
    assert_closes(run)


def test_selection_among_islands_by_hand():
    """Islands of two at 0.2 and 0.6, children like their parents; all die early but one of the better island's."""
    ids = {(i, g): [schema.pack_id(i, g, s) for s in range(2)] for i in range(2) for g in range(2)}
    rows = [
        (ids[island, generation][slot], ids[island, 0][slot], island, generation, 0.2 + 0.4 * island,
         schema.CAUSES[0] if generation == 0 or island or slot else "diverged")
        for island in range(2) for generation in range(2) for slot in range(2)
    ]  # fmt: skip
    births = pd.DataFrame(rows, columns=["id", "ancestor_id", "island", "generation", "accuracy", "cause_of_death"])
    found = by_generation(demes(run_of(births, scheme="drift")), ["accuracy"], first=0).iloc[0]
    assert found["before"] == pytest.approx(0.4)
    assert found["among"] == pytest.approx((0.2 + 2 * 0.6) / 3 - 0.4)
    assert found["change"] == pytest.approx(found["among"])
    assert (found[["selection", "sampling", "viability", "transmission", "migration"]] == 0).all()


def test_islands_of_one_size_without_early_death_are_not_selected_among():
    run = breed(10, 3, 20, offset=0.2, swaps=4)
    found = by_generation(demes(run), first=0)
    assert (found[["among", "migration"]] == 0).all(axis=None)
    assert (price(demes(run), ["accuracy"])["migration"] != 0).any()
    assert "among" not in by_generation(demes(breed(4, 1, 6)), first=0)
    inequal = by_generation(demes(breed(20, 3, 20, offset=0.2, deaths=0.2)), ["accuracy"], first=0)
    assert (inequal["among"] != 0).all()


def test_regression_to_the_mean_is_told_from_a_biased_inheritance():
    """Children keep 0.4 of what parents deviate from 0.5, and lose 0.01: by an island's mean, 0.6·(mean − 0.5) more."""
    run = breed(150, 2, 60, heredity=0.4, bias=-0.01)
    record = demes(run)
    found = summary(record, ["accuracy"]).set_index("component")
    differential = found["per_generation"][["selection", "sampling", "viability"]].sum()
    assert found.at["regression", "per_generation"] == pytest.approx(-0.6 * differential, rel=0.1)
    level = means(run)[3:-1].mean()
    assert found.at["bias", "low"] < -0.01 - 0.6 * (level - 0.5) < found.at["bias", "high"]
    slope = heritability(record, ["accuracy"])["slope"].iloc[0]
    ratio = found.at["regression", "per_generation"] / differential
    assert ratio == pytest.approx(slope - 1)


def test_where_parents_do_not_vary_all_of_transmission_is_bias():
    births = breed(6, 1, 5).births.assign(accuracy=lambda rows: 0.5 + 0.01 * rows["generation"])
    found = by_generation(demes(run_of(births.drop(columns="n_offspring"), scheme="drift")), ["accuracy"], first=1)
    assert (found["regression"] == 0).all()
    np.testing.assert_allclose(found["bias"], 0.01, rtol=1e-4)
