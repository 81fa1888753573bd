"""Jobs: what becomes of each, on Ray and in process, when some fail, die, or are told to stop."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from alife.configuration.keys import Ray
from alife.errors import UserError
from populations.engine.ray import cluster
from populations.record.lease import Busy
from populations.studies.jobs import Job, OutOfTime, Stopped
from populations.studies.run_jobs import run_jobs

TWO = Ray(hosts=2)


def answer(value):
    return value, os.getpid(), threading.current_thread() is threading.main_thread()


def refuse(what):
    raise UserError(f"{what}: cannot be had")


def break_down():
    return {}["no such key"]


def die(folder, times):
    """Die as by a failing machine, the first few times."""
    tries = len(list(Path(folder).iterdir()))
    (Path(folder) / str(tries)).touch()
    if tries < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return tries


def find_it_held(folder, times):
    """Die, then find that the one that died still writes there, the first few times."""
    tries = len(list(Path(folder).iterdir()))
    (Path(folder) / str(tries)).touch()
    if tries == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if tries <= times:
        raise Busy("another run is writing here")
    return tries


def work_until_told(folder, name):
    """Stop at a SIGINT or SIGTERM, as a run does, and leave word of it."""
    told = []
    before = {number: signal.signal(number, lambda n, _: told.append(n)) for number in (signal.SIGINT, signal.SIGTERM)}
    tries = len(list(Path(folder).glob(f"{name}.began.*")))
    (Path(folder) / f"{name}.began.{tries}").write_text(str(os.getpid()))
    end = time.monotonic() + 60
    while not told and time.monotonic() < end:
        time.sleep(0.05)
    for number, handler in before.items():
        signal.signal(number, handler)
    raise Stopped(signal.Signals(told[0]).name)


def run_out_of_time():
    raise OutOfTime("max-hours 2")


def wait_and_see(folder, name, seconds):
    """Hear no signal for a while, as a process that is cut off."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    (Path(folder) / name).touch()
    time.sleep(seconds)
    signal.signal(signal.SIGINT, before)


def mixed():
    return [
        Job("first", answer, {"value": 1}),
        Job("refused", refuse, {"what": "a file"}),
        Job("broken", break_down),
        Job("last", answer, {"value": [2, 3]}),
    ]


@pytest.mark.parametrize("backend", ["ray", "local"])
def test_one_result_a_job_and_failures_stay_their_own(backend, ray_8):
    told = []
    results = run_jobs(mixed(), TWO, told.append, backend=backend)
    assert [r.name for r in results] == ["first", "refused", "broken", "last"]
    assert [r.status for r in results] == ["done", "failed", "failed", "done"]
    assert [r.value[0] for r in results if r.status == "done"] == [1, [2, 3]]
    assert all(r.value[2] for r in results if r.status == "done"), "jobs run in the main thread: signals reach them"
    assert results[1].error == "a file: cannot be had"
    assert results[1].details == ""
    assert results[2].error == "fault of the program: KeyError: 'no such key'"
    assert "in break_down" in results[2].details
    assert not any(r.losses for r in results)
    events = [(e.kind, e.job) for e in told if e.kind != "tick"]
    ends = {"first": "job_done", "refused": "job_failed", "broken": "job_failed", "last": "job_done"}
    assert sorted(events) == sorted([("job_started", name) for name in ends] + [(e, name) for name, e in ends.items()])
    assert [e.error for e in told if e.kind == "job_failed" and e.job == "refused"] == [results[1].error]


def test_processes_are_used_again(ray_8):
    results = run_jobs([Job(str(k), answer, {"value": k}) for k in range(12)], Ray(hosts=1))
    assert len({r.value[1] for r in results}) <= 2
    assert os.getpid() not in {r.value[1] for r in results}


def test_no_more_at_once_than_hosts_and_in_order(ray_8):
    running, most, started = set(), 0, []

    def told(event):
        nonlocal most
        if event.kind == "job_started":
            running.add(event.job)
            started.append(event.job)
        elif event.kind == "job_done":
            running.remove(event.job)
        most = max(most, len(running))

    run_jobs([Job(str(k), answer, {"value": k}) for k in range(7)], TWO, told)
    assert most == 2
    assert started == [str(k) for k in range(7)]


def test_a_job_whose_process_dies_is_started_again_and_listed(ray_8, tmp_path):
    told = []
    jobs = [Job("dies", die, {"folder": str(tmp_path), "times": 2}), Job("lives", answer, {"value": 1})]
    dies, lives = run_jobs(jobs, TWO, told.append)
    assert (dies.status, dies.value) == ("done", 2)
    assert dies.losses == ("its process died", "its process died")
    assert (lives.status, lives.losses) == ("done", ())
    lost = [e for e in told if e.kind == "job_lost"]
    assert [(e.job, e.attempt, e.why) for e in lost] == [
        ("dies", 1, "its process died"),
        ("dies", 2, "its process died"),
    ]


def test_a_job_that_always_dies_fails_after_three_retries(ray_8, tmp_path):
    dies, lives = run_jobs(
        [Job("dies", die, {"folder": str(tmp_path), "times": 99}), Job("lives", answer, {"value": 1})], TWO
    )
    assert dies.status == "failed"
    assert dies.error == "lost 4 times, the last time because its process died"
    assert len(list(tmp_path.iterdir())) == 4
    assert lives.status == "done"


@pytest.mark.parametrize(("backend", "lost"), [("ray", 1), ("ray", 0), ("local", 0)])
def test_a_folder_that_another_process_still_holds_is_waited_for(ray_8, tmp_path, monkeypatch, backend, lost):
    """It may be that of a job that was lost, or of one whose driver was killed."""
    monkeypatch.setattr("populations.studies.jobs.BUSY_PAUSE", 0.5)
    if not lost:
        (tmp_path / "0").touch()
    began = time.monotonic()
    (held,) = run_jobs(
        [Job("held", find_it_held, {"folder": str(tmp_path), "times": 2})], TWO, lambda _: None, backend=backend
    )
    assert (held.status, held.value, len(held.losses)) == ("done", 3, lost)
    assert time.monotonic() - began >= 1, "two refusals, each with a pause after it"


@pytest.mark.parametrize("backend", ["ray", "local"])
def test_others_go_on_while_one_waits_and_a_writer_that_stays_is_named(ray_8, tmp_path, monkeypatch, backend):
    monkeypatch.setattr("populations.studies.jobs.BUSY_PAUSE", 0.5)
    monkeypatch.setattr("populations.studies.jobs.BUSY_SECONDS", 2)
    (tmp_path / "0").touch()
    told = []
    jobs = [Job("held", find_it_held, {"folder": str(tmp_path), "times": 99}), Job("free", answer, {"value": 1})]
    held, free = run_jobs(jobs, Ray(hosts=1), told.append, backend=backend)
    assert (held.status, held.error) == ("failed", "another run is writing here")
    assert free.status == "done"
    assert len(list(tmp_path.iterdir())) == 5, "tried at 0, 0.5, 1 and 1.5 s"
    if backend == "ray":
        ends = [e.job for e in told if e.kind in ("job_done", "job_failed")]
        assert ends == ["free", "held"]


def test_told_to_stop_running_jobs_end_well_and_others_never_start(ray_8, tmp_path):
    jobs = [Job(name, work_until_told, {"folder": str(tmp_path), "name": name}) for name in "abc"]
    results = run_jobs(jobs, TWO, stopping=lambda: len(list(tmp_path.iterdir())) == 2)
    assert [r.status for r in results] == ["stopped"] * 3
    assert [r.error for r in results] == ["its process got a SIGINT"] * 2 + [""]
    assert {p.name for p in tmp_path.iterdir()} == {"a.began.0", "b.began.0"}


@pytest.mark.parametrize("backend", ["ray", "local"])
def test_after_one_whose_time_is_over_none_is_begun(ray_8, backend):
    """Nor is it begun again."""
    told = []
    jobs = [Job("late", run_out_of_time), *(Job(name, answer, {"value": 1}) for name in "ab")]
    results = run_jobs(jobs, Ray(hosts=1), told.append, backend=backend)
    assert [(r.status, r.error) for r in results] == [("stopped", "max-hours 2"), ("stopped", ""), ("stopped", "")]
    assert [event.job for event in told if event.kind == "job_started"] == ["late"]


@pytest.mark.parametrize("stop", [False, True])
def test_a_head_that_falls_silent_is_not_waited_for(ray_8, tmp_path, monkeypatch, stop):
    """Ray would end this process after a minute. Told to stop, the jobs are; else one line says how to go on."""
    for name in ("QUIET_SECONDS", "HEAD_SECONDS"):
        monkeypatch.setattr(f"populations.engine.ray.head.{name}", 1.0)
    ends = threading.Event()
    places, began = cluster.places, lambda: any(tmp_path.iterdir())
    monkeypatch.setattr(cluster, "places", lambda config: (began() and ends.wait(30) and {}) or places(config))
    jobs = [Job(name, wait_and_see, {"folder": str(tmp_path), "name": name, "seconds": 4}) for name in "ab"]
    if stop:
        results = run_jobs(jobs, Ray(hosts=1), stopping=began)
        assert [(r.status, r.error) for r in results] == [("stopped", "the cluster has gone"), ("stopped", "")]
    else:
        with pytest.raises(UserError, match="the head of the cluster has not answered for 1 s: the same command"):
            run_jobs(jobs, Ray(hosts=1))
    ends.set()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_job_stopped_with_its_machine_goes_on_elsewhere(ray_8, tmp_path):
    """A machine that is taken away sends SIGTERM to its processes: that is a loss, and no wish of the user."""
    calls = 0

    def stopping():
        nonlocal calls
        began = {path.name: path for path in tmp_path.iterdir()}
        if "a.began.0" in began and not calls and (pid := began["a.began.0"].read_text()):
            calls += 1
            os.kill(int(pid), signal.SIGTERM)
        return "a.began.1" in began

    told = []
    [result] = run_jobs([Job("a", work_until_told, {"folder": str(tmp_path), "name": "a"})], TWO, told.append, stopping)
    assert result.status == "stopped"
    assert result.losses == ("its process got a SIGTERM",)
    assert [e.kind for e in told if e.kind != "tick"] == [
        "job_started",
        "job_lost",
        "job_started",
        "job_stopped",
    ]


def test_in_process_a_stop_ends_the_queue():
    def stop():
        raise Stopped("SIGTERM")

    told = []
    results = run_jobs(
        [Job("a", answer, {"value": 1}), Job("b", stop), Job("c", stop)], told=told.append, backend="local"
    )
    assert [(r.status, r.error) for r in results] == [("done", ""), ("stopped", "SIGTERM"), ("stopped", "")]
    assert [e.kind for e in told] == ["job_started", "job_done", "job_started", "job_stopped"]


def test_what_cannot_be_placed_is_refused_at_once(ray_8):
    with pytest.raises(UserError, match=r"no node of the cluster has the 99 CPUs and 1 GPU that"):
        run_jobs(mixed(), Ray(cpus_per_host=99, gpus_per_host=1))


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_a_job_waits_for_the_one_it_comes_after_and_shares_its_fate(ray_8, backend):
    jobs = [
        Job("bad", refuse, {"what": "x"}),
        Job("after bad", answer, {"value": 1}, after="bad"),
        Job("good", answer, {"value": 2}),
        Job("after good", answer, {"value": 3}, after="good"),
        Job("after both", answer, {"value": 4}, after="after bad"),
    ]
    told = []
    results = {r.name: r for r in run_jobs(jobs, TWO, told.append, backend=backend)}
    assert {name: r.status for name, r in results.items() if r.status == "done"}.keys() == {"good", "after good"}
    assert results["after bad"].error == "bad failed"
    assert results["after both"].error == "after bad failed"
    order = [(e.kind, e.job) for e in told if e.kind != "tick"]
    assert order.index(("job_done", "good")) < order.index(("job_started", "after good"))
    assert ("job_started", "after bad") not in order
    assert ("job_failed", "after bad") in order


def test_a_job_cannot_wait_for_one_that_comes_later():
    with pytest.raises(ValueError, match="a: the job b that it waits for does not come before it"):
        run_jobs([Job("a", answer, after="b"), Job("b", answer)], backend="local")


def test_equal_names_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="same name"):
        run_jobs([Job("a", answer), Job("a", answer)], backend="local")
