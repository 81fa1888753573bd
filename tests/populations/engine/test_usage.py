"""What runs cost is on record: over starts, over workers, and whatever ends them."""

import os
import shutil
import time
from pathlib import Path

import pytest

from alife.cli.main import main
from alife.configuration.keys import parse_config
from alife.format import usage
from alife.words import duration
from populations import evolve, resume
from populations.engine.usage import Meter, given
from populations.observe import events
from tests.support.told import generation as lived


def recorded(run: Path) -> list[usage.Usage]:
    return usage.parse((run / usage.NAME).read_bytes())


@pytest.mark.parametrize("backend", ["local", "ray"])
def test_each_start_has_its_own_entry(small, tmp_path: Path, ray_8, capsys, backend: str) -> None:
    config = {**small, "generations": 3, "ray": {"hosts": 2}}
    began = time.monotonic()
    evolve(config, tmp_path / "run", backend=backend, quiet=True)
    assert resume(tmp_path / "run", generations=5, backend=backend) == "finished"
    whole = time.monotonic() - began
    first, second = recorded(tmp_path / "run")
    assert [(each.generation, each.lived) for each in (first, second)] == [(0, 3), (3, 2)]
    assert first.began < first.updated < second.began < second.updated
    workers = 2 if backend == "ray" else 1
    for each in (first, second):
        assert 0 < each.seconds < whole
        assert each.workers == workers
        assert each.core_seconds == pytest.approx(workers * each.seconds, rel=0.01, abs=0.05)
        assert each.gpu_seconds == 0
    total = usage.total([first, second])
    assert total.starts == 2
    capsys.readouterr()
    assert main(["show", str(tmp_path / "run")]) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("spent")]
    assert said.split(maxsplit=1)[1].endswith(f" core-hours in {duration(total.seconds)}, over 2 starts")
    assert total.core_seconds == pytest.approx(first.core_seconds + second.core_seconds)


def test_workers_are_counted_as_they_come_and_go(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds with one worker and twenty with three, of two cores and half a GPU each."""
    evolve({**small, "generations": 1}, tmp_path / "run", backend="local", quiet=True)
    (tmp_path / "run" / usage.NAME).unlink()
    clock = [0.0]
    monkeypatch.setattr("populations.engine.usage.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("populations.engine.usage.given", lambda config: (2.0, 0.5))
    meter = Meter()
    meter(events.Start(generation=0, of=9, out=str(tmp_path / "run"), hosts=1, backend="ray"))
    for hosts, seconds in ((1, 10.0), (3, 20.0)):
        clock[0] += seconds
        meter(lived(hosts=hosts))
    clock[0] += 1.0
    meter(events.Commit(generation=1, status="running", seconds=1.0))
    (known,) = recorded(tmp_path / "run")
    assert (known.lived, known.seconds, known.workers) == (2, 31.0, 3)
    assert known.core_seconds == 2 * (10 + 3 * 20 + 3 * 1)
    assert known.gpu_seconds == 0.5 * (10 + 3 * 20 + 3 * 1)


def test_what_a_worker_is_given() -> None:
    assert given(parse_config({"device": "cpu", "ray.cpus_per_host": 4, "life.threads": 2})) == (4.0, 0.0)
    assert given(parse_config({"device": "cpu", "life.threads": 2})) == (2.0, 0.0)
    assert given(parse_config({"device": "cuda"})) == (1.0, 1.0)
    assert given(parse_config({"device": "cuda", "ray.gpus_per_host": 0.25})) == (1.0, 0.25)


def test_a_run_that_is_broken_off_has_cost_something(small, tmp_path: Path) -> None:
    def break_down(event: events.Event) -> None:
        if event.kind == "generation":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(small, tmp_path / "run", backend="local", sinks=[break_down])
    (known,) = recorded(tmp_path / "run")
    assert known.lived == 1
    assert known.core_seconds > 0


@pytest.mark.parametrize("damage", [b"", b"[{}]", b"[" * 10_000, b"\xff", b'[{"seconds": -1}]', b"{}"])
def test_a_damaged_file_stops_nothing(small, tmp_path: Path, damage: bytes) -> None:
    """What was on record is lost, and the next start is."""
    evolve({**small, "generations": 1}, tmp_path / "run", backend="local", quiet=True)
    (tmp_path / "run" / usage.NAME).write_bytes(damage)
    assert resume(tmp_path / "run", generations=2, backend="local") == "finished"
    assert [each.generation for each in recorded(tmp_path / "run")] == [1]


def test_a_folder_that_goes_is_not_made_again(small, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def remove(event: events.Event) -> None:
        if event.kind == "start":
            shutil.rmtree(tmp_path / "run")

    with pytest.raises(Exception, match="run"):
        evolve(small, tmp_path / "run", backend="local", sinks=[remove])
    assert os.listdir(tmp_path) == []
    assert "Meter" not in capfd.readouterr().err
