"""Complexity where it is planted, in tables and in organisms, and how often its interval holds the truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife.assays.complexity import INTACT, complexity, permuted, places_of, without, zeroed
from alife.cli.main import main
from alife.errors import UserError
from alife.organism.shape import Shape, Tensors
from analysis.assays import complexity as found
from analysis.assays import read
from populations.studies.assay_runner import thaw
from tests.support.coverage_assays import KNOCKED, knocked

SMALL = {
    "task": "glyphs",
    "generations": 6,
    "quine": {"hidden": 12, "coordinate_units": 6},
    "life": {"steps": 4},
    "population": {"islands": 2, "size": 6},
    "checkpoint": {"every": 3, "keep": 9},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("assays") / "run")
    alife.evolve(SMALL, folder, backend="local", quiet=True)
    return folder


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5), st.integers(0, 9))
def test_parts_divide_each_matrix_evenly(parts, hidden, classes, seed):
    shape = Shape(hidden, 1, classes)
    places = places_of(shape, seed, parts)
    together = np.concatenate(places) if places else np.empty(0, int)
    assert len(np.unique(together)) == len(together)
    ends = np.cumsum([m.size for m in shape.matrices(np.zeros(shape.n_weights, np.float32))])
    of = [np.searchsorted(ends, place, side="right") for place in places]
    assert all(len(np.unique(matrix)) == 1 and len(place) > 1 for matrix, place in zip(of, places, strict=True))
    for matrix in np.unique([each[0] for each in of]):
        sizes = [len(place) for place, each in zip(places, of, strict=True) if each[0] == matrix]
        assert max(sizes) - min(sizes) <= 1
        assert sum(sizes) == np.diff(ends, prepend=0)[matrix]
    assert [p.tolist() for p in places_of(shape, seed, parts)] == [p.tolist() for p in places]


def test_a_matrix_of_one_weight_has_no_part():
    places = places_of(Tensors(((4, 5), (1,), (3,)), 0), 0, 8)
    assert sorted(np.concatenate(places).tolist()) == [*range(20), 21, 22, 23]


def test_a_permutation_leaves_size_and_spread_and_all_other_places():
    genomes = np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)
    place = np.arange(4, 12)
    draws = [lambda slot, k=k: np.random.default_rng([slot, k]) for k in range(2)]
    first, second = (without(genomes, place, draw, permuted) for draw in draws)
    assert np.array_equal(np.sort(first[:, place], axis=1), np.sort(genomes[:, place], axis=1))
    assert np.array_equal(np.delete(first, place, 1), np.delete(genomes, place, 1))
    assert not np.array_equal(first, second)
    assert not without(genomes, place, draws[0], zeroed)[:, place].any()


def test_parts_that_a_planted_organism_needs_are_found(run):
    """One whose accuracy needs one part, and whose print of all others needs another."""
    habitat, groups = thaw(run, [3, 6], 12)
    places = places_of(habitat.shape, habitat.config.seed, 8)
    rng = np.random.default_rng(0)
    born = {g: torch.from_numpy(newborns.messages) for g, newborns in groups.items()}
    classifies, prints = places[1], places[4]

    def changed(genomes, place):
        own = next(m for m in born.values() if (m - genomes).abs().mean() < 0.5 * m.abs().mean())
        return (genomes[:, place] != own[:, place]).any(1)

    def emit(genomes):
        noise = 0.02 + 0.4 * changed(genomes, prints)[:, None]
        return genomes * (1 + noise * torch.from_numpy(rng.normal(size=genomes.shape)).float())

    habitat.live = lambda genomes, *_: genomes
    habitat.emit = emit
    habitat.accuracy = lambda genomes, _: 0.7 - 0.3 * changed(genomes, classifies).numpy() + 0.01 * rng.normal(size=12)
    table = pd.DataFrame(complexity(habitat, groups, 10, parts=8)["knockouts"])
    for score, truth in {"accuracy": 1, found.ELSEWHERE: 1, "replication_error": 1}.items():
        for generation in (3, 6):
            each = found.of_generation(table, score, generation, found.margin(table, score))
            assert each["share"].covers(truth / len(places))
            assert each["parts"].value == pytest.approx(truth, abs=0.6)
    which = found.knockouts(table, "accuracy", 6).mean(axis=(0, 2))
    assert which.argmin() == 1
    assert found.knockouts(table, found.ELSEWHERE, 6).mean(axis=(0, 2)).argmin() == 4


def planted(share, generation=9, n=12, parts=20, lives=5, noise=0.02, seed=0):
    """Of parts the first `share` lower all scores by 0.3."""
    rng = np.random.default_rng([seed, generation])
    keys = pd.MultiIndex.from_product([range(n), range(-1, parts), range(lives)], names=["id", "part", "replicate"])
    table = keys.to_frame(index=False).assign(generation=generation, island=0)
    lost = 0.3 * ((table["part"] >= 0) & (table["part"] < share * parts))
    value = 0.8 - lost + noise * rng.normal(size=len(table))
    error = 10.0 ** -(value + 1)
    table = table.assign(accuracy=value, replication_error=error, copying_error=error, elsewhere=error)
    table = table.assign(elsewhere_intact=10.0 ** -(1.8 + noise * rng.normal(size=len(table))))
    return table.assign(weights=30 * (table["part"] >= 0))


def test_planted_shares_and_their_change_are_recovered():
    table = pd.concat([planted(0.1, 3), planted(0.6, 9)])
    rows, said = found.summarise({"knockouts": table}, {"generations": [3, 9]})
    by = {(row.quantity, row.generation): row for row in rows}
    for score in found.scores(table):
        share = by[f"share of parts that inform {found.label(score)}", 9]
        assert share.value == pytest.approx(0.6, abs=0.02)
        assert share.covers(0.6)
        assert by[f"weights in parts that inform {found.label(score)}", 3].value == pytest.approx(60, abs=10)
        assert by[f"effect of a knock-out on {found.label(score)}, mean", 9].covers(-0.18)
        assert by[f"share of parts that inform {found.label(score)}: more than generation 3", 9].covers(0.5)
    assert sum("the share rises" in text for text in said) == 3
    assert "600 weights" in said[0]


def test_where_nothing_informs_none_does_and_where_all_does_all():
    none, every = planted(0.0), planted(1.0)
    for score in found.scores(none):
        assert found.of_generation(none, score, 9, 0.03)["share"].value == 0
        assert found.of_generation(every, score, 9, 0.03)["share"].value == 1


def test_a_part_without_which_a_genome_diverges_informs_it():
    table = planted(0.0)
    diverged = (table["part"] == 5) & (table["replicate"] == 2)
    table.loc[diverged, ["replication_error", "elsewhere"]] = np.nan
    for score in found.scores(table):
        share = found.of_generation(table, score, 9, 0.03)["share"]
        assert share.value == pytest.approx(1 / 20, abs=0.01)
    intact = planted(0.0)
    intact.loc[(intact["part"] == INTACT) & (intact["id"] == 3) & (intact["replicate"] == 0), "replication_error"] = (
        np.nan
    )
    assert found.of_generation(intact, "accuracy", 9, 0.03)["share"].n == 11


def test_few_genomes_or_lives_have_no_interval():
    assert np.isnan(found.informative(np.zeros((0, 4, 3)), 1.0).value)
    assert np.isnan(found.informative(np.zeros((4, 4, 1)), 1.0).value)
    two = found.informative(np.random.default_rng(0).normal(size=(2, 4, 3)), 1.0)
    assert np.isfinite(two.value)
    assert not two.known


@pytest.mark.parametrize("name", KNOCKED)
def test_intervals_of_the_share_hold_the_truth_as_often_as_said(name):
    row, value = knocked(name, 8, 5, 60)
    print(row)
    assert row.coverage >= 0.86
    assert value == pytest.approx(KNOCKED[name][0], abs=0.03)


def test_the_command_keeps_what_it_says(run, capsys):
    assert main(["assay", run, "complexity", "--generation", "3,6", "--sample", "4", "--replicates", "2"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    summary = json.loads((Path(run) / "assays/complexity-6.json").read_text())
    assert all(statement in printed for statement in summary["statements"])
    frames, about = read(run, "complexity", 6)
    table = frames["knockouts"]
    assert about["generations"] == [3, 6]
    parts = table["part"].nunique()
    assert len(table) == 2 * 4 * 2 * parts
    assert table.loc[table["part"] == INTACT, "elsewhere"].isna().all()
    assert (Path(run) / "assays/complexity-6.png").stat().st_size > 5_000
    again = thaw(run, [3, 6], 4)
    same = pd.DataFrame(complexity(*again, 2)["knockouts"])
    pd.testing.assert_frame_equal(same.astype(table.dtypes.to_dict()), table)


def test_one_life_is_too_few(run):
    with pytest.raises(UserError, match="at least 2"):
        alife.assay(run, "complexity", replicates=1, quiet=True)
