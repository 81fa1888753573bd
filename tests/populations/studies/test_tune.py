"""Ray Tune itself over small runs: what a scheduler stops can be resumed to the births it would have had."""

from pathlib import Path
from typing import Any

import pytest

import alife
from alife.errors import UserError
from populations.record.writer import digest
from populations.studies.tune import drawn

tune = pytest.importorskip("ray.tune")


@pytest.fixture
def base(small: dict[str, Any]) -> dict[str, Any]:
    return {**small, "generations": 6, "checkpoint": {"every": 3}}


@pytest.mark.nightly
def test_trials_are_runs_and_those_that_asha_stops_can_be_resumed(
    base: dict[str, Any], tmp_path: Path, ray_8: None
) -> None:
    from ray.tune.schedulers import ASHAScheduler

    out = tmp_path / "tuned"
    space = {"life.task_weight": tune.grid_search([0.001, 0.1, 1.0, 3.0]), "seed": 3}
    scheduler = ASHAScheduler(max_t=6, grace_period=2, reduction_factor=2)
    config = tune.TuneConfig(metric="accuracy", mode="max", scheduler=scheduler, max_concurrent_trials=2)
    running = tune.RunConfig(storage_path=str(tmp_path / "tune"), verbose=0)
    trainable = alife.tune.trainable(base, out, metric=["accuracy", "replication_error"])
    results = tune.Tuner(trainable, param_space=space, tune_config=config, run_config=running).fit()
    assert not results.errors
    runs = {path.name: alife.load_run(path) for path in out.iterdir()}
    assert len(runs) == len(results) == 4
    stopped = 0
    for result in results:
        run = runs[Path(result.metrics["run"]).name]
        assert run.setting("life.task_weight") == result.config["life.task_weight"]
        lived = run.births[(run.births.generation == run.last) & (run.births.cause_of_death == "generation_end")]
        assert result.metrics["accuracy"] == pytest.approx(lived["accuracy"].median())
        assert result.metrics["training_iteration"] == run.last + 1
        assert run.manifest["status"] == ("finished" if run.last == 5 else "interrupted")
        if run.last < 5:
            stopped += 1
            assert alife.resume(run.path, backend="local", quiet=True) == "finished"
            alone = tmp_path / f"alone-{run.path[-5:]}"
            config_ = {**base, "seed": 3, "life": {**base["life"], "task_weight": run.setting("life.task_weight")}}
            alife.evolve(config_, alone, backend="local", quiet=True)
            assert digest(run.path) == digest(str(alone))
    assert stopped, "ASHA stopped one"
    assert sum(map(len, alife.load_sweep(out).values())) == 4


@pytest.mark.nightly
def test_a_trial_that_fails_goes_on_from_its_folder(base: dict[str, Any], tmp_path: Path, ray_8: None) -> None:
    class Once(alife.tune.trainable(base, tmp_path / "tuned")):  # type: ignore[misc]
        def step(self) -> dict[str, Any]:
            flag = tmp_path / "died"
            if self.iteration == 3 and not flag.exists():
                flag.touch()
                raise RuntimeError("the machine was lost")
            return super().step()

    running = tune.RunConfig(
        storage_path=str(tmp_path / "tune"), verbose=0, failure_config=tune.FailureConfig(max_failures=1)
    )
    [result] = tune.Tuner(Once, param_space={"seed": 4}, run_config=running).fit()
    assert result.error is None
    assert result.metrics["status"] == "finished"
    alife.evolve({**base, "seed": 4}, tmp_path / "alone", backend="local", quiet=True)
    assert digest(result.metrics["run"]) == digest(str(tmp_path / "alone"))


def test_keys_are_dotted_or_nested_and_checked(base: dict[str, Any]) -> None:
    start = alife.parse_config(base)
    config = drawn(start, {"life": {"task_weight": 0.5}, "selection.accuracy_weight": 1, "seed": 7})
    assert (config.life.task_weight, config.life.steps, config.seed) == (0.5, start.life.steps, 7)
    with pytest.raises(UserError, match=r"life.stepps"):
        drawn(start, {"life.stepps": 3})


@pytest.mark.parametrize("metric", ["fitness", ["accuracy", "nothing"]])
def test_an_unknown_metric_is_refused_at_once(base: dict[str, Any], tmp_path: Path, metric: Any) -> None:
    with pytest.raises(UserError, match=r"there is no such metric: choose among .*accuracy"):
        alife.tune.trainable(base, tmp_path / "out", metric=metric)
    assert not (tmp_path / "out").exists()
