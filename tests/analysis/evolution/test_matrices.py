"""G and P that were planted are found in every window, and gmax turns where G does."""

import numpy as np
import pytest

from alife.errors import UserError
from analysis.evolution.islands import demes
from analysis.evolution.matrices import angle, axes, leading, matrices
from tests.analysis.evolution.test_breeder import TWO, bred
from tests.support.synthetic import synthetic_run

PHENOTYPIC = np.array([[1.0, 0.2], [0.2, 1.0]])
GENETIC = np.array([[0.7, 0.2], [0.2, 0.3]])


@pytest.fixture(scope="module")
def record():
    heredity = GENETIC @ np.linalg.inv(PHENOTYPIC)
    return demes(bred(heredity, PHENOTYPIC, [0, 0], generations=84, size=300, kept=0.6))


def test_planted_matrices_are_found(record):
    table = matrices(record, TWO, window=20)
    assert table[["first", "last"]].drop_duplicates().to_numpy().tolist() == [[3, 22], [23, 42], [43, 62], [63, 82]]
    for _, among in table.groupby("first"):
        assert among["genetic"].to_numpy() == pytest.approx(GENETIC.ravel(), abs=0.08)
        assert among["phenotypic"].to_numpy() == pytest.approx(PHENOTYPIC.ravel(), abs=0.08)


def test_a_steady_gmax_turns_as_little_as_halves_of_a_window_differ(record):
    table = axes(record, TWO, window=20)
    _, gmax = leading(GENETIC)
    assert table["genetic"].to_numpy() == pytest.approx(leading(GENETIC)[0], abs=0.08)
    assert table["phenotypic"].to_numpy() == pytest.approx(1.2, abs=0.08)
    assert (table["genetic_share"] > table["phenotypic_share"]).all()
    assert np.isnan(table["angle"][0])
    assert (table["angle"][1:] < 15).all()
    assert (table["within"] < 25).all()
    for row in table[[f"gmax_{trait}" for trait in TWO]].to_numpy():
        assert angle(row, gmax) < 12


def test_the_last_window_takes_what_is_left(record):
    spans = axes(record, TWO, window=30)[["first", "last"]].to_numpy().tolist()
    assert spans == [[3, 32], [33, 82]]
    assert len(axes(record, TWO, window=500)) == 1


def test_angles_by_hand():
    assert angle(np.array([1.0, 0.0]), np.array([-1.0, 0.0])) == 0
    assert angle(np.array([1.0, 0.0]), np.array([1.0, -1.0]) / np.sqrt(2)) == pytest.approx(45)
    value, axis = leading(np.diag([1.0, 3.0]))
    assert (value, axis.tolist()) == (3, [0, 1])


def test_one_generation_of_parents_has_no_matrix():
    record = demes(synthetic_run(2, 1, 12))
    for table in (matrices, axes):
        with pytest.raises(UserError, match="take a longer run"):
            table(record, TWO, first=0)
