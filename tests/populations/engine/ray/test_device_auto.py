"""`device: auto` where workers may be on other machines: they are asked, not this machine. There is no GPU here: nodes
have GPUs in name only, and a worker's answer is given.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray
import torch
import yaml

from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from populations.engine.evolve import evolve
from populations.engine.prepare import prepare
from populations.engine.ray import asking, cluster
from populations.engine.ray.supervisor import RayBackend
from populations.record.reader import read_config
from populations.studies.plan import parse_plan
from populations.studies.sweep import sweep

pytest_plugins = ("tests.support.second_node",)


def never() -> bool:
    return False


@pytest.fixture
def config(small: dict[str, Any]) -> RunConfig:
    return parse_config({**small, "task": "none"})


def only_at(node: str) -> Callable[[], bool]:
    return lambda: bool(ray.get_runtime_context().get_node_id() == node)


def test_a_worker_on_a_node_with_fake_gpus_is_asked(second_node: str, config: RunConfig) -> None:
    assert asking.device(config, never, only_at(second_node)) == "cuda"
    assert asking.device(config, never, only_at("another")) == "cpu"


def test_torch_without_cuda_on_nodes_with_fake_gpus_means_cpus_whatever_this_machine_has(
    second_node: str, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch.cuda.is_available():
        pytest.skip("needs workers without CUDA")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    open_yet, physics = prepare(config, backend="ray")
    assert open_yet.device == "auto"
    backend = RayBackend(open_yet, physics, never)
    assert (backend.config.device, backend.config.ray.gpus_per_host) == ("cpu", 0)
    assert backend.config.life.chunk == prepare(config.model_copy(update={"device": "cpu"}))[0].life.chunk
    backend.close()


def test_gpus_of_the_cluster_are_used_though_this_machine_has_none_with_fake_gpus(
    second_node: str, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_probe", lambda: only_at(second_node))
    backend = RayBackend(*prepare(config, backend="ray"), never)
    assert (backend.config.device, backend.config.ray.gpus_per_host) == ("cuda", 1)
    assert backend.config.life.chunk == config.population.size
    assert backend._pool.room() == 2
    starts = [handle.call for handle in backend._pool.handles]
    ray.wait(starts, num_returns=len(starts), timeout=120)  # Ray may lose the GPU of who is killed while it is placed
    backend.close()


def test_gpus_that_are_all_in_use_are_waited_for_and_then_named_with_fake_gpus(
    second_node: str, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Holder:
        def there(self) -> None: ...

    remote: Any = ray.remote
    holders = [remote(num_cpus=0, num_gpus=1)(Holder).remote() for _ in range(2)]
    ray.get([holder.there.remote() for holder in holders], timeout=120)
    monkeypatch.setattr(asking, "ASK_SECONDS", 1.0)
    with pytest.raises(UserError, match="none came free within 1 s to be tried: say --device cuda to wait"):
        asking.device(config, never)
    for holder in holders:
        ray.kill(holder)


def test_what_the_cluster_answers_is_on_record(
    small: dict[str, Any], tmp_path: Path, ray_8: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(asking, "device", lambda config, *_: asked.append(config.device) or "cpu")
    evolve({**small, "task": "none", "generations": 1}, str(tmp_path / "run"), backend="ray")
    assert asked == ["auto"]
    assert read_config(str(tmp_path / "run")).device == "cpu"
    evolve({**small, "task": "none", "generations": 1}, str(tmp_path / "local"), backend="local")
    assert asked == ["auto"], "in process it is this machine that counts"


def test_a_sweep_asks_the_cluster_once(
    small: dict[str, Any], tmp_path: Path, ray_8: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(asking, "device", lambda config, *_: asked.append(config.device) or "cpu")
    base = {**small, "task": "none", "generations": 1, "population": {"islands": 1, "size": 6}}
    plan = parse_plan(yaml.safe_dump({"base": base, "seeds": 2}), "test")
    summary = sweep(plan, str(tmp_path / "sweep"), backend="ray")
    assert (summary.done, dict(summary.failed)) == (2, {})
    assert asked == ["auto"]
    again = sweep(plan, str(tmp_path / "sweep"), backend="ray")
    assert again.done == 2
    assert asked == ["auto"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_is_no_question_of_this_machine_where_the_environment_names_a_cluster(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = config.model_copy(update={"device": "cuda"})
    monkeypatch.setattr(cluster.sys, "modules", {})
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(UserError, match="no CUDA device is here"):
        prepare(cuda, backend="ray")
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert prepare(cuda, backend="ray")[0].ray.gpus_per_host == 1
    with pytest.raises(UserError, match="no CUDA device is here"):
        prepare(cuda, backend="local")
