"""What belongs to the process, such as a notebook's, is as it was after a life, an assay, and a stop in between."""

import pytest
import torch

from alife.configuration.keys import parse_config
from alife.evolution.habitat import Habitat
from alife.organism.kernel import products
from alife.world.projections import make_physics
from populations import evolve
from populations.studies.assay_runner import Request, perform


@pytest.fixture
def settings():
    """Of the user, and none that a run would choose."""
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(3)
    torch.set_float32_matmul_precision("high")

    def now():
        return torch.get_num_threads(), torch.get_float32_matmul_precision()

    yield now
    torch.set_num_threads(before[0])
    torch.set_float32_matmul_precision(before[1])


def test_a_run_and_an_assay_leave_the_process_its_threads(settings, small, tmp_path, monkeypatch):
    seen = []
    from alife.evolution.habitat import DenseLives

    do = DenseLives.live
    monkeypatch.setattr(DenseLives, "live", lambda *a: seen.append(torch.get_num_threads()) or do(*a))
    evolve({**small, "generations": 2}, str(tmp_path / "run"), backend="local")
    assert set(seen) == {1}, "what the configuration says"
    assert settings() == (3, "high")
    perform(str(tmp_path / "run"), Request("fertility", [1], sample=2, replicates=2, descent=1))
    assert settings() == (3, "high")


def test_a_habitat_leaves_the_process_its_threads(settings):
    config = parse_config({"task": "none", "device": "cpu", "quine": {"hidden": 6, "coordinate_units": 3}})
    Habitat(config, make_physics(config, None))
    assert settings() == (3, "high")


@pytest.mark.parametrize("when", ["product", "life"])
def test_a_stop_inside_a_product_leaves_the_process_its_precision(settings, small, tmp_path, monkeypatch, when):
    def stop(*args, **more):
        raise KeyboardInterrupt

    if when == "product":
        with pytest.raises(KeyboardInterrupt):
            products.by_onednn(stop)
    else:
        monkeypatch.setattr("alife.organism.measures.relative_error", stop)
        with pytest.raises(KeyboardInterrupt):
            evolve({**small, "generations": 2}, str(tmp_path / "run"), backend="local")
    assert settings() == (3, "high")
