"""Callbacks that come along: where they stop a run, and that it goes on from there to the same births."""

import math
import re
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife.configuration.keys import parse_config
from alife.errors import UserError
from alife.traits import TRAITS
from analysis import load_run
from populations import Evolution, evolve, resume
from populations.observe import callbacks
from populations.observe.callbacks import IMPROVING, EarlyStopping, MaxHours
from populations.observe.steps import Step, Underway
from populations.record.reader import read_manifest
from populations.record.writer import digest
from tests.support.told import generation as told

TINY: dict[str, Any] = {
    "task": "none",
    "generations": 30,
    "quine": {"hidden": 6},
    "life": {"steps": 4, "coordinates": 8},
    "population": {"islands": 2, "size": 3},
    "migration": {"migrants": 1},
    "checkpoint": {"every": 4},
}
RUN = Underway("nowhere", parse_config({}), 0)


def step(number: int, trait: str, values: list[float]) -> Step:
    """A generation in which these lived to the end, and one with the best value of all did not."""
    column = np.array([*values, 1e-30 if TRAITS[trait].direction < 0 else 1.0], np.float64)
    causes = np.array([*["generation_end"] * len(values), "diverged"], object)
    return Step(told(generation=number), {trait: column, "cause_of_death": causes}, RUN)


def where(early: EarlyStopping, trait: str, generations: list[list[float]]) -> int | None:
    """The generation after which it stops."""
    assert early.on_start(RUN) is None
    steps = (step(number, trait, values) for number, values in enumerate(generations))
    return next((each.generation for each in steps if early.on_generation(each)), None)


def plain(trait: str, generations: list[list[float]], patience: int, more: float, after: int) -> int | None:
    """The rule again, in plain words: a mark is a generation that is better than all marks before it."""
    scores = []
    for values in generations:
        known = [value for value in values if math.isfinite(value)]
        if TRAITS[trait].direction < 0:
            known = [-math.log10(max(value, 1e-15)) for value in known if value >= 0]
        scores.append(statistics.median(known) if known else None)
    marks: list[int] = []
    for number in range(after, len(scores)):
        score = scores[number]
        if score is not None and all(score > scores[mark] + more for mark in marks):  # type: ignore[operator]
            marks.append(number)
        if number - (marks[-1] if marks else after) >= patience:
            return number
    return None


VALUES = st.sampled_from([0.0, 1e-20, 0.001, 0.01, 0.02, 0.1, 0.3, 0.5, 0.7, 1.0, 40.0, math.nan, math.inf])
LIVED = st.lists(st.lists(VALUES, max_size=3), min_size=1, max_size=20)


@given(
    st.sampled_from(IMPROVING), LIVED, st.integers(1, 5), st.sampled_from([0.0, 0.003, 0.15, 0.8]), st.integers(0, 4)
)
def test_it_stops_where_the_plain_rule_does(trait, generations, patience, more, after):
    early = EarlyStopping(trait, patience, more, after=after)
    wanted = plain(trait, generations, patience, more, after)
    assert where(early, trait, generations) == wanted
    assert where(early, trait, generations) == wanted, "made once, used twice"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("replication_loss",), "replication_loss: L_SR falls when weights merely shrink: name ρ, replication_error"),
        (("squared_norm",), "squared_norm: neither more nor less of it is better: choose among replication_error, "),
        (("test_accuracy",), "test_accuracy: the run looks at it when all is over: choose among"),
        (("acuracy",), "acuracy: there is no such trait: did you mean accuracy?"),
        (("accuracy", 0), "patience: 0: a whole number, 1 or more"),
        (("accuracy", 2.5), "patience: 2.5: a whole number"),
        (("accuracy", 3, -1), "min_change: -1: a number, 0 or more"),
        (("accuracy", 3, math.nan), "min_change: nan"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(arguments, line):
    with pytest.raises(UserError) as error:
        EarlyStopping(*arguments)
    assert line in str(error.value)


def test_the_least_that_counts_is_a_whole_number():
    with pytest.raises(UserError, match="after: -1: a whole number, 0 or more"):
        EarlyStopping("accuracy", after=-1)


MEASURES = """
import alife

@alife.measure(noun="growth", direction={direction})
def growth(life):
    return (life.generation < 2) * 5.0 + life.generation / 100 + 0 * life.living
"""


@pytest.mark.parametrize(("direction", "last"), [(1, 3), (-1, 5), (0, 6)])
def test_a_measure_of_the_run_s_own_can_be_waited_for(direction, last, tmp_path, caplog):
    (tmp_path / "m.py").write_text(MEASURES.format(direction=direction))
    early = EarlyStopping("growth", patience=3, min_change=0.1, after=0)
    config = {**TINY, "generations": 7, "measures": {"growth": f"{tmp_path}/m.py:growth"}}
    evolve(config, tmp_path / "run", backend="local", callbacks=[early])
    assert load_run(tmp_path / "run").last == last
    assert ("growth: neither more nor less of it is better" in caplog.text) == (direction == 0)
    assert evolve(TINY, tmp_path / "other", backend="local", callbacks=[early]) == "finished"
    assert "growth: there is no such trait: choose among" in caplog.text


def test_a_run_without_a_task_goes_on_without_it(tmp_path, caplog):
    assert evolve({**TINY, "generations": 2}, tmp_path / "run", backend="local", callbacks=[EarlyStopping()]) == (
        "finished"
    )
    assert (
        "EarlyStopping(accuracy) is asked no more, the run goes on: UserError: accuracy: a run without a" in caplog.text
    )


def early() -> EarlyStopping:
    return EarlyStopping("replication_error", patience=4, min_change=0.5, after=1)


@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.nightly)])
def test_it_stops_at_the_same_generation_however_often_the_run_was_interrupted(tmp_path, ray_8, backend):
    config = {**TINY, "ray": {"hosts": 2}}
    assert evolve(TINY, tmp_path / "whole", backend="local") == "finished"
    assert evolve(config, tmp_path / "early", backend=backend, callbacks=[early()]) == "interrupted"
    run = load_run(tmp_path / "early")
    assert 5 <= run.last < 29
    assert run.stopped.startswith("EarlyStopping(replication_error): no replication error ρ better by 0.5 than that of")
    assert run.steps["generation"].tolist()[:-1] == [*range(run.last + 1)]
    medians = np.exp(np.log(run.births["replication_error"]).groupby(run.births["generation"]).median())
    assert np.allclose(run.steps["value"][:-1].astype(float), medians)

    for _ in range(40):
        evolution = Evolution(config, tmp_path / "bits", backend="local", resume=True, callbacks=[early()])
        if len([*zip(evolution, range(2), strict=False)]) < 2:
            break
        evolution.close()
    bits = load_run(tmp_path / "bits")
    assert (bits.last, bits.stopped) == (run.last, run.stopped)
    assert [*Evolution(config, tmp_path / "bits", backend="local", resume=True, callbacks=[early()])] == []

    assert digest(tmp_path / "early") == digest(tmp_path / "bits") == digest(tmp_path / "whole", 0, run.last)
    assert resume(tmp_path / "early", backend=backend) == "finished"
    assert digest(tmp_path / "early") == digest(tmp_path / "whole")
    assert load_run(tmp_path / "early").stopped == ""


def test_a_run_stops_before_the_generation_that_would_be_too_late(tmp_path, monkeypatch):
    """A generation takes ten minutes, the seventh an hour."""
    clock = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])
    clockwork = MaxHours(3)
    clock[0] += 300
    clockwork.on_start(RUN)
    stops = []
    for number in range(12):
        clock[0] += 3600 if number == 6 else 600
        stops.append(clockwork.on_generation(step(number, "accuracy", [])))
    assert [bool(stop) for stop in stops[:8]] == [False] * 6 + [True] * 2
    assert stops[6].why == "2 h 05 min of 3 h have passed, and a generation takes 1 h 00 min"


@pytest.mark.parametrize(
    ("generation", "said"),
    [
        (0.3, "7 s of 0.002 h have passed, and a generation takes 0.3 s"),
        (0.9, "7.6 s have passed, more than 0.002 h"),
    ],
)
def test_a_moment_is_not_said_to_take_no_time(monkeypatch, generation, said):
    """Workers take 6.7 s of 7.2 s to start."""
    clock = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])
    clockwork = MaxHours(0.002)
    clock[0] = 6.7
    clockwork.on_start(RUN)
    clock[0] += generation
    assert clockwork.on_generation(step(0, "accuracy", [])).why == said


def test_time_is_left_for_the_commit(monkeypatch):
    """A generation takes ten minutes, and what lies between the third and the fourth twenty: a commit is as long."""
    clock = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])
    clockwork = MaxHours(4, spent=1)
    clockwork.on_start(RUN)
    stops = []
    for number in range(16):
        clock[0] += 1800 if number == 3 else 600
        one = step(number, "accuracy", [])
        stops.append(clockwork.on_generation(replace(one, event=replace(one.event, seconds=600.0))))
    first = stops.index(next(filter(None, stops)))
    assert first == 13, "160 minutes of 180 have passed: 10 for a generation, but not 20 for its commit"


@pytest.mark.parametrize("hours", [0, -1, math.nan, math.inf])
def test_hours_are_a_positive_number(hours):
    with pytest.raises(UserError, match="a positive number"):
        MaxHours(hours)
    with pytest.raises(UserError, match=r"max_hours .*: a positive number of hours"):
        evolve(TINY, "nowhere", backend="local", max_hours=hours)
    with pytest.raises(UserError, match=r"max_hours .*: a positive number of hours"):
        alife.sweep({"base": TINY}, "nowhere", backend="local", max_hours=hours)
    assert not Path("nowhere").exists()


def test_hours_are_an_argument_too(tmp_path):
    """Of what begins a run, goes on with it and forks it; the reason is on record."""
    brief = {"backend": "local", "max_hours": 1e-9}
    assert evolve({**TINY, "generations": 4}, tmp_path / "run", **brief) == "interrupted"
    assert re.fullmatch(r"MaxHours: [0-9.e-]+ s have passed, more than 1e-09 h", load_run(tmp_path / "run").stopped)
    assert resume(tmp_path / "run", **brief) == "interrupted"
    assert alife.fork(tmp_path / "run", 1, tmp_path / "fork", **brief) == "interrupted"
    with alife.Evolution({**TINY, "generations": 4}, tmp_path / "steps", **brief) as evolution:
        assert [each.generation for each in evolution] == [0]
    assert load_run(tmp_path / "run").last == 1
    assert resume(tmp_path / "run", backend="local", max_hours=1) == "finished"


def test_a_run_that_is_always_out_of_time_comes_to_its_end(tmp_path):
    small = {**TINY, "generations": 4}
    evolve(small, tmp_path / "whole", backend="local")
    statuses = [
        evolve(small, tmp_path / "run", backend="local", resume=True, callbacks=[MaxHours(1e-9)]) for _ in range(4)
    ]
    assert statuses == ["interrupted"] * 3 + ["finished"]
    assert read_manifest(str(tmp_path / "run"))["generation"] == 3
    assert digest(tmp_path / "run") == digest(tmp_path / "whole")
