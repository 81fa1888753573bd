"""Who may ask whom for pieces of islands."""

from hypothesis import given
from hypothesis import strategies as st

from populations.engine.pieces import Absent, Partners
from populations.engine.ray.failures import Handle
from populations.engine.ray.introductions import FAR, NEAR, Introductions


def settled(count: int, islands: int, shares: bool = True) -> tuple[Introductions, list[Handle]]:
    """Workers, of whom the first keep an island each, on a ring."""
    near = {island: [(island + step) % islands for step in (1, -1)] for island in range(islands)}
    there, handles = Introductions(near, shares), [Handle(f"{k}", f"actor {k}", None, 0.0, k) for k in range(count)]
    for handle in handles:
        there.join(handle)
    for island in range(islands):
        handles[island].islands = {island: 0}
        there.keep(handles[island], [island])
    return there, handles


@given(st.integers(1, 40), st.integers(0, 160))
def test_everybody_is_asked_about_as_often_and_nobody_asks_himself(islands: int, helpers: int) -> None:
    there, _ = settled(islands + helpers, islands)
    told = {handle.number: told for handle, told in there.due()}
    assert told.keys() == set(range(islands + helpers))
    asked = dict.fromkeys(range(islands), 0)
    for number, partners in told.items():
        assert isinstance(partners, Partners)
        assert partners.me == (number, f"actor {number}")
        assert number not in partners.owners
        assert len(partners.owners) <= NEAR + FAR
        for owner in partners.owners if number >= islands else ():
            asked[owner] += 1
    if helpers and islands > NEAR + FAR:
        assert max(asked.values()) - min(asked.values()) <= 2 * (NEAR + FAR)
    for island in range(islands):
        assert told[island].owners.keys() >= {(island + 1) % islands, (island - 1) % islands} - {island}


def test_what_has_not_changed_is_not_told_again() -> None:
    there, handles = settled(5, 3)
    assert len([*there.due()]) == 5
    assert not [*there.due()]
    late = Handle("5", "actor 5", None, 0.0, 5)
    there.join(late)
    assert [handle for handle, _ in there.due()] == [late]
    there.leave(handles[4])
    assert [(handle.number, news) for handle, news in there.due()] == [(n, Absent(4)) for n in (0, 1, 2)]


def test_islands_of_one_that_is_gone_are_asked_of_their_next_home() -> None:
    there, handles = settled(5, 3)
    assert [*there.due()]
    there.leave(handles[1])
    assert all(1 not in news.owners for _, news in there.due() if isinstance(news, Partners))
    handles[4].islands = {1: 0}
    there.keep(handles[4], [1])
    told = {handle.number: news for handle, news in there.due()}
    for island in (0, 2):
        assert 4 in told[island].owners


def test_nobody_is_told_where_islands_are_lived_as_a_whole() -> None:
    assert not [*settled(5, 3, shares=False)[0].due()]


def test_many_that_come_one_by_one_are_told_once_each() -> None:
    """Though the others know more and more."""
    there, handles = settled(100, 50)
    told = len([*there.due()])
    for number in range(100, 400):
        there.join(Handle(f"{number}", None, None, 0.0, number))
        told += len([*there.due()])
    assert told == len(handles) + 300
