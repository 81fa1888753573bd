"""`python -m benchmarks watch` with a made-up history; nothing is measured."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import watch
from benchmarks.__main__ import main

HERE: watch.Machine = {"cpu": "Made-up AVX2", "torch": "2.13.0", "numba": "0.68.1", "vectors": "avx2"}
THERE = HERE | {"numba": "0.61.0"}


def figures(**values: float | None) -> list[dict]:
    """As of a bench, with quartiles a tenth apart, beside seconds."""
    known = [{"name": "life takes", "value": 1.0, "unit": "s"}]
    for name, value in values.items():
        spread = {} if value is None else {"low": 0.95 * value, "high": 1.05 * value}
        known.append({"name": name, "value": value, "unit": "×", **spread})
    return known


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the history of this test lies; there is none yet."""
    file = tmp_path / "history.jsonl"
    monkeypatch.setattr(watch, "HISTORY", file)
    monkeypatch.setattr(watch, "machine_now", lambda: HERE)
    return file


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what is measured."""
    return lambda **values: monkeypatch.setattr(watch, "quick", lambda: iter(figures(**values)))


def test_without_a_history_it_says_so_and_records_the_first_line(history, measure, capsys):
    measure(life=0.75, emission=None)
    assert main(["watch"]) == 0
    said = capsys.readouterr().out
    assert "history.jsonl has no line of this kind of machine" in said
    assert "Made-up AVX2, torch 2.13.0, numba 0.68.1" in said.replace("\n", " ")
    assert not history.exists()
    assert main(["watch", "--record"]) == 0
    [line] = watch.read(history)
    assert line.figures == {"life": watch.Ratio(value=0.75, low=0.7125, high=0.7875)}
    assert line.machine == HERE
    assert main(["watch", "--record"]) == 0
    assert len(watch.read(history)) == 2


def test_a_small_loss_is_shown_and_a_fall_is_exit_code_1(history, measure, capsys):
    for value in (0.80, 1.00):
        measure(life=value, emission=1.0)
        assert main(["watch", "--record"]) == 0
    capsys.readouterr()
    measure(life=0.61, emission=1.02)
    assert main(["watch"]) == 0, "not below 0.75 of 0.80, the lowest"
    life, emission = (line.split() for line in capsys.readouterr().out.splitlines()[1:3])
    assert life[-2:] == ["-39.0%", "apart"]
    assert emission[-2:] == ["+2.0%", "overlap"]
    measure(life=0.59, emission=1.02)
    assert main(["watch", "--record"]) == 1
    assert "FELL: life: more than 25% below 0.8, the lowest on record" in capsys.readouterr().out
    assert len(watch.read(history)) == 3
    assert main(["watch"]) == 0, "what is recorded is accepted"


def test_other_machines_are_not_compared(history, measure, monkeypatch, capsys):
    measure(life=0.8)
    monkeypatch.setattr(watch, "machine_now", lambda: THERE)
    assert main(["watch", "--record"]) == 0
    monkeypatch.setattr(watch, "machine_now", lambda: HERE)
    measure(life=0.1)
    capsys.readouterr()
    assert main(["watch"]) == 0
    assert "no line of this kind of machine" in capsys.readouterr().out


def test_json_is_a_line_of_what_is_compared_with_and_one_a_ratio(history, measure, capsys):
    measure(life=0.8, gone=1.0)
    assert main(["watch", "--json", "--record"]) == 0
    head, *rows = map(json.loads, capsys.readouterr().out.splitlines())
    assert (head["against"], head["lines"], head["machine"]) == (None, 0, HERE)
    assert [row["then"] for row in rows] == [None, None]
    measure(life=0.4, new=1.0)
    assert main(["--json", "watch"]) == 1
    head, *rows = map(json.loads, capsys.readouterr().out.splitlines())
    assert head["against"].keys() == {"date", "commit", "version"}
    by_name = {row.pop("name"): row for row in rows}
    assert by_name["life"] == {
        "now": {"value": 0.4, "low": 0.38, "high": 0.42},
        "then": {"value": 0.8, "low": 0.76, "high": 0.84},
        "lowest": 0.8,
        "change": -0.5,
        "apart": True,
        "fell": True,
    }
    assert by_name["new"]["then"] is None
    assert by_name["gone"]["now"] is None
    assert not by_name["new"]["fell"]
    assert not by_name["gone"]["fell"]


@pytest.mark.parametrize("damage", ["{", "[]", "", "\udcff", "seconds", "infinite", "negative"])
def test_a_malformed_history_is_one_line_and_nothing_is_measured(history, measure, monkeypatch, capsys, damage):
    measure(life=0.8)
    assert main(["watch", "--record"]) == 0
    good = history.read_text()
    changed = {
        "seconds": good.replace('"cores"', '"seconds":1.0,"cores"'),
        "infinite": good.replace("0.8,", "Infinity,"),
        "negative": good.replace("0.8,", "-0.8,"),
    }.get(damage, damage + "\n")
    assert changed != good
    history.write_text(good + changed, errors="surrogateescape")
    monkeypatch.delattr(watch, "quick")
    capsys.readouterr()
    assert main(["watch"]) == 2
    assert capsys.readouterr() == (
        "",
        f"python -m benchmarks watch: error: {history}: damaged: line 2 is none of a bench: restore it from a copy\n",
    )


def test_a_history_that_is_no_file_is_one_line(history, measure, capsys):
    history.mkdir()
    assert main(["watch"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"python -m benchmarks watch: error: {history}: cannot be read: Is a directory"
    ]


@pytest.mark.parametrize("words", [["watch", "--seconds"], ["watch", "lineage"]])
def test_other_words_are_one_line(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("python -m benchmarks watch: error: unrecognized arguments: ")


def test_the_machine_is_known_by_its_kind_and_not_by_its_name():
    machine = watch.machine_now()
    assert {"cpu", "vectors", "torch", "numpy"} <= machine.keys()
    assert machine == watch.machine_now()
    assert not {socket.gethostname(), os.uname().nodename} & set(map(str, machine.values()))


def test_the_history_that_is_kept_can_be_read():
    for line in watch.read(watch.HISTORY):
        assert line.figures
        assert all(ratio.low <= ratio.value <= ratio.high for ratio in line.figures.values())
