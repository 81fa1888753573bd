"""Events: every kind is documented and written as JSON; what `--log-json` writes keeps its names and their order."""

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from alife.cli.main import main
from populations.observe import events
from populations.observe.assay_progress import AssayTerminal
from populations.observe.events import KINDS, Event
from populations.observe.gauges import RayMetrics, TensorBoard
from populations.observe.jsonl import JsonLines
from populations.observe.paper_progress import PaperTerminal
from populations.observe.sweep_progress import SweepTerminal
from populations.observe.terminal import Terminal
from tests import ROOT

WRITTEN = """
cost: core_seconds memory generations
connecting: address
start: generation of out hosts backend
warning: text
note: text
generation: generation of individuals dead accuracy replication_error copying_error individuals_per_second seconds hosts spent
tested: generation before
island_died: generation island causes
extinct: generation
commit: generation status seconds
host_lost: generation host why seconds
stopping: signal
changed: generation by key value
stopped: generation by why
end: status generation seconds
sweep_started: out runs done
sweep_cost: runs core_seconds at_once seconds
job_started: job attempt
job_lost: job attempt why
job_done: job seconds
job_failed: job error details
job_stopped: job why
sweep_progress: runs done failed assays assayed unassayed running seconds_left
sweep_ended: done failed stopped
paper_started: out parts waiting cpu_s wall_s hosts
paper_progress: running
paper_ended: done failed stopped
assay_started: run assay generations
assay_progress: assay done of
"""  # noqa: E501
"""The JSON of version 0.2.0: what programs of others read. Fields may be added at an end, and kinds."""
SCHEMA = {line.split(":")[0]: line.split(":")[1].split() for line in WRITTEN.strip().splitlines()}

TINY = {
    "task": "none",
    "generations": 3,
    "quine": {"hidden": 6},
    "life": {"steps": 2, "coordinates": 8},
    "population": {"islands": 2, "size": 3},
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    simple = {int: st.integers(0, 9), float: st.floats(0, 9), str: st.text("aρ[/\n", max_size=4), type(None): st.none()}
    if kind in simple:
        return simple[kind]
    inner = get_args(kind)
    if get_origin(kind) is UnionType:
        return st.one_of(*map(values, inner))
    if get_origin(kind) is Mapping:
        return st.dictionaries(values(inner[0]), values(inner[1]))
    if get_origin(kind) is Sequence:
        return st.lists(values(inner[0]), min_size=2, max_size=2)
    return st.tuples(*map(values, inner))


ANY = st.sampled_from(list(KINDS.values())).flatmap(lambda kind: st.builds(kind, **_fields(kind)))


def _fields(kind: type[Event]) -> dict[str, st.SearchStrategy[Any]]:
    return {field.name: values(field.type) for field in fields(kind)}


def test_kinds_and_fields_are_those_that_others_read() -> None:
    told = {kind: [field.name for field in fields(event)] for kind, event in KINDS.items() if event.told_by}
    assert told == SCHEMA


@given(ANY)
def test_an_event_is_a_json_line_with_its_fields_in_order(event: Event) -> None:
    file = io.StringIO()
    JsonLines(file)(event)
    (line,) = file.getvalue().splitlines()
    found = json.loads(line)
    assert list(found) == ["time", "event", *(field.name for field in fields(event))]
    assert found.pop("event") == event.kind
    assert found | {"time": 0} == json.loads(json.dumps({"time": 0, **vars(event)}))
    with pytest.raises(FrozenInstanceError):
        event.kind = "other"


@pytest.mark.parametrize("view", [Terminal, SweepTerminal, PaperTerminal, AssayTerminal])
@given(st.data())
def test_a_view_takes_any_event_in_any_order(view: Callable[[Console], Any], data: st.DataObject) -> None:
    """On a terminal and elsewhere; what it does not know it leaves alone."""
    for terminal in (False, True):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100, _environ={"TERM": "xterm"})
        with view(console) as say:
            for event in data.draw(st.lists(ANY, max_size=5)):
                say(event)
            assert say(Event()) is None


def test_gauges_and_scalars_leave_alone_what_they_do_not_know(tmp_path: Path) -> None:
    board = TensorBoard(str(tmp_path))
    for event in (events.Extinct(generation=1), Event(), events.Tick()):
        RayMetrics()(event)
        board(event)
    board.close()


def told(*words: str, log: Path) -> list[dict[str, Any]]:
    """What a command tells."""
    log.unlink(missing_ok=True)
    assert main([*words, "--log-json", str(log)]) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        assert list(line) == ["time", "event", *SCHEMA[line["event"]]]
    return lines


def test_what_commands_write_is_of_that_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, run = tmp_path / "events", str(tmp_path / "run")
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    here = ["--backend", "local"]
    lived = told("run", "--config", str(tmp_path / "tiny.yaml"), "--out", run, "--no-figures", *here, log=log)
    assert [line["event"] for line in lived[:3]] == ["cost", "start", "generation"]
    assert [line["event"] for line in lived[-2:]] == ["commit", "end"]
    longer = told("resume", run, "--generations", "5", "--no-figures", *here, log=log)
    assert [line["generation"] for line in longer if line["event"] == "generation"] == [3, 4]
    told("fork", run, "--generation", "2", "--seed", "5", "--no-figures", *here, log=log)
    many = ["--replicates", "2", "--out", str(tmp_path / "forks"), "--no-figures"]
    forks = told("fork", run, "--generation", "2", *many, *here, log=log)
    assert {key: forks[-1][key] for key in SCHEMA["sweep_ended"]} == {"done": 2, "failed": {}, "stopped": ""}
    assay = told("assay", run, "garden", "--sample", "3", "--replicates", "5", "--no-figures", log=log)
    assert (assay[0]["event"], assay[0]["generations"]) == ("assay_started", [0, 3, 5])
    assert (assay[-1]["event"], assay[-1]["done"]) == ("assay_progress", assay[-1]["of"])


def test_every_event_and_every_field_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import pages

    page = pages._events()
    for kind, event in KINDS.items():
        assert (f"### `{kind}`\n" in page) == bool(event.told_by)
        summary, meanings = pages._documented(event)
        assert summary
        assert list(meanings) == [field.name for field in fields(event)], kind
    assert "| `accuracy` | number or null | Median on the images of selection" in page
    sys.modules.pop("pages")
