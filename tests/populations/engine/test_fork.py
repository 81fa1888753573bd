"""Replaying history from the fossil record."""

import pytest

from alife.errors import UserError
from analysis import load_run
from populations import evolve
from populations.engine.fork import fork
from populations.record.writer import digest


@pytest.fixture
def parent(small, tmp_path):
    evolve(small, str(tmp_path / "parent"), backend="local")
    return str(tmp_path / "parent")


@pytest.mark.parametrize("generation", [0, 2, 3, 5])
def test_with_nothing_changed_the_births_are_the_original_s(parent, tmp_path, generation):
    fork(parent, generation, str(tmp_path / "fork"), backend="local")
    assert digest(tmp_path / "fork") == digest(parent, generation)
    assert load_run(str(tmp_path / "fork")).births.generation.min() == generation


@pytest.mark.parametrize(
    "changes", [{"seed": 9}, {"selection": {"accuracy_weight": 1.0}}, {"reproduction": {"mutation": 0.3}}]
)
def test_a_change_makes_another_history_of_the_same_newborns(parent, tmp_path, changes):
    fork(parent, 2, str(tmp_path / "fork"), changes, backend="local")
    before, after = (load_run(str(f)).births.set_index("id").sort_index() for f in (parent, tmp_path / "fork"))
    thawed = after[after.generation == 2]
    original = before.loc[thawed.index]
    assert (thawed.squared_norm == original.squared_norm).all()
    assert (thawed.newborn_accuracy == original.newborn_accuracy).all()
    assert digest(tmp_path / "fork") != digest(parent, 2)


def test_the_class_of_its_hosts_goes_on_record(parent, tmp_path, monkeypatch):
    """The driver of a cluster may be another machine than its workers."""
    monkeypatch.setattr("populations.engine.backend.machine_class", lambda config: {"cpu": "of the workers"})
    fork(parent, 2, str(tmp_path / "fork"), {"seed": 9}, backend="local")
    assert load_run(str(tmp_path / "fork")).manifest["class"] == {"cpu": "of the workers"}


def test_the_same_births_again_are_not_promised_on_another_class_of_machine(parent, tmp_path, monkeypatch):
    monkeypatch.setattr("populations.engine.backend.machine_class", lambda config: {"cpu": "another"})
    with pytest.raises(UserError, match=r"another class than the run \(cpu: .* there, another here\)"):
        fork(parent, 2, str(tmp_path / "fork"), backend="local")
    assert not (tmp_path / "fork").exists()
    fork(parent, 2, str(tmp_path / "mixed"), {"ray": {"allow_mixed": True}}, backend="local")


def test_an_interrupted_fork_goes_on(parent, tmp_path):
    whole, halves = str(tmp_path / "whole"), str(tmp_path / "halves")
    fork(parent, 2, whole, {"seed": 9}, backend="local")
    fork(parent, 2, halves, {"seed": 9, "generations": 4}, backend="local")
    fork(parent, 2, halves, {"seed": 9}, backend="local", resume=True)
    assert digest(halves) == digest(whole)


def test_a_fork_can_be_forked(parent, tmp_path):
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    fork(parent, 2, one, {"seed": 9}, backend="local")
    fork(one, 3, two, backend="local")
    assert digest(two) == digest(one, 3)


@pytest.mark.parametrize(
    ("generation", "changes", "says"),
    [
        (2, {"quine": {"hidden": 14}}, "quine cannot change"),
        (2, {"population": {"islands": 2}}, "islands cannot change"),
        (6, {}, "more than 6"),
        (99, {"generations": 200}, "99"),
        (99, {}, "no checkpoint of generation 99: kept are .*: name one of them"),
        (2, {"population": {"size": 24}, "migration": {"migrants": 6}}, "an island of 6 with 2 neighbours"),
        (2, {"life": {"stepz": 3}}, "life.stepz"),
    ],
)
def test_refusals(parent, tmp_path, generation, changes, says):
    with pytest.raises(UserError, match=says):
        fork(parent, generation, str(tmp_path / "fork"), changes, backend="local")
    assert not (tmp_path / "fork").exists()
