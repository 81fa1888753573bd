"""The bench of faults, a case of each kind: real nodes, workers and drivers of a real cluster, hit from outside."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from populations.engine.resident import name_thread
from tests.faults import cluster, processes, trial
from tests.faults.cases import CASES, IN_CI
from tests.faults.matrix import CONFIG, Matrix
from tests.faults.scenario import Hit, Scenario

pytestmark = pytest.mark.skipif(not cluster.supported(), reason="it watches processes in /proc")

BY_NAME = {case.name: case for case in CASES}


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with Matrix() as matrix:
        yield matrix


@pytest.mark.parametrize("name", [*IN_CI[:2], *(pytest.param(name, marks=pytest.mark.nightly) for name in IN_CI[2:])])
def test_a_run_that_is_struck_ends_with_the_births_of_an_undisturbed_one(matrix: Matrix, name: str) -> None:
    outcome = matrix.run(BY_NAME[name])
    assert outcome.problems == ()
    assert outcome.identical
    assert outcome.hit is not None
    assert not any(map(processes.alive, (outcome.hit.process, *outcome.hit.others)))
    assert len(outcome.restarts) >= BY_NAME[name].trace.startswith("a restart")
    assert outcome.writers == 1 + len(BY_NAME[name].resumes)


def test_a_fault_that_strikes_nothing_is_a_failure(matrix: Matrix) -> None:
    def feint(scenario: Scenario) -> Hit:
        scenario.lived(2)
        with scenario.host("living") as hit:
            processes.thaw(hit.process)
        return hit

    outcome = matrix.run(replace(BY_NAME["worker killed, living, 2 workers"], inject=feint))
    assert outcome.identical
    assert any(problem.startswith("no restart of process") for problem in outcome.problems)


@pytest.mark.nightly
def test_other_births_and_another_end_are_failures(matrix: Matrix) -> None:
    case = replace(BY_NAME["none, undisturbed, 2 workers"], code=1, keys={"ray.hang_timeout": 60})
    with Matrix({**CONFIG, "seed": 1}) as other:
        outcome = trial.run(case, matrix.cluster(), other.folder / "run", matrix.config, other.undisturbed())
    assert outcome.problems == ("other births than those of an undisturbed run", "exit codes [0], not [1]")


def test_the_matrix_is_wide_and_its_cells_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(CASES)
    assert sum(case.inject is not None for case in CASES) >= 60
    assert {case.hosts for case in CASES} == {1, 2, 3, 8}
    assert sum(case.place in ("apart", "mixed") for case in CASES) >= 3
    assert set(IN_CI) <= BY_NAME.keys()


def test_a_process_that_stands_still_is_told_from_one_that_runs_and_one_that_has_ended() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.read(reading, 1)
        os._exit(0)
    assert processes.running(pid)
    assert processes.freeze(pid)
    assert not processes.running(pid)
    assert processes.alive(pid)
    os.write(writing, b"x")
    assert processes.alive(pid)
    processes.thaw(pid)
    os.waitpid(pid, 0)
    assert not processes.alive(pid)
    assert not processes.freeze(pid)
    assert processes.gone(pid, 0)
    os.close(reading)
    os.close(writing)


def test_a_thread_says_what_a_process_does_and_a_file_that_it_has_open_is_seen(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        name_thread("living")
        (tmp_path / "births").mkdir()
        with (tmp_path / "births/half").open("wb"):
            os.write(writing, b"x")
            signal.pause()
    os.read(reading, 1)
    assert processes.doing(pid) == {"living"}
    assert processes.files(pid, tmp_path) == ["births/half"]
    assert processes.sees(pid, tmp_path / "births")
    assert not processes.sees(pid, tmp_path / "other")
    processes.kill(pid)
    os.waitpid(pid, 0)
    assert processes.doing(pid) == frozenset()
    assert processes.files(pid, tmp_path) == []
    os.close(reading)
    os.close(writing)


def test_a_folder_can_be_hidden_from_what_a_thread_starts(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    try:
        thread = cluster.apart(tmp_path)
    except PermissionError as error:
        pytest.skip(str(error))
    child = thread.submit(subprocess.Popen, ["sleep", "60"]).result()
    assert not processes.sees(child.pid, tmp_path / "run")
    assert processes.sees(os.getpid(), tmp_path / "run")
    child.kill()
    child.wait()
    thread.shutdown()
