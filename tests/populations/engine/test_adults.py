"""Who has lived can be had as a torch module: its scores come out again in plain torch."""

import json
import shlex
import shutil

import numpy as np
import pytest
import torch

from alife.cli.main import main
from alife.errors import UserError
from alife.evolution.adult import DenseNetwork
from alife.format.checkpoints import adults_name
from alife.world.task import load_task
from analysis import load_run
from populations import evolve, load_network, resume
from populations.engine import adults
from populations.record.writer import digest, read_manifest


@pytest.fixture(scope="module")
def lived(tmp_path_factory, idx_folder):
    """A run whose newborns migrate in generation 2 of 0 to 5, and its births by id."""
    out = str(tmp_path_factory.mktemp("adults") / "run")
    config = {
        "task": str(idx_folder),
        "generations": 6,
        "quine": {"hidden": 12, "coordinate_units": 6},
        "life": {"steps": 20, "coordinates": 32, "images": 16, "learning_rate": 0.02},
        "reproduction": {"heritable": ["task_weight"]},
        "population": {"islands": 3, "size": 6},
        "migration": {"every": 2, "migrants": 1},
        "checkpoint": {"every": 6, "keep": 1},
    }
    assert evolve(config, out, backend="local") == "finished"
    return out, load_run(out).births.set_index("id")


def check(network, birth, task):
    """The network is the one whose scores are on record."""
    with torch.no_grad():
        right = network(torch.from_numpy(task.select_images)).argmax(1).numpy() == task.select_labels
    assert right.mean() == pytest.approx(birth.accuracy, abs=1e-6)


def self_error(network):
    printed, adult = network.emit().detach().numpy(), weights_of(network)
    return np.square(printed - adult).sum() / np.square(adult).sum()


def weights_of(network):
    layers = network.first, network.second, network.out, network.classes
    return torch.cat([layer.detach().flatten() for layer in layers]).numpy()


@pytest.mark.parametrize("generation", [0, 2, 5])
def test_an_individual_lives_again_and_has_its_scores(lived, idx_folder, generation):
    run, births = lived
    task = load_task(str(idx_folder))
    these = births[births.generation == generation]
    migrants = these[these.index // (1 << 40) != these.island]
    assert len(migrants) == (6 if generation == 2 else 0)
    for identity, birth in [*list(these.iterrows())[:2], *list(migrants.iterrows())[:2]]:
        network = load_network(run, identity)
        assert isinstance(network, torch.nn.Module)
        check(network, birth, task)
        assert self_error(network) == pytest.approx(birth.self_error, rel=1e-4)


def test_pixels_may_be_bytes_or_shares_flat_or_not(lived, idx_folder):
    run, births = lived
    images = torch.from_numpy(load_task(str(idx_folder)).test_images)
    network = load_network(run, births.index[0])
    flat = network(images)
    torch.testing.assert_close(network(images.view(-1, 8, 8)), flat)
    torch.testing.assert_close(network(images / 255), flat)
    assert flat.shape == (60, 10)
    again = DenseNetwork(torch.zeros(network.n_weights), *_world(run))
    again.load_state_dict(network.state_dict())
    assert torch.equal(again(images), flat)


def _world(run):
    from populations.engine.prepare import prepare
    from populations.record.writer import read_config

    return prepare(read_config(run), read_manifest(run))[1], "blank"


def test_adults_of_dominants_are_stored_and_are_those_that_lived(lived, monkeypatch):
    run, _ = lived
    with open(f"{run}/test-0000005.json") as file:
        tested = json.load(file)["individuals"]
    dominants = [int(identity) for identity, told in tested.items() if told["dominant"]]
    assert sorted(adults._stored(run, 5)) == sorted(dominants)
    assert len(dominants) == 3
    stored = {identity: weights_of(load_network(run, identity)) for identity in dominants}
    monkeypatch.setattr(adults, "_stored", lambda *_: {})
    for identity, weights in stored.items():
        np.testing.assert_array_equal(weights_of(load_network(run, identity)), weights)


QUICK = ["--backend", "local", "--no-figures"]


def test_what_is_not_kept_can_be_had_as_the_line_says(lived, tmp_path, idx_folder):
    run, births = lived
    identity = births[births.generation == 4].index[3]
    with pytest.raises(UserError) as caught:
        load_network(run, identity)
    message = str(caught.value)
    assert "generation 4 are not kept, those of 0, 1, 2, 3, 5, 6 are" in message
    command = message.split("'")[1].replace("DIR", str(tmp_path / "again"))
    assert main([*shlex.split(command)[1:], *QUICK]) == 0
    check(load_network(str(tmp_path / "again"), identity), births.loc[identity], load_task(str(idx_folder)))


@pytest.mark.parametrize("identity", [-1, 77 << 40, 9 << 20, 1 << 63, 5 << 20 | 999])
def test_nobody_is_one_line(lived, identity):
    run, _ = lived
    with pytest.raises(UserError, match="nobody with id"):
        load_network(run, identity)


def test_a_damaged_file_of_adults_is_one_line_and_no_part_of_the_digest(lived, tmp_path):
    run, births = lived
    copy = str(tmp_path / "copy")
    shutil.copytree(run, copy)
    for content in (b"", b"\0" * 8, b"{}", b"\x02" + b"\0" * 7 + b"{}"):
        with open(f"{copy}/{adults_name(5)}", "wb") as file:
            file.write(content)
        if content[:1] != b"\x02":
            with pytest.raises(UserError, match="damaged"):
                load_network(copy, births[births.generation == 5].index[0])
    assert digest(copy) == digest(run)
    assert resume(copy, generations=7, backend="local") == "finished"


@pytest.mark.parametrize(
    "over", [{"task": "none"}, {"quine": {"hidden": 12, "coordinate_units": 6, "pairing": "joint"}}]
)
def test_without_a_task_and_with_joint_pairing_too(small, tmp_path, idx_folder, over):
    run = str(tmp_path / "run")
    evolve({**small, **over, "generations": 2}, run, backend="local")
    births = load_run(run).births.set_index("id")
    birth = births.iloc[0]
    network = load_network(run, births.index[0])
    assert self_error(network) == pytest.approx(birth.self_error, rel=1e-4)
    if "task" in over:
        assert network(torch.zeros(2, 0)).shape == (2, 0)
    else:
        check(network, birth, load_task(str(idx_folder)))
