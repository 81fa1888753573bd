"""The fixed projections: their scales, and that they belong to the seed and not to the task's order of sums."""

import numpy as np
import pytest

from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.organism.kernel.activation import SELU_ALPHA, SELU_SCALE
from alife.streams import Stream, rng
from alife.world import projections as physics
from alife.world.projections import make_physics
from alife.world.task import load_task


def before_selu(features):
    x = features.astype(float) / SELU_SCALE
    return np.where(x > 0, x, np.log1p(x / SELU_ALPHA))


@pytest.mark.parametrize(("projection", "coordinate", "image"), [("unit", 1.0, 1.0), ("paper", 300**-0.5, None)])
def test_scales(idx_folder, projection, coordinate, image):
    task = load_task(str(idx_folder))
    config = parse_config({"task": str(idx_folder), "quine": {"projection": projection}})
    physics = make_physics(config, task)
    assert physics.coordinates.shape == (physics.shape.n_weights, 50)
    assert before_selu(physics.coordinates).std() == pytest.approx(coordinate, rel=0.01)
    seen = before_selu(physics.images["learn"])
    expected = image or (np.square(task.learn_images / 255).sum(1).mean() / (3 * 64)) ** 0.5
    assert np.sqrt(np.square(seen).mean()) == pytest.approx(expected, rel=0.15)
    assert len(physics.images["select"]) == len(physics.labels["select"]) == len(task.select_images)


def test_centred_images_go_in_with_mean_0_and_variance_1(idx_folder):
    """As `unit` ones do not: they share an offset."""
    task = load_task(str(idx_folder))
    seen = {}
    for projection in ("unit", "centred"):
        config = parse_config({"task": str(idx_folder), "quine": {"projection": projection}})
        seen[projection] = before_selu(make_physics(config, task).images["learn"])
    assert np.abs(seen["centred"].mean(0)).max() < 1e-5
    assert seen["centred"].var(0).mean() == pytest.approx(1, rel=0.15)
    assert np.square(seen["unit"]).mean() == pytest.approx(1, rel=0.15)
    assert seen["unit"].var(0).mean() < 0.8


def test_coordinates_drawn_some_rows_at_a_time_are_those_of_one_draw(monkeypatch):
    config = parse_config({"task": "none", "quine": {"hidden": 20, "coordinate_units": 7}})
    whole = make_physics(config, None).coordinates
    monkeypatch.setattr(physics, "ROWS", 33)
    np.testing.assert_array_equal(make_physics(config, None).coordinates, whole)
    expected = rng(0, Stream.PROJECTION, 0).uniform(-(3**0.5), 3**0.5, whole.shape)
    np.testing.assert_array_equal(physics.selu(expected), whole)


def test_the_projection_seed_decides_and_defaults_to_the_run_s(idx_folder):
    def coordinates(**over):
        return make_physics(parse_config({"task": "none", **over}), None).coordinates

    assert np.array_equal(coordinates(seed=3), coordinates(seed=9, quine={"projection_seed": 3}))
    assert not np.array_equal(coordinates(seed=3), coordinates(seed=9))


def test_features_that_do_not_fit_into_memory_are_refused_by_the_key_that_made_them(monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(physics, "random_codes", full)
    with pytest.raises(UserError, match=r"^quine\.hidden: 4096: .*33,558,528 weights"):
        make_physics(parse_config({"task": "none", "quine": {"hidden": 4096}}), None)
