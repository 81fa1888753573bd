"""One odd node of a cluster: it is kept clear of, and the others go on."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

from alife.configuration.keys import Ray, RunConfig, parse_config
from alife.errors import Unfit, UserError
from alife.world.projections import Physics
from populations.engine import classes
from populations.engine.evolve import evolve, resume
from populations.engine.prepare import prepare
from populations.engine.ray import devices
from populations.engine.ray.placing import Placing
from populations.engine.ray.supervisor import RayBackend
from populations.engine.ray.worker import _GROUPS, PingedWorker
from populations.engine.worker import machine_class
from populations.studies.jobs import Job
from populations.studies.run_jobs import run_jobs
from tests.support.lives import Lives, lived_here

pytest_plugins = ("tests.support.second_node",)
WHOLE = {"hosts": 2, "cpus_per_host": 8}
"""One worker, or one job, a node."""


@pytest.fixture
def prepared(small: dict[str, Any], second_node: str) -> tuple[RunConfig, Physics]:
    return prepare(parse_config({**small, "task": "none", "ray": WHOLE}))


class Losses(list[Any]):
    def __call__(self, *loss: Any) -> None:
        self.append(loss)

    def why(self) -> list[str]:
        return [why for _, _, why, _ in self]


def backend_of(monkeypatch: pytest.MonkeyPatch, host: type, prepared: Any, losses: Losses) -> RayBackend:
    remote: Any = ray.remote
    actor = remote(max_restarts=0, max_task_retries=0, concurrency_groups=_GROUPS)(host)
    monkeypatch.setattr("populations.engine.ray.pool.WorkerActor", actor)
    return RayBackend(*prepared, lambda: False, losses)


def after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def check_births(lives: Lives, prepared: Any, folder: Path) -> None:
    """They are those of one process."""
    lives.check(lived_here(prepared, folder, 1 + max(generation for _, generation in lives.births)))


def odd_class(node: str) -> type:
    class OddClass(PingedWorker):
        def start(self, *args: Any) -> dict[str, Any]:
            found = super().start(*args)
            odd = found["node"] == node
            return {**found, "machine": {**found["machine"], "cpu": "Z80"}} if odd else found

    return OddClass


def test_a_node_of_another_class_is_refused_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, prepared: Any, second_node: str, tmp_path: Path
) -> None:
    losses = Losses()
    backend = backend_of(monkeypatch, odd_class(second_node), prepared, losses)
    backend.require(machine_class(prepared[0]))
    lives = Lives(backend, tmp_path / "run")
    lives.live(1)
    lives.live_on(lambda: bool(losses))
    assert losses.why() == ["refused: its machine is of another class than the run (cpu)"]
    lives.live_on(after(1.5))
    assert len(losses) == 1, "no worker is started there again"
    assert [handle.node for handle in backend._pool.handles] != [second_node]
    check_births(lives, prepared, tmp_path / "here")
    backend.close()


def test_a_run_that_finds_no_node_of_its_class_says_so_at_once(
    monkeypatch: pytest.MonkeyPatch, prepared: Any, second_node: str
) -> None:
    backend = backend_of(monkeypatch, PingedWorker, prepared, losses := Losses())
    with pytest.raises(classes.OtherClass, match=r"another class than the run \(cpu: Z80 there, .+ here\)"):
        backend.require({**machine_class(prepared[0]), "cpu": "Z80"})
    assert len(losses) == 2
    backend.close()


def failing_start(node: str) -> type:
    class FailingStart(PingedWorker):
        def start(self, *args: Any) -> dict[str, Any]:
            if ray.get_runtime_context().get_node_id() == node:
                raise ModuleNotFoundError("No module named 'torch'")
            return super().start(*args)

    return FailingStart


def test_a_node_where_a_host_cannot_start_is_refused_too(
    monkeypatch: pytest.MonkeyPatch, prepared: Any, second_node: str, tmp_path: Path
) -> None:
    backend = backend_of(monkeypatch, failing_start(second_node), prepared, losses := Losses())
    assert backend.machine == machine_class(prepared[0])
    lives = Lives(backend, tmp_path / "run")
    lives.live(1)
    lives.live_on(lambda: bool(losses))
    check_births(lives, prepared, tmp_path / "here")
    assert losses.why() == ["refused: it cannot start there: ModuleNotFoundError: No module named 'torch'"]
    backend.close()


def test_if_it_can_start_nowhere_the_fault_is_raised(monkeypatch: pytest.MonkeyPatch, prepared: Any) -> None:
    class Never(PingedWorker):
        def start(self, *args: Any) -> dict[str, Any]:
            raise UserError("the data: cannot be had")

    backend = backend_of(monkeypatch, Never, prepared, Losses())
    with pytest.raises(UserError, match=r"^the data: cannot be had$"):
        _ = backend.machine
    backend.close()


GPU = "CUDA error: an illegal memory access was encountered"


def failing_gpu(folder: Path, says: str = GPU) -> type:
    class FailingGpu(PingedWorker):
        """The first process to live has the broken GPU, and is broken for good."""

        def begin(self, *args: Any) -> bool:
            worker = self.resident._worker
            live = worker.live_one

            def live_one(*args: Any) -> Any:
                with contextlib.suppress(FileExistsError):
                    (folder / "broken").mkdir()
                    (folder / "broken" / str(os.getpid())).touch()
                if (folder / "broken" / str(os.getpid())).exists():
                    raise RuntimeError(says)
                return live(*args)

            worker.live_one = live_one  # type: ignore[method-assign]
            return super().begin(*args)

    return FailingGpu


def test_with_gpus_that_do_not_exist_one_that_fails_gives_its_host_up_and_is_given_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
    prepared: tuple[RunConfig, Physics],
    second_node: str,
    tmp_path: Path,
) -> None:
    config = prepared[0].model_copy(update={"ray": Ray(hosts=2, cpus_per_host=1, gpus_per_host=1)})
    ready = config, prepared[1]
    backend = backend_of(monkeypatch, failing_gpu(tmp_path), ready, losses := Losses())
    assert backend.machine
    lives = Lives(backend, tmp_path / "run")
    lives.live(1)
    lives.live_on(lambda: bool(losses))
    assert losses.why() == [f"its GPU failed ({GPU})"]
    lives.live_on(after(1.5))
    check_births(lives, ready, tmp_path / "here")
    assert backend.hosts == 1, "the other GPU has one, the broken one is held by the process that was given up"
    assert ray.available_resources().get("GPU", 0) == 0
    backend.close()


def test_errors_of_a_gpu_are_told_from_those_of_the_program() -> None:
    import torch

    for error, broken in (
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), False),
        (RuntimeError("CUDA error: device-side assert triggered\nmore"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("No CUDA GPUs are available"), True),
    ):
        with pytest.raises(devices.DeviceError) as caught, devices.device_errors():
            raise error
        assert caught.value.broken is broken
        assert "\n" not in caught.value.why
    for other in (RuntimeError("shape mismatch: CUDA error"), ValueError("CUDA error"), UserError("x")):
        with pytest.raises(type(other)) as plain, devices.device_errors():
            raise other
        assert plain.value is other


# Jobs


def unfit_at(node: str, folder: str) -> str:
    """Belongs on another node."""
    here = ray.get_runtime_context().get_node_id()
    (Path(folder) / here).touch()
    if here == node or node == "everywhere":
        raise Unfit("workers here are of another class than the run")
    return here


def broken_at(node: str) -> str:
    here = ray.get_runtime_context().get_node_id()
    if here == node:
        raise RuntimeError(GPU)
    return here


@pytest.fixture
def nodes(second_node: str) -> list[str]:
    return [node["NodeID"] for node in ray.nodes() if node["Alive"]]


def test_a_job_goes_on_from_a_node_that_will_not_do_for_it(nodes: list[str], tmp_path: Path) -> None:
    """Whichever node it starts on: it is asked to run on either."""
    for number in range(2):
        (tmp_path / str(number)).mkdir()
    jobs = [Job(node, unfit_at, {"node": node, "folder": str(tmp_path / str(k))}) for k, node in enumerate(nodes)]
    results = run_jobs(jobs, Ray(**{**WHOLE, "hosts": "auto"}))
    assert [result.status for result in results] == ["done", "done"]
    assert [result.value for result in results] == nodes[::-1]


def test_a_job_for_which_no_node_will_do_fails_with_its_words(nodes: list[str], tmp_path: Path) -> None:
    jobs = [Job("a", unfit_at, {"node": "everywhere", "folder": str(tmp_path)})]
    (result,) = run_jobs(jobs, Ray(**WHOLE))
    assert (result.status, result.error) == ("failed", "workers here are of another class than the run")
    assert {path.name for path in tmp_path.iterdir()} == set(nodes)


def test_a_job_whose_gpu_failed_is_done_elsewhere(nodes: list[str]) -> None:
    for node in nodes:
        (result,) = run_jobs([Job("a", broken_at, {"node": node})], Ray(**WHOLE))
        assert result.status == "done"
        assert result.value != node
        assert set(result.losses) <= {f"its GPU failed ({GPU})"}


def test_a_run_of_a_sweep_is_unfit_for_a_machine_of_another_class(small: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "run"
    config = {**small, "task": "none", "generations": 2}
    evolve(config, str(out), backend="local")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "populations.engine.backend.machine_class", lambda config: {**machine_class(config), "cpu": "Z80"}
        )
        with pytest.raises(Unfit, match="another class than the run"):
            resume(str(out), generations=4, backend="local")
    assert resume(str(out), generations=4, backend="local") == "finished"


# Parts


def test_the_class_of_a_new_run_is_that_of_most_of_its_hosts() -> None:
    a, b = {"cpu": "a"}, {"cpu": "b"}
    assert classes.of_most([b], 4) is None
    assert classes.of_most([b, a], 4) is None
    assert classes.of_most([b, a, a], 4) == a
    assert classes.of_most([b], 2) == b
    assert classes.of_most([b, a], 1) == b


def test_room_leaves_out_what_is_refused_for_as_long_as_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("populations.engine.ray.placing.time.monotonic", lambda: now[0])
    placing = Placing()
    places = {"a": 4, "b": 2, "c": 1}
    assert placing.room(places) == 7
    placing.refuse("a")
    placing.refuse("c", 10)
    placing.keep("b", None)
    placing.keep("gone", None)
    assert placing.room(places) == 1
    assert "2 nodes are refused" in placing.described()
    now[0] += 11
    assert placing.room(places) == 2
    assert placing.options()["label_selector"] == {"ray.io/node-id": "!in(a)"}
