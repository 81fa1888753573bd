"""`python -m benchmarks view`: what the page of a lineage costs to make, open and use, and whether it is true.

It makes the records itself, of 100,000 and 1,000,000 births, and drives a headless Chromium that draws in software.
Each page is made in a process of its own, so that its peak memory is its own.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.data.run import load_run
from analysis.lineage.phylogeny import NOBODY, of_run
from analysis.viewer import view
from benchmarks.lineage import Figure, alone, figure, peak_memory, stopwatch, write_record

GOALS = {
    100_000: {"file": 6, "make": 60, "memory": 4, "open": 2, "action": 60, "page_memory": 1.5},
    1_000_000: {"file": 40, "make": 60, "memory": 4, "open": 5, "action": 200, "page_memory": 1.5},
}
"""At most: MB, seconds, GiB, seconds, milliseconds, GiB."""
ACTIONS = 50
PATHS = 1_000
TILES = (1, 2, 4, 8, 16)

ACT = """
const [kind, times, done] = arguments, page = lineagePage, pane = page.panes[0], tree = pane.tree;
const colours = ['island', 'trait replication_error', 'clade', 'trait accuracy', 'founder'];
let seed = 1;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const acts = {
  pan: () => { pane.lineage.pan(random() - 0.5, random() - 0.5); pane.draw(); },
  zoom: () => {
    if (random() < 0.2) pane.lineage.lookAt(pane.lineage.whole());
    pane.lineage.zoom(0.5 + random(), 100 + 600 * random(), 100 + 300 * random());
    pane.draw();
  },
  recolour: (k) => page.recolour(colours[k % colours.length]),
  path: () => page.pick(pane, Math.floor(random() * tree.size)),
};
(async () => {
  page.pick(pane, -1);
  pane.lineage.lookAt(pane.lineage.whole());
  if (kind === 'pan') pane.lineage.zoom(0.7, 400, 250);
  const took = [];
  for (let k = 0; k < times; k++) {
    await new Promise((next) => setTimeout(next, 0));
    const start = performance.now();
    await acts[kind](k);
    pane.lineage.painter.finish();
    took.push(performance.now() - start);
  }
  done(took);
})().catch((error) => done(String(error)));
"""
FRAMES = """
const [times, done] = arguments, pane = lineagePage.panes[0], took = [];
pane.lineage.lookAt(pane.lineage.whole());
pane.lineage.zoom(0.7, 400, 250);
let last = 0;
function frame(now) {
  if (last) took.push(now - last);
  last = now;
  pane.lineage.pan(took.length % 20 < 10 ? 0.02 : -0.02, 0);
  pane.draw();
  if (took.length < times) requestAnimationFrame(frame);
  else done(took);
}
requestAnimationFrame(frame);
"""
PATH = """
const tree = lineagePage.panes[0].tree;
return arguments[0].map((id) => Array.from(tree.path(tree.find(id)), (row) => tree.id(row)).join(' '));
"""
CENSUS = """
const [tiles, layout] = arguments, pane = lineagePage.panes[0], { tree, lineage } = pane;
lineagePage.relayout(layout);
const wide = (tree.last - tree.first + 1) / tiles;
let births = 0, cells = 0;
for (let i = 0; i < tiles; i++) for (let k = 0; k < tiles; k++) {
  const x0 = tree.first - 0.5 + Math.round(i * wide), x1 = tree.first - 0.5 + Math.round((i + 1) * wide);
  const [y0, y1] = [k ? k / tiles : -1, k + 1 < tiles ? (k + 1) / tiles : 2];
  const census = lineage.census({ x0, x1, y0, y1 });
  births += census.births;
  cells += census.cells;
}
return [births, cells];
"""


def bench(sizes: Sequence[int] = (100_000, 1_000_000)) -> Iterator[Figure]:
    """Measure everything, for records of so many births in a thousand generations, or fewer.

    Args:
        sizes: Births.

    Yields:
        {"name", "value", "unit", "births", …}, one a figure; "passed" of what must hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        for births in sizes:
            generations = min(1000, births // 100)
            record = write_record(Path(folder) / str(births), births // generations, generations)
            page = Path(folder) / f"{births}.html"
            yield from alone(_make, record, page, births)
            yield from _use(record, page, births, Path(folder) / f"profile-{births}")


def _judged(name: str, value: float, unit: str, births: int, goal: str, **more: Any) -> Figure:
    most = GOALS.get(births, {}).get(goal)
    asked = {} if most is None else {"at_most": most, "holds_it": value <= most}
    return figure(name, value, unit, births, **asked, **more)


def _make(record: Path, page: Path, births: int) -> list[Figure]:
    clock = stopwatch()
    next(clock)
    view(record, page)
    seconds, cpu = next(clock), time.process_time()
    return [
        _judged("view_make", seconds, "s", births, "make", cpu_seconds=round(cpu, 1)),
        _judged("view_make_memory", peak_memory(), "GiB", births, "memory"),
        _judged("view_file", page.stat().st_size / 1e6, "MB", births, "file"),
    ]


def _use(record: Path, page: Path, births: int, profile: Path) -> Iterator[Figure]:
    from tests.support import browser as chrome

    with chrome.chromium(profile, *chrome.SOFTWARE) as browser:
        browser.set_script_timeout(600)
        browser.set_window_size(1400, 1000)
        clock = stopwatch()
        next(clock)
        browser.get(page.as_uri())
        chrome.wait(browser, lambda: browser.execute_script(chrome.DRAWN))
        browser.execute_script("lineagePage.panes[0].lineage.painter.finish()")
        yield _judged("view_open", next(clock), "s", births, "open")
        for kind in ("pan", "zoom", "recolour", "path"):
            took = sorted(browser.execute_async_script(ACT, kind, ACTIONS))
            middle, most = statistics.median(took), took[int(0.95 * len(took))]
            yield _judged(f"view_{kind}", middle, "ms", births, "action", p95=round(most, 1), actions=ACTIONS)
        frames = browser.execute_async_script(FRAMES, ACTIONS)
        yield figure("view_frame", statistics.median(frames), "ms", births, longest=round(max(frames), 1))
        memory = _renderer_memory(browser.service.process.pid)
        yield _judged("view_page_memory", memory, "GiB", births, "page_memory")
        yield from _truth(record, browser, births)


def _renderer_memory(driver: int) -> float:
    """The most that a renderer below a process has held, in GiB; Linux alone."""
    below, most = {driver}, 0
    for process in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            status = Path(f"/proc/{process}/status").read_text()
            command = Path(f"/proc/{process}/cmdline").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if int(fields["PPid"]) in below:
            below.add(process)
            if "--type=renderer" in command:
                most = max(most, int(fields.get("VmHWM", "0 kB").split()[0]))
    return most / 2**20


def _truth(record: Path, browser: Any, births: int) -> Iterator[Figure]:
    """Paths of random individuals, and counts of tiles at each zoom, beside the record's."""
    tree = of_run(load_run(record))
    ids = tree.births["id"].to_numpy()
    rows = np.random.default_rng(0).choice(len(tree), min(PATHS, len(tree)), replace=False)
    equal = 0
    for some in np.array_split(rows, max(len(rows) // 100, 1)):
        told = browser.execute_script(PATH, [str(ids[row]) for row in some])
        equal += sum(text == " ".join(map(str, _line(tree, ids, row))) for text, row in zip(told, some, strict=True))
    yield figure("view_paths_equal", equal, "paths", births, of=len(rows), passed=equal == len(rows))
    for layout in ("ladder", "islands"):
        counts = [browser.execute_script(CENSUS, tiles, layout) for tiles in TILES]
        right = sum(count == [births, births] for count in counts)
        yield figure(f"view_counts_{layout}", right, "zooms", births, of=len(TILES), passed=right == len(TILES))


def _line(tree: Any, ids: Any, row: int) -> list[int]:
    line = []
    while row != NOBODY:
        line.append(int(ids[row]))
        row = int(tree.parent[row])
    return line[::-1]


if __name__ == "__main__":
    for line in bench():
        print(json.dumps(line), flush=True)
