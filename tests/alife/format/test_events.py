"""Lines that a run has told: what is written is read, and of what somebody else wrote what is sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife.format import events


def test_lines_come_back() -> None:
    lines = [{"time": 1.5, "event": "start", "generation": 3}, {"time": 2, "event": "note", "text": "ä\n"}]
    assert events.parse(b"".join(map(events.dump, lines))) == lines


def test_a_line_that_is_half_written_is_left_out() -> None:
    whole = events.dump({"time": 1, "event": "a"})
    assert events.parse(whole + whole[:-1]) == [{"time": 1, "event": "a"}]


@pytest.mark.parametrize(
    "line", [b"{}", b"[]", b'{"time": true, "event": "a"}', b'{"time": 1, "event": 2}', b"\xff", b"[" * 9000]
)
def test_what_is_no_line_is_left_out(line: bytes) -> None:
    assert events.parse(line + b"\n" + events.dump({"time": 1, "event": "a"})) == [{"time": 1, "event": "a"}]


def test_too_much_is_not_written() -> None:
    assert events.dump({"time": 1, "event": "a", "text": "x" * events.LONGEST}) == b""
    assert events.dump({"time": 1, "event": "a", "value": float("nan")}) == b""


def test_names() -> None:
    assert events.numbers(["events/000002.jsonl", "000001.jsonl", "1.jsonl", "../000003.jsonl", "x"]) == [1, 2]
    assert events.numbers([events.name(7)]) == [7]


@given(st.binary())
def test_anything_is_read_without_a_fault(content: bytes) -> None:
    assert all("event" in line for line in events.parse(content))
