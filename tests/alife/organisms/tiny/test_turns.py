"""What can be computed together, against doing it in turn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.organisms.tiny.turns import Turn, schedule, turns


def in_turn(plans: list[Turn]) -> list[Any]:
    """What each has become, as an expression: one after another attacks, learns and trains."""
    state: list[Any] = list(range(len(plans)))
    for slot, plan in enumerate(plans):
        if plan.victim is not None:
            state[plan.victim] = ("attacked", state[plan.victim], "by", state[slot])
        if plan.teacher is not None:
            state[slot] = ("learned", state[slot], "from", state[plan.teacher])
        state[slot] = ("trained", state[slot])
    return state


def in_steps(plans: list[Turn]) -> tuple[list[Any], int]:
    state: list[Any] = list(range(len(plans)))
    count = 0
    for step in schedule(plans):
        count += 1
        if step.kind == "attack":
            for who, whom in step.acts:
                state[whom] = ("attacked", state[whom], "by", state[who])
            continue
        before = list(state)
        for who, whom in step.acts:
            learned = ("learned", before[who], "from", before[whom])
            state[who] = learned if step.kind == "learn" else ("trained", before[who])
    return state, count


@st.composite
def plans(draw: st.DrawFn) -> list[Turn]:
    size = draw(st.integers(1, 6))
    partner = st.none() | st.integers(0, size - 1)
    return [Turn(draw(partner), draw(partner)) for _ in range(size)]


@given(plans())
def test_steps_do_what_turns_would(planned: list[Turn]) -> None:
    state, _ = in_steps(planned)
    assert state == in_turn(planned)


def test_where_nobody_interacts_all_train_at_once() -> None:
    assert in_steps([Turn(None, None)] * 9)[1] == 1


def test_chances_and_partners() -> None:
    randoms = [np.random.default_rng([3, slot]) for slot in range(12)]
    drawn = [turn for _ in range(300) for turn in enumerate(turns(randoms, 4, attack=0.25, learn_from=1.0))]
    victims = [(slot, turn.victim) for slot, turn in drawn if turn.victim is not None]
    assert len(victims) / len(drawn) == pytest.approx(0.25, abs=0.03)
    assert all(turn.teacher is not None for _, turn in drawn)
    assert all(slot // 4 == victim // 4 for slot, victim in victims), "within the dish"
    assert {victim for slot, victim in victims if slot < 4} == {0, 1, 2, 3}, "oneself too"


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_never_and_always(rate: float) -> None:
    randoms = [np.random.default_rng([3, slot]) for slot in range(5)]
    drawn = [turn for _ in range(20) for turn in turns(randoms, 5, attack=rate, learn_from=rate)]
    assert all((turn.victim is None) == (turn.teacher is None) == (rate == 0) for turn in drawn)
