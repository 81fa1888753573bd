"""Selection on some images: which, that they are the same for all of an island, and what noise they bring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alife
from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.evolution import reproduction
from alife.evolution.habitat import Habitat
from alife.evolution.island import lifetime, lived, whole
from alife.evolution.sampling import shown
from analysis.statistics.sampling import subsample_sd
from populations.engine.prepare import prepare


def place_of(small, **selection):
    config, physics = prepare(parse_config({**small, "selection": selection}))
    return config, Habitat(config, physics), reproduction.founders(config, physics.shape.n_weights, 0)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 5), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_so_many_different_images_are_drawn_for_each_place_and_time(wanted, there, generation, island):
    config = parse_config({"selection": {"images": wanted}})
    drawn = shown(config, there, generation, island)
    if wanted >= there:
        assert drawn is None
        return
    assert len(set(drawn.tolist())) == wanted
    assert drawn.min() >= 0
    assert drawn.max() < there
    np.testing.assert_array_equal(drawn, shown(config, there, generation, island))


def test_generations_and_islands_are_shown_others():
    config = parse_config({"selection": {"images": 100}})
    draws = {shown(config, 10_000, g, i).tobytes() for g in range(4) for i in range(4)}
    assert len(draws) == 16


def test_accuracy_is_that_of_the_images_shown(small):
    config, habitat, founders = place_of(small, images=7)
    scores, _ = lifetime(habitat, founders, 3, 1, 1e-6)
    images, labels = habitat.splits["select"]
    which = shown(config, len(images), 3, 1)
    everything, _ = lifetime(place_of(small)[1], founders, 3, 1, 1e-6)
    assert set((scores.columns["accuracy"] * 7).round(4) % 1) == {0}
    habitat.splits["select"] = images[which], labels[which]
    again, _ = lifetime(habitat, founders, 3, 1, 1e-6)
    np.testing.assert_array_equal(scores.columns["accuracy"], again.columns["accuracy"])
    np.testing.assert_array_equal(scores.columns["newborn_accuracy"], again.columns["newborn_accuracy"])
    for name in ("replication_error", "copying_error", "self_error", "squared_norm"):
        np.testing.assert_array_equal(scores.columns[name], everything.columns[name])


def test_parts_of_an_island_are_shown_what_the_whole_is(small):
    config, habitat, founders = place_of({**small, "population": {"islands": 1, "size": 48}}, images=5)
    together, _ = lifetime(habitat, founders, 2, 0, 1e-6)
    parts = [lived(habitat, founders.take(np.arange(f, f + 24)), 2, 0, 1e-6, False, {}, False, f) for f in (0, 24)]
    np.testing.assert_array_equal(whole(config, parts).columns["accuracy"], together.columns["accuracy"])


def test_the_mean_over_draws_is_the_accuracy_and_their_spread_is_what_is_said(small):
    _, habitat, founders = place_of({**small, "life": {**small["life"], "steps": 0}}, images=8)
    genomes = habitat.born(founders)
    images, _ = habitat.splits["select"]
    whole_accuracy = habitat.accuracy(genomes, "select").astype(float)
    draws = np.array([habitat.accuracy_on(habitat.shown(g, 0), genomes) for g in range(800)], float)
    sd = subsample_sd(whole_accuracy, 8, len(images))
    assert (np.abs(draws.mean(0) - whole_accuracy) < 4 * sd / np.sqrt(800) + 1e-9).all()
    np.testing.assert_allclose(draws.std(0), sd, rtol=0.15)


def test_measures_see_the_accuracy_of_the_same_images(small, tmp_path):
    own = tmp_path / "again.py"
    own.write_text(
        "import alife\n@alife.measure(noun='again')\ndef again(life):\n    return life.accuracy(life.adults)\n"
    )
    asked = {**small, "selection": {"images": 9}, "measures": {"again": f"{own}:again"}}
    alife.evolve(asked, str(tmp_path / "run"), backend="local")
    births = alife.load_run(str(tmp_path / "run")).births
    np.testing.assert_array_equal(births["again"], births["accuracy"])


def test_more_images_than_there_are_is_said_in_a_line(small):
    with pytest.raises(UserError, match=r"^selection\.images: 5,000: .* has \d+ to select on: use so many or fewer"):
        prepare(parse_config({**small, "selection": {"images": 5_000}}))


def test_a_run_says_how_noisy_its_accuracies_are(small, tmp_path):
    from analysis.report.summary import facts, load

    alife.evolve({**small, "selection": {"images": 8}}, str(tmp_path / "run"), backend="local")
    said = dict(facts(load(str(tmp_path / "run"))))["accuracy"]
    assert said.startswith("of 8 of ")
    assert "sd of 0." in said
    alife.evolve(small, str(tmp_path / "all"), backend="local")
    assert "accuracy" not in dict(facts(load(str(tmp_path / "all"))))
