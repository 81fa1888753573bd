"""A run in steps: the births of `evolve`, wherever the loop is left; nothing before the first, nothing left open."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from alife.errors import UserError
from analysis import load_run
from populations import Evolution, evolve, resume
from populations.record.writer import digest, read_manifest
from tests import ROOT


@pytest.fixture
def reference(small, tmp_path):
    evolve(small, tmp_path / "reference", backend="local")
    return digest(tmp_path / "reference")


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_each_generation_comes_once_and_births_are_those_of_evolve(small, reference, tmp_path, ray_8, backend):
    evolution = Evolution({**small, "ray": {"hosts": 2}}, tmp_path / "run", backend=backend)
    assert evolution.status == "new"
    steps = []
    for step in evolution:
        assert evolution.status == "running"
        steps.append(step)
    assert (evolution.status, [*evolution]) == ("finished", [])
    assert [step.generation for step in steps] == [*range(6)]
    assert digest(tmp_path / "run") == reference
    births = load_run(tmp_path / "run").births
    for step in steps:
        stored = births[births.generation == step.generation]
        order = np.argsort(step.births["id"])
        for name, column in step.births.items():
            assert np.array_equal(column[order], stored[name].to_numpy(), equal_nan=column.dtype.kind == "f"), name
        assert step.event.accuracy == np.median(step.living("accuracy"))


def leave_by_break(evolution: Evolution) -> None:
    for step in evolution:
        if step.generation == 3:
            break


def leave_by_an_exception(evolution: Evolution) -> None:
    for step in evolution:
        1 // (3 - step.generation)


def leave_by_ctrl_c(evolution: Evolution) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts behind itself
    try:
        for step in evolution:
            if step.generation == 3:
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def leave_by_close(evolution: Evolution) -> None:
    for step in evolution:
        if step.generation == 3:
            evolution.close()


LEAVES = [leave_by_break, leave_by_an_exception, leave_by_ctrl_c, leave_by_close]


@pytest.mark.parametrize(("leave", "backend"), [*((leave, "local") for leave in LEAVES), (leave_by_ctrl_c, "ray")])
def test_a_loop_that_is_left_has_committed_what_was_lived(small, reference, tmp_path, ray_8, leave, backend):
    out, told = tmp_path / "run", []
    sparse = {**small, "checkpoint": {"every": 100}, "ray": {"hosts": 2}}
    with (
        suppress(ZeroDivisionError, KeyboardInterrupt),
        Evolution(sparse, out, backend=backend, sinks=[told.append]) as evolution,
    ):
        leave(evolution)
    assert evolution.status == read_manifest(str(out))["status"] == "interrupted"
    assert read_manifest(str(out))["generation"] == 3
    assert [event.kind for event in told][-3:] == ["generation", "commit", "end"]
    assert [step.generation for step in Evolution(sparse, out, backend=backend, resume=True)] == [4, 5]
    assert digest(out) == reference


def test_a_loop_over_it_without_a_name_ends_with_the_loop(small, reference, tmp_path):
    out = tmp_path / "run"
    for step in Evolution(small, out, backend="local"):
        if step.generation == 3:
            break
    assert read_manifest(str(out))["status"] == "interrupted"
    with suppress(ZeroDivisionError):
        for _ in Evolution(small, out, backend="local", resume=True):
            1 // 0  # noqa: B018
    assert read_manifest(str(out))["generation"] == 4
    assert resume(out, backend="local") == "finished"
    assert digest(out) == reference


def test_a_loop_that_is_left_in_the_last_generation_has_finished(small, reference, tmp_path):
    evolution = Evolution(small, tmp_path / "run", backend="local")
    for step in evolution:
        if step.generation == 5:
            evolution.close()
    assert evolution.status == "finished"
    assert digest(tmp_path / "run") == reference


def test_some_steps_then_the_rest(small, reference, tmp_path):
    evolution = Evolution(small, tmp_path / "run", backend="local")
    assert [next(evolution).generation, next(evolution).generation] == [0, 1]
    assert evolution.run() == "finished"
    assert digest(tmp_path / "run") == reference


def test_two_one_after_the_other_and_two_at_once(small, reference, tmp_path):
    for name in ("a", "b"):
        assert len([*Evolution(small, tmp_path / name, backend="local")]) == 6
    both = zip(*(Evolution(small, tmp_path / name, backend="local") for name in ("c", "d")), strict=True)
    for one, other in both:
        assert np.array_equal(one.births["replication_error"], other.births["replication_error"])
    assert {digest(tmp_path / name) for name in "abcd"} == {reference}


def test_one_that_was_never_begun_has_written_nothing(small, tmp_path):
    out = tmp_path / "run"
    with Evolution(small, out, backend="local") as evolution:
        assert not out.exists()
    assert (evolution.status, [*evolution], out.exists()) == ("new", [], False)


def test_what_cannot_begin_says_why_once(small, tmp_path):
    with pytest.raises(UserError, match="generation"):
        Evolution({**small, "generation": 3}, tmp_path / "run")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "thesis.tex").touch()
    evolution = Evolution(small, tmp_path / "used", backend="local")
    with pytest.raises(UserError, match="is not empty"):
        next(evolution)
    assert [*evolution] == []
    assert os.listdir(tmp_path / "used") == ["thesis.tex"]


def test_births_of_a_step_cannot_be_written_to(small, reference, tmp_path):
    for step in Evolution(small, tmp_path / "run", backend="local"):
        for column in step.births.values():
            with pytest.raises(ValueError, match="read-only"):
                column[:] = column[::-1]
        with pytest.raises(UserError, match="fitnes: no column of births: there are id, "):
            step.living("fitnes")
    assert digest(tmp_path / "run") == reference


def test_what_a_loop_sets_for_its_whole_process_is_no_part_of_a_birth(small, reference, tmp_path):
    before = torch.get_float32_matmul_precision(), torch.get_num_threads(), np.geterr()
    try:
        for _ in Evolution(small, tmp_path / "run", backend="local"):
            torch.set_float32_matmul_precision("medium")
            torch.set_num_threads(2)
            torch.set_default_dtype(torch.float64)
            torch.manual_seed(1)
            np.random.seed(1)  # noqa: NPY002
            np.seterr(all="raise")
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.set_num_threads(before[1])
        torch.set_default_dtype(torch.float32)
        np.seterr(**before[2])
    assert digest(tmp_path / "run") == reference


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_amid_a_generation_ends_it_well_and_is_then_the_program_s(small, reference, tmp_path, name):
    out, got = tmp_path / "run", []
    number = signal.Signals[name]
    before = signal.signal(number, lambda *_: got.append(read_manifest(str(out))["status"]))

    def asks(event):
        if event.kind == "generation" and event.generation == 2:
            signal.raise_signal(number)

    try:
        evolution = Evolution(small, out, backend="local", sinks=[asks])
        assert [step.generation for step in evolution][:3] == [0, 1, 2]
        assert got == ["interrupted"]
        assert signal.getsignal(number) is not signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert evolution.status == "interrupted"
    assert resume(out, backend="local") == "finished"
    assert digest(out) == reference


PROGRAM = """
import sys, yaml
from populations import Evolution
config, out, backend, then = sys.argv[1:]
evolution = Evolution(yaml.safe_load(open(config)), out, backend=backend)
for step in evolution:
    if step.generation == 4:
        print("here", flush=True)
        {"kill": lambda: input(), "raise": lambda: 1 // 0, "leave": lambda: sys.exit(3)}[then]()
"""


@pytest.fixture
def program(small, tmp_path):
    """Starts a program that does something amid its loop."""
    (tmp_path / "small.yaml").write_text(yaml.safe_dump({**small, "checkpoint": {"every": 4}, "ray": {"hosts": 2}}))

    def start(backend: str, then: str) -> subprocess.Popen:
        words = [sys.executable, "-c", PROGRAM, str(tmp_path / "small.yaml"), str(tmp_path / "run"), backend, then]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)

    return start


def test_a_process_killed_amid_a_loop_goes_on_from_its_last_commit(program, reference, tmp_path: Path):
    process = program("local", "kill")
    assert process.stdout.readline() == "here\n"
    process.kill()
    process.communicate()
    assert read_manifest(str(tmp_path / "run"))["generation"] == 3
    assert resume(tmp_path / "run", backend="local") == "finished"
    assert digest(tmp_path / "run") == reference


@pytest.mark.parametrize("then", ["raise", "leave"])
@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.nightly)])
def test_a_program_that_ends_amid_its_loop_commits_first(program, reference, tmp_path: Path, backend, then):
    """The loop's variable lives until the interpreter goes."""
    process = program(backend, then)
    _, said = process.communicate(timeout=120)
    assert process.returncode == (1 if then == "raise" else 3)
    assert ("ZeroDivisionError" in said) == (then == "raise")
    assert "Exception ignored" not in said
    assert "Error in atexit" not in said
    manifest = read_manifest(str(tmp_path / "run"))
    assert (manifest["status"], manifest["generation"]) == ("interrupted", 4)
    assert resume(tmp_path / "run", backend="local") == "finished"
    assert digest(tmp_path / "run") == reference
