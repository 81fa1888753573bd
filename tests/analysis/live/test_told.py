"""What a run told is taken from its folder, of whoever wrote it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alife.format import events
from analysis.live.told import Told, summed


def generation(number: int, **more: Any) -> dict[str, Any]:
    return {"time": 1000.0 + number, "event": "generation", "generation": number, "accuracy": 0.5, **more}


def test_the_last_start_counts_from_where_it_went_on() -> None:
    lines = [{"time": 1, "event": "start", "generation": 0}, *map(generation, range(5))]
    lines += [{"time": 9, "event": "start", "generation": 3}, generation(3, accuracy=0.75)]
    told = summed(lines)
    assert [(each["generation"], each["accuracy"]) for each in told["generations"]] == [
        (0, 0.5),
        (1, 0.5),
        (2, 0.5),
        (3, 0.75),
    ]
    assert told["now"]["generation"] == 3


def test_files_that_grow_are_read_again(tmp_path: Path) -> None:
    told, file = Told(str(tmp_path)), tmp_path / events.name(1)
    assert told.look() == {"generations": [], "now": None, "log": []}
    file.parent.mkdir()
    file.write_bytes(events.dump(generation(0)) + b'{"time": 3, "event": "gener')
    assert told.look()["now"]["generation"] == 0
    file.write_bytes(events.dump(generation(0)) + events.dump(generation(1)))
    assert told.look()["now"]["generation"] == 1
    (tmp_path / events.name(2)).write_bytes(events.dump(generation(2)))
    assert [each["generation"] for each in told.look()["generations"]] == [0, 1, 2]


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(events.dump(generation(0)))
    (tmp_path / "run/events").mkdir(parents=True)
    (tmp_path / "run" / events.name(1)).symlink_to(tmp_path / "secret")
    assert Told(str(tmp_path / "run")).look()["now"] is None


@pytest.mark.parametrize("kind", ["host_lost", "island_died", "extinct", "stopping", "stopped", "changed", "warning"])
def test_what_happened_is_said_in_a_line(kind: str) -> None:
    line = {"time": 5.0, "event": kind, "generation": 2, "why": "a\nb\x1b[31m", "text": "a\nb", "host": "h"}
    (said,) = summed([line])["log"]
    assert said["what"]
    assert "\n" not in said["what"]
    assert "\x1b" not in said["what"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each), max_leaves=5
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "time": st.floats() | st.integers(),
                "event": st.sampled_from(["generation", "start", "host_lost", "end", "x"]),
            },
            optional=dict.fromkeys(("generation", "of", "accuracy", "hosts", "why", "status"), JSON),
        )
    )
)
@example([{"time": -1.7976931348623157e308, "event": "generation", "generation": 0}])
@example([{"time": float("inf"), "event": "start"}])
def test_nothing_that_a_file_can_hold_is_believed_blindly(lines: list[dict[str, Any]]) -> None:
    json.dumps(summed(lines), allow_nan=False)
