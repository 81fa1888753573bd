"""Callbacks: what they may do is done and on record; whatever else they do, the births are the same."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.errors import UserError
from alife.format import steps
from analysis import load_run
from populations import Evolution, evolve, resume
from populations.engine.fork import fork
from populations.observe import patience
from populations.observe.steps import Callback, Stop
from populations.record import commit
from populations.record.reader import read_config, read_manifest
from populations.record.writer import digest
from tests import ROOT

TINY: dict[str, Any] = {
    "task": "none",
    "generations": 5,
    "quine": {"hidden": 6},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 2, "size": 3},
    "migration": {"migrants": 1},
    "checkpoint": {"every": 100},
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The digest of a run of TINY of some length."""
    out = str(tmp_path_factory.mktemp("reference") / "run")
    evolve({**TINY, "generations": 9}, out, backend="local")
    return lambda generations=5: digest(out, 0, generations - 1)


def lines(out: Any) -> list[dict]:
    """What lies in steps.jsonl."""
    return [json.loads(line) for line in (Path(out) / steps.NAME).read_text().splitlines()]


class Whole(Callback):
    """Has every method."""

    def __init__(self):
        self.heard = []

    def on_start(self, run):
        self.heard.append(("start", run.generation, run.config.generations))

    def on_generation(self, step):
        self.heard.append(step.generation)
        step.record("largest", step.living("squared_norm").max())

    def on_end(self, status):
        self.heard.append((status, read_manifest(self.out)["status"]))


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_a_callback_hears_of_all_and_records_and_births_are_the_same(reference, tmp_path, ray_8, backend):
    out, whole, seen = str(tmp_path / "run"), Whole(), []
    whole.out = out
    how = {"backend": backend, "callbacks": [whole, lambda step: seen.append(step.event.replication_error)]}
    assert evolve({**TINY, "ray": {"hosts": 2}}, out, **how) == "finished"
    assert digest(out) == reference()
    assert whole.heard == [("start", 0, 5), 0, 1, 2, 3, 4, ("finished", "finished")]
    births = load_run(out).births
    largest = births.groupby("generation")["squared_norm"].max().tolist()
    assert [(line["generation"], line["by"], line["name"]) for line in lines(out)] == [
        (generation, "Whole", "largest") for generation in range(5)
    ]
    assert [line["value"] for line in lines(out)] == largest
    assert np.allclose(seen, births.groupby("generation")["replication_error"].median())


def stops_after(last: int) -> Any:
    def enough(step):
        return Stop(f"enough\n of {last}") if step.generation == last else None

    return enough


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_a_run_that_is_stopped_says_why_and_goes_on_to_the_same_births(reference, tmp_path, ray_8, backend):
    out, told = str(tmp_path / "run"), []
    how = {"callbacks": [stops_after(3), stops_after(2)], "sinks": [told.append]}
    assert evolve({**TINY, "ray": {"hosts": 2}}, out, backend=backend, **how) == "interrupted"
    assert [(event.kind, vars(event)) for event in told if event.kind == "stopped"] == [
        ("stopped", {"generation": 2, "by": "stops_after.<locals>.enough", "why": "enough of 2"})
    ]
    assert [event.kind for event in told][-3:] == ["stopped", "commit", "end"]
    manifest = read_manifest(out)
    assert (manifest["status"], manifest["generation"]) == ("interrupted", 2)
    assert [(line["kind"], line["value"]) for line in lines(out)] == [("stopped", "enough of 2")]
    assert resume(out, backend=backend, callbacks=[stops_after(4)], sinks=[told.append]) == "finished"
    assert told[-1].status == "finished"
    assert "stopped" not in [event.kind for event in told][-5:]
    assert digest(out) == reference()


def test_one_that_stops_before_the_first_generation(tmp_path):
    out = str(tmp_path / "run")
    callback = SimpleNamespace(name="clock", on_start=lambda run: Stop("it is late"))
    for _ in range(2):
        assert evolve(TINY, out, backend="local", resume=True, callbacks=[callback]) == "interrupted"
    assert read_manifest(out)["generation"] == -1
    assert lines(out) == [{"generation": -1, "by": "clock", "kind": "stopped", "name": "", "value": "it is late"}] * 2
    assert fork(out, 0, tmp_path / "fork", backend="local", callbacks=[stops_after(1)]) == "interrupted"


def test_the_loop_sees_the_generation_in_which_a_callback_stops(reference, tmp_path):
    out = tmp_path / "run"
    evolution = Evolution(TINY, out, backend="local", callbacks=[stops_after(2)])
    for step in evolution:
        step.record("seen", step.generation)
        assert not step.wishes.changes
    assert (step.generation, evolution.status) == (2, "interrupted")
    assert [(line["by"], line["kind"], line["value"]) for line in lines(out)] == [
        ("", "number", 0),
        ("", "number", 1),
        ("", "number", 2),
        ("stops_after.<locals>.enough", "stopped", "enough of 2"),
    ]


def weird(step: Any, act: str) -> Any:
    """What no callback should do, and what any may."""
    match act:
        case "raises":
            raise ValueError("no\nmore")
        case "exits":
            raise SystemExit(3)
        case "ends":
            raise StopIteration
        case "closes":
            raise GeneratorExit
        case "answers":
            return True
        case "says":
            return Stop(why=7)  # type: ignore[arg-type]
        case "writes":
            step.births["id"][:] = 0
        case "steals":
            step.births.clear()
        case "redraws":
            step.change({"seed": 5})
        case "records":
            step.record("\ud800\x1b", np.float16(0.5))
            step.record("nan", float("nan"))
            step.record("big", 2**80)
            step.record("flag", np.bool_(True))
            step.record("none", None)
        case "text":
            step.record("text", "0.5")
        case "long":
            step.record("x" * 500, 1)
        case "seeds":
            np.random.seed(1)  # noqa: NPY002


ACTS = ["raises", "exits", "ends", "closes", "answers", "says", "writes", "steals", "redraws", "records", "text"]


@settings(max_examples=12)
@given(st.lists(st.lists(st.sampled_from([*ACTS, "long", "seeds", "none"]), min_size=5, max_size=5), max_size=3))
def test_whatever_callbacks_do_births_are_the_same(reference, tmp_path_factory, plans):
    out = str(tmp_path_factory.mktemp("runs") / "run")

    def made(acts):
        return lambda step: weird(step, acts[step.generation])

    assert evolve(TINY, out, backend="local", callbacks=[made(acts) for acts in plans]) == "finished"
    assert digest(out) == reference()
    assert load_run(out).last == 4


def test_one_that_raises_is_asked_no_more_and_what_it_wanted_is_not_done(reference, tmp_path, caplog):
    out, asked = str(tmp_path / "run"), []

    def fails(step):
        asked.append(step.generation)
        step.record("n", step.generation)
        if step.generation == 1:
            raise ValueError("no\nmore")

    with caplog.at_level(logging.WARNING):
        assert evolve(TINY, out, backend="local", callbacks=[fails]) == "finished"
    assert asked == [0, 1]
    assert [line["generation"] for line in lines(out)] == [0]
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.endswith("fails is asked no more, the run goes on: ValueError: no more")
    assert digest(out) == reference()


@pytest.mark.parametrize("method", ["on_start", "on_generation", "on_end"])
def test_one_that_hangs_is_given_up(reference, tmp_path, caplog, method):
    out, never, told = str(tmp_path / "run"), threading.Event(), []
    hangs = SimpleNamespace(name="hangs", answers_within=0.3, **{method: lambda _: never.wait() and None})
    with caplog.at_level(logging.WARNING):
        other = SimpleNamespace(on_end=told.append)
        assert evolve(TINY, out, backend="local", callbacks=[hangs, other]) == "finished"
    never.set()
    assert told == ["finished"]
    assert digest(out) == reference()
    (said,) = (record.getMessage() for record in caplog.records)
    assert said == "hangs is asked no more, the run goes on: TimeoutError: no answer within 0.3 s"


def test_a_signal_is_not_kept_waiting_by_one_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "LATE_SECONDS", 0.3)
    out, never, began = str(tmp_path / "run"), threading.Event(), time.monotonic()

    def hangs(step):
        if step.generation == 1:
            os.kill(os.getpid(), signal.SIGTERM)
            never.wait()

    assert evolve(TINY, out, backend="local", callbacks=[hangs]) == "interrupted"
    never.set()
    assert time.monotonic() - began < 30
    assert read_manifest(out)["generation"] == 1


def test_one_may_stop_a_run_as_ctrl_c_does(tmp_path):
    out, told = str(tmp_path / "run"), []

    def interrupts(step):
        if step.generation == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(TINY, out, backend="local", callbacks=[interrupts, SimpleNamespace(on_end=told.append)])
    assert told == ["interrupted"]
    assert read_manifest(out)["generation"] == 2


@pytest.mark.parametrize(("generations", "at"), [(9, 4), (9, 1), (3, 1), (4, 0)])
@pytest.mark.parametrize("loop", [False, True])
def test_the_length_may_change_and_births_are_those_of_that_length(reference, tmp_path, generations, at, loop):
    out, told = str(tmp_path / "run"), []

    def change(step):
        if step.generation == at:
            step.change({"generations": generations, "checkpoint": {"every": 2}})
            step.change({"checkpoint.keep": 5})

    evolution = Evolution(TINY, out, backend="local", callbacks=[] if loop else [change], sinks=[told.append])
    for step in evolution:
        if loop:
            change(step)
    assert evolution.status == "finished"
    assert digest(out) == reference(generations)
    assert read_config(out).generations == generations
    assert (read_config(out).checkpoint.every, read_config(out).checkpoint.keep) == (2, 5)
    by = "" if loop else "test_the_length_may_change_and_births_are_those_of_that_length.<locals>.change"
    changed = [(e.generation, e.by, e.key, e.value) for e in told if e.kind == "changed"]
    assert changed == [
        (at, by, "generations", generations),
        (at, by, "checkpoint.every", 2),
        (at, by, "checkpoint.keep", 5),
    ]
    assert [(line["generation"], line["by"], line["name"], line["value"]) for line in lines(out)] == changed


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"seed": 1}, "seed: cannot change in a run that is lived: what is born follows from its configuration"),
        ({"selection": {"scheme": "drift"}}, "selection.scheme: cannot change"),
        ({"ray.hosts": 3}, "ray.hosts: cannot change"),
        ({"checkpoint.evry": 3}, "checkpoint.evry: unknown key"),
        ({"checkpoint.every": 0}, "checkpoint.every: 0"),
        ({"generations": 2}, "generations: 2 is not allowed: 2 are lived, and one more has to be"),
        ({"generations": 3.5}, "generations: 3.5"),
        ({"generation": 9}, "generation: cannot change"),
    ],
)
def test_a_change_that_is_not_allowed_is_refused_and_nothing_changes(reference, tmp_path, changes, line):
    said, out = [], str(tmp_path / "run")
    for step in Evolution(TINY, out, backend="local"):
        if step.generation == 1:
            with pytest.raises(UserError) as error:
                step.change(changes)
            said.append(str(error.value))
    assert line in said[0]
    assert "\n" not in said[0]
    assert digest(out) == reference()
    assert read_config(out).generations == 5


@pytest.mark.parametrize(
    ("callbacks", "line"),
    [
        ([Whole], "callbacks: Whole is a class: make one of it, Whole(…)"),
        ([SimpleNamespace(on_generations=print)], "callbacks: SimpleNamespace is none: it is no function of a step"),
        (["early"], "callbacks: str is none"),
        (print, "callbacks: a list of them, not print alone"),
        (Whole(), "callbacks: a list of them, not Whole alone"),
    ],
)
def test_what_is_no_callback_is_refused_before_anything_is_written(tmp_path, callbacks, line):
    with pytest.raises(UserError) as error:
        evolve(TINY, tmp_path / "run", callbacks=callbacks)
    assert line in str(error.value)
    assert not (tmp_path / "run").exists()


def test_what_is_said_of_a_generation_that_was_never_committed_is_no_part_of_the_record(
    reference, tmp_path, monkeypatch
):
    """The storage refuses the manifest after the lines are there."""
    out, replace = str(tmp_path / "run"), commit.replace

    def refuse(state, content, brought=()):
        if content["generation"] == 2:
            raise UserError("no space left")
        replace(state, content, brought)

    def count(step):
        step.record("n", step.generation)

    with monkeypatch.context() as patch:
        patch.setattr(commit, "replace", refuse)
        with pytest.raises(UserError, match="no space left"):
            evolve(TINY, out, backend="local", callbacks=[count])
    assert [line["generation"] for line in lines(out)] == [0, 1, 2]
    assert load_run(out).steps["generation"].tolist() == [0, 1]
    heard = []
    late = SimpleNamespace(name=count.__qualname__, on_start=lambda run: heard.extend(run.lines))
    assert resume(out, backend="local", callbacks=[late]) == "finished"
    assert [(line.generation, line.value) for line in heard] == [(0, 0), (1, 1)]
    assert [line["generation"] for line in lines(out)] == [0, 1]
    assert digest(out) == reference()


def test_lines_that_are_damaged_are_named_and_nothing_is_lost(reference, tmp_path):
    out = tmp_path / "run"
    evolve(TINY, out, backend="local", callbacks=[stops_after(2)])
    whole = (out / steps.NAME).read_bytes()
    (out / steps.NAME).write_bytes(whole + b'{"generation": 1}\n')
    for read in (lambda: resume(out, backend="local"), lambda: load_run(out)):
        with pytest.raises(
            UserError, match=r"steps\.jsonl: damaged: line 2 is none of a step: mend it, or move it away"
        ):
            read()
    (out / steps.NAME).write_bytes(whole)
    assert resume(out, backend="local") == "finished"
    assert digest(out) == reference()


def test_what_is_recorded_has_an_end(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(steps, "MOST", 200)
    with caplog.at_level(logging.WARNING):
        evolve(TINY, tmp_path / "run", backend="local", callbacks=[lambda step: step.record("n", 1)])
    assert 0 < len((tmp_path / "run" / steps.NAME).read_bytes()) <= 200
    assert len(caplog.records) == 1


PROGRAM = """
import os, signal, sys, yaml
from populations import evolve

def count(step):
    step.record("n", step.generation)
    if step.generation == 3:
        os.kill(os.getpid(), signal.SIGKILL)

evolve(yaml.safe_load(sys.argv[1]), sys.argv[2], backend="local", callbacks=[count])
"""


def test_a_run_killed_in_a_callback_goes_on(reference, tmp_path):
    out = tmp_path / "run"
    words = [sys.executable, "-c", PROGRAM, yaml.safe_dump(TINY), str(out)]
    assert subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode == -signal.SIGKILL
    committed = read_manifest(str(out))["generation"]
    assert committed == 2
    assert [line["generation"] for line in lines(out)] == [0, 1, 2]
    assert resume(out, backend="local", callbacks=[lambda step: step.record("n", step.generation)]) == "finished"
    assert [line["generation"] for line in lines(out)] == [0, 1, 2, 3, 4]
    assert digest(out) == reference()
