"""Jobs of unlike needs on one real Ray of eight logical CPUs: what runs beside what."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from alife.configuration.keys import Ray
from alife.errors import UserError
from populations.observe import events
from populations.studies.jobs import Job
from populations.studies.plan import Plan, dump, parse_plan
from populations.studies.run_jobs import run_jobs
from populations.studies.sweep import sweep

CPUS = 8


def reserve(folder: str, name: str, seconds: float) -> float:
    """Leave word of when it ran, and on how many CPUs Ray says that it does."""
    import ray

    began = time.time()
    time.sleep(seconds)
    cpus = ray.get_runtime_context().get_assigned_resources()["CPU"]
    (Path(folder) / name).write_text(json.dumps([began, time.time(), cpus]))
    return float(cpus)


def spans(folder: Path) -> dict[str, tuple[float, float, float]]:
    return {path.name: tuple(json.loads(path.read_text())) for path in folder.iterdir()}


def most(found: dict[str, tuple[float, float, float]], name: str = "") -> tuple[float, int]:
    """CPUs that were reserved, and jobs that ran, at once at most."""
    chosen = [span for job, span in found.items() if job.startswith(name)]
    moments = [began for began, _, _ in chosen]
    there = [[span for span in chosen if span[0] <= moment < span[1]] for moment in moments]
    return max(sum(cpus for *_, cpus in spans) for spans in there), max(map(len, there))


def plan(base: dict[str, Any], treatments: dict[str, Any], **more: Any) -> Plan:
    return parse_plan(yaml.safe_dump({"base": base, "treatments": treatments, **more}, sort_keys=False), "f")


def test_jobs_are_placed_by_what_each_asks_for(ray_8: None, tmp_path: Path) -> None:
    """Seven CPUs and one go side by side; no more than two of those that say so; large ones are not kept out."""
    base = Ray()
    large = base.model_copy(update={"cpus_per_host": 7})
    two = base.model_copy(update={"hosts": 2})
    jobs = [
        Job(f"small-{k}", reserve, {"folder": str(tmp_path), "name": f"small-{k}", "seconds": 0.3}) for k in range(6)
    ]
    about: dict[str, Any] = {"folder": str(tmp_path), "seconds": 0.6}
    jobs += [Job(f"two-{k}", reserve, about | {"name": f"two-{k}"}, needs=two, share="two") for k in range(5)]
    long = {"large-0": 6.0, "large-1": 0.6}  # the first is still there once Ray has started a process for another
    jobs += [Job(name, reserve, about | {"name": name, "seconds": s}, needs=large) for name, s in long.items()]
    started: list[str] = []

    def hear(event: events.Event) -> None:
        if isinstance(event, events.JobStarted):
            started.append(event.job)

    results = {result.name: result for result in run_jobs(jobs, base, hear)}
    assert [results[f"{kind}-0"].value for kind in ("small", "two", "large")] == [1, 1, 7]
    assert all(result.status == "done" and not result.losses for result in results.values())
    found = spans(tmp_path)
    assert most(found)[0] == CPUS, "all of them were in use, and none twice"
    assert 1 <= most(found, "two")[1] <= 2
    assert started[0] == "large-0"
    first, last, _ = found["large-0"]
    beside = [name for name, (began, end, _) in found.items() if began < last and end > first]
    assert len(beside) > 1, "what a large job leaves is used"


@pytest.mark.nightly
def test_a_sweep_asks_for_each_treatment(ray_8: None, small: dict[str, Any], tmp_path: Path) -> None:
    base = {**small, "task": "none", "generations": 2}
    treatments = {
        "plain": {"reproduction.mutation": 0.01},
        "threads": {"life.threads": 2},
        "large": {"ray": {"cpus_per_host": 8}, "reproduction.mutation": 0.02},
        "few": {"ray.hosts": 1, "reproduction.mutation": 0.03},
    }
    asked = plan(base, treatments, seeds=2)
    needs = {name: asked.needs(name) for name in treatments}
    assert needs["plain"] is None
    assert [(needs[name] or Ray()).cpus_per_host for name in ("threads", "large", "few")] == [2, 8, 1]
    assert "ray.cpus_per_host" not in asked.keys, "where it runs is no treatment"
    told: list[events.Event] = []
    summary = sweep(asked, str(tmp_path / "sweep"), backend="ray", sinks=[told.append])
    assert (summary.done, summary.failed) == (8, {})
    running: set[str] = set()
    for event in told:
        if isinstance(event, events.JobStarted):
            running.add(event.job)
            assert sum((needs[job.partition("/")[0]] or Ray()).cpus_per_host for job in running) <= CPUS
            assert sum(job.startswith("few") for job in running) <= 1
        elif isinstance(event, events.JobDone):
            running.remove(event.job)
    again = parse_plan((tmp_path / "sweep/sweep.yaml").read_text(), "sweep.yaml")
    assert again.needs("large") == needs["large"]
    assert dump(again) == (tmp_path / "sweep/sweep.yaml").read_text()


def test_a_treatment_that_no_node_has_room_for_is_refused(ray_8: None, small: dict[str, Any], tmp_path: Path) -> None:
    base = {**small, "task": "none"}
    asked = plan(base, {"a": {"reproduction.mutation": 0.01}, "b": {"ray.cpus_per_host": 99}})
    with pytest.raises(UserError, match="no node of the cluster has the 99 CPUs that a job asks for"):
        sweep(asked, str(tmp_path / "sweep"), backend="ray")
    assert not (tmp_path / "sweep").exists()


def test_treatments_that_differ_by_their_needs_alone_are_one(small: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="treatments a and b are the same: keep one"):
        plan(small, {"a": {"life.steps": 9}, "b": {"life.steps": 9, "ray.cpus_per_host": 2}})
    with pytest.raises(UserError, match=r"treatment a: ray.address: all runs share one cluster.*; a treatment may"):
        plan(small, {"a": {"ray.address": "x"}})
