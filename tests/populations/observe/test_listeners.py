"""Observers only observe: whatever one does, the births are the same, and what was lived is kept."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from populations import evolve, resume
from populations.engine.worker import Worker
from populations.observe import events, listeners, patience
from populations.observe.listeners import Listeners
from populations.observe.terminal import Terminal
from populations.record.reader import read_manifest
from populations.record.writer import digest
from tests.support.told import generation as generation_event

EVENTS = ("start", "generation", "commit", "end")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Nothing is ignored, though whoever runs the tests may ignore a closed terminal, as nohup does."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="module")
def tiny() -> dict:
    return {
        "task": "none",
        "generations": 5,
        "quine": {"hidden": 6, "coordinate_units": 3},
        "life": {"steps": 2, "coordinates": 8},
        "population": {"islands": 2, "size": 3},
        "migration": {"migrants": 1},
        "checkpoint": {"every": 5},
    }


@pytest.fixture(scope="module")
def reference(tiny, tmp_path_factory) -> str:
    out = str(tmp_path_factory.mktemp("reference") / "run")
    evolve(tiny, out, backend="local")
    return digest(out)


@settings(max_examples=4)
@given(st.sampled_from(EVENTS), st.sampled_from([BrokenPipeError("gone"), SystemExit(1), ValueError(), MemoryError()]))
def test_a_sink_that_raises_is_told_no_more_and_the_run_goes_on(tiny, reference, tmp_path_factory, event, fault):
    out = str(tmp_path_factory.mktemp("runs") / "run")
    heard, told = [], []

    def fails(news):
        heard.append(news.kind)
        if news.kind == event:
            raise fault

    assert evolve(tiny, out, backend="local", sinks=[fails, lambda news: told.append(news.kind)]) == "finished"
    assert digest(out) == reference
    assert heard[-1] == event
    assert heard.count(event) == 1
    assert told[-1] == "end"


def test_who_was_dropped_is_said_in_a_line(caplog):
    def watcher(_):
        raise OSError("no more\nroom")

    tell = Listeners([watcher])
    with caplog.at_level(logging.WARNING):
        tell(events.Extinct(generation=1))
        tell(events.Extinct(generation=2))
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == ["OSError: no more room"]
    assert "watcher is told no more" in caplog.text


@pytest.mark.parametrize(("event", "most"), [("start", 1000), ("start", 3), ("generation", 1000)])
def test_a_sink_that_hangs_is_not_waited_for(tiny, reference, tmp_path, monkeypatch, caplog, event, most):
    """It never comes back; what it was not told is said, and the births and what others hear are as ever."""
    monkeypatch.setattr(patience, "LATE_SECONDS", 0.2)
    monkeypatch.setattr(patience, "MOST_WAITING", most)
    out, told, never = str(tmp_path / "run"), [], threading.Event()

    def hangs(news):
        if news.kind == event:
            never.wait()

    with caplog.at_level(logging.WARNING):
        assert evolve(tiny, out, backend="local", sinks=[hangs, lambda news: told.append(news.kind)]) == "finished"
    never.set()
    assert digest(out) == reference
    assert [told[0], told[1], told[-1], told.count("generation")] == ["cost", "start", "end", 5]
    late, slow = (record.getMessage().split("hangs ")[1] for record in caplog.records)
    assert late == f"takes more than 0.2 s for one event ({event}): the run goes on without it"
    assert slow == f"was too slow: {len(told) - told.index(event)} events never told"


def test_a_sink_that_was_late_hears_everything_in_order(monkeypatch, caplog):
    monkeypatch.setattr(patience, "LATE_SECONDS", 0.1)
    heard = []

    def dawdles(news):
        time.sleep(0.3 if not heard else 0)
        heard.append(news.generation)

    tell = Listeners([dawdles])
    for number in range(50):
        tell(events.Extinct(generation=number))
    monkeypatch.setattr(patience, "LATE_SECONDS", 5.0)
    tell.close()
    assert heard == [*range(50)]
    assert len(caplog.records) == 1


def test_a_sink_that_was_late_can_still_stop_the_run(monkeypatch):
    monkeypatch.setattr(patience, "LATE_SECONDS", 0.05)

    def stops(_):
        time.sleep(0.2)
        raise KeyboardInterrupt

    tell = Listeners([stops])
    tell(events.Tick())
    time.sleep(0.4)
    with pytest.raises(KeyboardInterrupt):
        tell(events.Tick())
    tell(events.Tick())


def test_a_signal_amid_a_sink_is_told_after_it(monkeypatch):
    """Its handler tells of it while the thread that runs waits for the sink."""
    heard = []

    def sink(news):
        if news.text == "start":
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.2)
        heard.append(news.text)

    tell = Listeners([sink])
    before = signal.signal(signal.SIGUSR1, lambda *_: tell(events.Note(text="stopping")))
    try:
        tell(events.Note(text="start"))
        tell(events.Note(text="end"))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == ["start", "stopping", "end"]


def test_a_sink_that_cannot_be_closed_harms_nobody(caplog):
    def fail():
        raise OSError("full")

    listeners.close(SimpleNamespace(close=fail))
    assert "could not be closed: OSError: full" in caplog.text


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ZeroDivisionError, SystemExit])
def test_complete_generations_are_kept_whatever_ends_the_run(tiny, reference, tmp_path, monkeypatch, fault):
    """Between two commits: the last was made for the fossil of generation 5."""
    out, live = str(tmp_path / "run"), Worker.live_one

    def end(self, watched, island, generation, *args):
        if generation == 7:
            raise fault
        return live(self, watched, island, generation, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "live_one", end)
        longer = {**tiny, "generations": 8, "checkpoint": {"every": 100}}
        with pytest.raises(fault):
            evolve(longer, out, backend="local")
    manifest = read_manifest(out)
    assert manifest["generation"] == 6
    assert manifest["status"] == ("interrupted" if fault is KeyboardInterrupt else "failed")
    assert digest(out, 0, 4) == reference
    assert resume(out, backend="local") == "finished"


def test_a_sink_stops_a_run_with_keyboard_interrupt_and_nothing_is_lost(tiny, reference, tmp_path):
    out = str(tmp_path / "run")

    def stop(event):
        if event.kind == "generation" and event.generation == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(tiny, out, backend="local", sinks=[stop])
    assert read_manifest(out)["status"] == "finished"
    assert digest(out) == reference


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_is_told_without_harm_by_a_sink_that_fails(tiny, tmp_path, name):
    out = str(tmp_path / "run")

    def fails(event):
        if event.kind == "generation" and event.generation == 1:
            signal.raise_signal(signal.Signals[name])
        if event.kind == "stopping":
            raise OSError("gone")

    assert evolve(tiny, out, backend="local", sinks=[fails]) == "interrupted"
    assert read_manifest(out)["generation"] == 1


def test_progress_is_shown_to_whoever_watches(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(listeners, "watched", lambda: True)
    evolve(tiny, str(tmp_path / "a"), backend="local")
    said = capsys.readouterr().err
    assert f"{tmp_path}/a: starts with generation 0 of 5 (0 to 4), in this process\n" in said
    assert "generation 4 (5 of 5)  ρ " in said
    evolve(tiny, str(tmp_path / "b"), backend="local", quiet=True)
    evolve(tiny, str(tmp_path / "c"), backend="local", sinks=())
    monkeypatch.setattr(listeners, "watched", lambda: False)
    evolve(tiny, str(tmp_path / "d"), backend="local")
    assert capsys.readouterr() == ("", "")


def test_a_notebook_shows_one_line_that_changes(tiny, tmp_path, monkeypatch, capsys):
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))

    def display(data, raw, display_id):
        shown.append(data["text/plain"])
        return handle

    shell = SimpleNamespace(kernel=None)
    notebook = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook.display)
    evolve(tiny, str(tmp_path / "a"), backend="local")
    assert [text.split(")")[0] for text in shown] == [f"generation {g} ({g + 1} of 5" for g in range(5)]
    lines = capsys.readouterr().out.splitlines()
    assert not any("individuals/s" in line for line in lines)
    assert lines[-1].startswith("time: ")


@pytest.mark.parametrize(
    ("generation", "error", "says"),
    [
        (0, 1.13, "ρ 1.1300  "),
        (3, 0.5, "ρ 0.5000  "),
        (3, 1.5, "ρ 1.5000 (above 1: worse than printing zeros)  "),
        (3, 18883002368.0, "ρ 1.89e+10 (above 1: worse than printing zeros)  "),
    ],
)
def test_rho_above_1_gets_a_remark(capsys, generation, error, says):
    Terminal()(generation_event(generation=generation, replication_error=error))
    assert says in capsys.readouterr().err


def test_a_closed_terminal_commits_what_was_lived_unless_it_is_ignored(tiny, tmp_path, capsys):
    config = tmp_path / "tiny.yaml"
    config.write_text(yaml.safe_dump(tiny))
    live = Worker.live_one

    def hang_up(self, watched, island, generation, *args):
        if generation == 2:
            signal.raise_signal(signal.SIGHUP)
        return live(self, watched, island, generation, *args)

    words = ["run", "--config", str(config), "--backend", "local", "--no-figures", "--out"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "live_one", hang_up)
        assert main([*words, str(tmp_path / "a")]) == 129
        assert read_manifest(str(tmp_path / "a"))["generation"] == 1
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            assert main([*words, str(tmp_path / "b")]) == 0
        finally:
            signal.signal(signal.SIGHUP, before)
