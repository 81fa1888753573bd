"""`python -m benchmarks serve`: what `alife serve` costs a run that it is watched under.

The same run of 30 generations is lived again and again in a folder of 50 others, by turns with nobody and with a page
open on the folder and one on the run. What the viewers of a browser receive is read here by two bare connections: what
a browser draws with is its own machine's affair. The run's own CPU time and the server's are of their processes alone,
so a machine that others use says less of them than of the wall-clock.
"""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

GENERATIONS = 30
RUNS = 50
PAIRS = 6
MOST = 1.0
"""Per cent of a core that the server may take."""
FILLER = ["--task=none", "--quine.hidden=8", "--life.steps=2", "--generations=3", "--population.islands=1"]
FILLER += ["--population.size=4"]
RUN = ["--toy", f"--generations={GENERATIONS}", "--life.steps=160"]


def alife(*words: str) -> list[str]:
    """The command of this checkout."""
    return [sys.executable, "-m", "alife", *words]


def lived(out: Path, *words: str) -> tuple[float, float]:
    """A run; seconds of wall-clock between its start and its end as it tells them, and CPU seconds of its process."""
    log = out.with_suffix(".jsonl")
    command = alife("run", *words, "--out", str(out), "--backend=local", "--no-figures", "-q", "--log-json", str(log))
    before = os.times()
    subprocess.run(command, check=True)
    after = os.times()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    log.unlink()
    times = {line["event"]: line["time"] for line in lines}
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return times["end"] - times["start"], cpu


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, str]]:
    """The server, by process and address."""
    with subprocess.Popen(alife("serve", str(folder), "--port=0", "-q"), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = server.stdout.readline().strip()
        try:
            yield server.pid, address
        finally:
            server.terminate()


class Reader(threading.Thread):
    """Reads a stream until it is closed."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._stream = urllib.request.urlopen(address)
        self.bytes = 0

    def run(self) -> None:
        """Count what comes."""
        with self._stream, suppress(http.client.IncompleteRead):  # the server ends
            while piece := self._stream.read1(1 << 16):
                self.bytes += len(piece)


def watched(root: Path, name: str) -> tuple[float, float, float, int]:
    """As `lived`, with two viewers; and the server's CPU seconds meanwhile, and what it has sent."""
    with serving(root) as (pid, address):
        urllib.request.urlopen(address).read()
        readers = [Reader(f"{address}live?kind=folder")]
        for each in readers:
            each.start()
        time.sleep(3)
        joined = threading.Thread(target=_join, args=(address, name, root / name, readers), daemon=True)
        joined.start()
        before = cpu_of(pid)
        wall, cpu = lived(root / name, *RUN)
        return wall, cpu, cpu_of(pid) - before, sum(each.bytes for each in readers)


def _join(address: str, name: str, folder: Path, readers: list[Reader]) -> None:
    while not (folder / "manifest.json").exists():
        time.sleep(0.05)
    reader = Reader(f"{address}live?kind=run&name={name}")
    readers.append(reader)
    reader.start()


def pairs() -> Iterator[dict[str, float]]:
    """Seconds of each pair, in turns."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        lived(root / "run-00", *FILLER)
        for number in range(1, RUNS):
            shutil.copytree(root / "run-00", root / f"run-{number:02}")
        for number in range(PAIRS):
            pair: dict[str, float] = {}
            for seen in (False, True) if number % 2 == 0 else (True, False):
                name = f"live-{number}-{'seen' if seen else 'alone'}"
                if seen:
                    pair["seen"], pair["seen_cpu"], pair["server"], pair["sent"] = watched(root, name)
                else:
                    pair["alone"], pair["alone_cpu"] = lived(root / name, *RUN)
                shutil.rmtree(root / name)
            print(json.dumps(pair), file=sys.stderr, flush=True)
            yield pair


def bench() -> Iterator[dict[str, Any]]:
    """Medians over the pairs, with the least and the greatest."""
    known = list(pairs())
    values = {
        ("run alone: wall-clock", "s"): [p["alone"] for p in known],
        ("run alone: CPU", "s"): [p["alone_cpu"] for p in known],
        ("watched: more wall-clock", "%"): [100 * (p["seen"] / p["alone"] - 1) for p in known],
        ("watched: more CPU of the run", "%"): [100 * (p["seen_cpu"] / p["alone_cpu"] - 1) for p in known],
        ("server: CPU", "s"): [p["server"] for p in known],
        ("server: CPU of a core while the run lives", "%"): [100 * p["server"] / p["seen"] for p in known],
        ("server: CPU of the run's", "%"): [100 * p["server"] / p["seen_cpu"] for p in known],
        ("server: sent to two viewers", "kB"): [p["sent"] / 1e3 for p in known],
    }
    for (name, unit), each in values.items():
        figure = {"name": name, "value": statistics.median(each), "unit": unit, "low": min(each), "high": max(each)}
        yield figure if "of a core" not in name else {**figure, "passed": statistics.median(each) <= MOST}
