"""Replays of several synthetic runs: adaptation, chance and history of what they came to."""

from dataclasses import replace

import numpy as np
import pytest

from alife.errors import UserError
from analysis.studies.histories import histories, say
from tests.support.synthetic import synthetic_run


def fans(count, adaptation=0.05, chance=0.01, history=0.0):
    """Runs of 4 generations, and four forks each of their generation 2 that end where is said."""
    rng = np.random.default_rng(0)
    out = []
    for seed in range(count):
        original = synthetic_run(4, 2, 6, seed)
        births = original.births
        births = births.assign(accuracy=0.5 + 0.0 * births["accuracy"], survived=True)
        original, left, replays = replace(original, births=births), history * rng.normal(), []
        for number in range(4):
            own = births.query("generation >= 2").reset_index(drop=True)
            own["accuracy"] += (own["generation"] == 3) * (adaptation + left + chance * rng.normal())
            table = original.generations.query("generation >= 2")
            replays.append(replace(original, path=f"{seed}/{number}", births=own, generations=table))
        out.append((original, replays))
    return out


def test_what_is_planted_is_found_and_said():
    parts = histories(fans(8, history=0.03), ["accuracy"])["accuracy"]
    assert parts.chance.covers(0.01)
    assert parts.history.covers(0.03)
    assert parts.adaptation.covers(0.05)
    assert parts.before.value == pytest.approx(0)
    said = say("accuracy", parts)
    assert "8 histories, 32 replays" in said
    assert "adaptation +0.0" in said


def test_without_history_there_is_none():
    parts = histories(fans(6), ["accuracy"])["accuracy"]
    assert parts.history.low == 0
    assert parts.adaptation.covers(0.05)
    assert "fewer than 3 histories" in say("accuracy", histories(fans(2), ["accuracy"])["accuracy"])


def test_one_history_is_too_few():
    with pytest.raises(UserError, match="replay a second run"):
        histories(fans(1))
