"""All measures of a run by name."""

from dataclasses import replace

import pytest

from alife.errors import UserError
from analysis.evolution.history import MEASURES, history, how_of, told
from analysis.evolution.islands import demes
from analysis.evolution.modes import modes
from tests.support.synthetic import synthetic_run


def test_every_measure_of_a_run_that_is_long_enough():
    run = synthetic_run(16, 2, 10)
    tables, left_out, how = history(run, shadows=3)
    assert list(tables) == list(MEASURES)
    assert left_out == {}
    assert (how.first, how.span) == (3, 3)
    assert tables["modes"].equals(modes(demes(run), every=3, persistence=3))
    assert tables["rates"].empty
    assert {"accuracy", "replication_error", "copying_error"} <= set(tables["responses"]["trait"])
    assert all(len(table) for name, table in tables.items() if name not in ("rates", "sweeps"))


def test_what_a_short_run_lacks_is_said():
    tables, left_out, _ = history(synthetic_run(2, 1, 4), shadows=1)
    assert set(tables) | set(left_out) == set(MEASURES)
    assert "take a longer run" in left_out["matrices"]


def test_one_generation_is_enough_to_say_so():
    tables, left_out, _ = history(synthetic_run(1, 1, 4), shadows=1)
    assert tables["clades"].empty
    assert left_out.keys() >= {"responses", "matrices", "axes"}


def test_heritable_rates_are_among_what_is_told():
    run = synthetic_run(6, 1, 6)
    births = run.births.assign(mutation=0.05)
    assert "mutation" not in told(demes(run))
    with_rates = replace(run, births=births.astype({"mutation": "float32"}))
    assert "mutation" in told(demes(with_rates))
    assert history(with_rates, ["rates"], shadows=2)[0]["rates"]["mean"].to_numpy() == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"names": ["oddness"]}, "oddness: no such measure: choose among modes"),
        ({"span": 0}, "span 0: 1 or more"),
        ({"shadows": 0}, "shadows 0: 1 or more"),
    ],
)
def test_what_cannot_be_is_refused(asked, says):
    with pytest.raises(UserError, match=says):
        history(synthetic_run(4, 1, 4), **asked)


def test_spans_go_with_the_run():
    assert how_of(demes(synthetic_run(48, 1, 4))).span == 6
    assert how_of(demes(synthetic_run(4, 1, 4))).span == 3
    assert how_of(demes(synthetic_run(4, 1, 4)), span=9).span == 9
