"""The page of a lineage in a browser: it asks for nothing, tells the record, and answers to hand, key and words."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alife.cli.main import main
from analysis.data.run import load_run
from analysis.lineage.phylogeny import line_of_descent, of_run
from analysis.viewer import view
from analysis.viewer.document import SCRIPTS, scripts, source
from tests import ROOT
from tests.support import axe
from tests.support import browser as chrome
from tests.support.synthetic import EDGES, synthetic_run, write_run

TYPES = ROOT / ".ci/typescript"
NASTY = """<script>document.title='broken'<!-- "'&"""
IDS = "const t = lineagePage.panes[0].tree; return arguments[0].map(id => Array.from(t.path(t.find(id)), r => t.id(r)))"
DESCENDANTS = """const t = lineagePage.panes[0].tree;
return t.descendants(t.find(arguments[0])).flatMap(([a, b]) => Array.from({length: b - a}, (_, k) => t.id(a + k)))"""
CENSUS = """const [tiles, layout] = arguments, {tree, lineage} = lineagePage.panes[0];
lineagePage.relayout(layout);
let sum = [0, 0];
for (let k = 0; k < tiles; k++) {
  const found = lineage.census({x0: tree.first - 0.5, x1: tree.last + 0.5, y0: k ? k / tiles : -1,
    y1: k + 1 < tiles ? (k + 1) / tiles : 2});
  sum = [sum[0] + found.births, sum[1] + found.cells];
}
return sum"""
COMMON = "return document.getElementById('common').textContent"
CHOSEN = "return lineagePage.panes.map(p => p.lineage.chosen)"
PICKED = "return document.querySelector('.individual dl').textContent"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    write_run(root / "a", synthetic_run(30, 3, 40, seed=1))
    write_run(root / "b", synthetic_run(20, 3, 40, seed=2))
    write_run(root / NASTY.replace("/", ""), synthetic_run(5, 1, 6))
    return root


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chrome.chromium(tmp_path_factory.mktemp("profile"), *chrome.SOFTWARE) as driver:
        yield driver


def shown(browser: Any, page: Path) -> Any:
    """The browser with a page that is drawn."""
    chrome.show(browser, page)
    chrome.wait(browser, lambda: browser.execute_script(chrome.DRAWN))
    return browser


def quiet(browser: Any) -> bool:
    """Whether nothing went wrong."""
    return not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


class TestInABrowser:
    @pytest.fixture(autouse=True)
    def page(self, folder: Path, browser: Any) -> Any:
        """The page of run a, opened once."""
        page = folder / "a.html"
        if not page.exists():
            shown(browser, view(folder / "a", page))
        return browser

    def test_nothing_is_asked_for(self, page: Any, folder: Path) -> None:
        others = [url for url in chrome.requests(page) if not url.startswith("data:")]
        assert others == [(folder / "a.html").as_uri()[:60]]
        assert quiet(page)

    def test_paths_and_descendants_are_the_records(self, page: Any, folder: Path) -> None:
        tree = of_run(synthetic_run(30, 3, 40, seed=1))
        ids = [str(one) for one in np.random.default_rng(0).choice(tree.births["id"], 200, replace=False)]
        for one, told in zip(ids, page.execute_script(IDS, ids), strict=True):
            assert told == line_of_descent(tree, int(one))["id"].astype(str).tolist()
        for one in ids[:20]:
            children = {int(one)}
            for parent, child in tree.births[["ancestor_id", "id"]].itertuples(index=False):
                if parent in children:
                    children.add(child)
            assert {int(each) for each in page.execute_script(DESCENDANTS, one)} == children

    @pytest.mark.parametrize("layout", ["islands", "ladder"])
    def test_counts_add_up_at_each_zoom(self, page: Any, layout: str) -> None:
        for tiles in (1, 2, 7, 50):
            assert page.execute_script(CENSUS, tiles, layout) == [3600, 3600]

    def test_something_is_drawn_in_every_colour_and_either_way(self, page: Any) -> None:
        inked = """const {gl} = lineagePage.panes[0].lineage.painter;
        const w = gl.drawingBufferWidth, h = gl.drawingBufferHeight;
        const bytes = new Uint8Array(4 * w * h); gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
        let n = 0; for (let k = 0; k < bytes.length; k += 4) n += bytes[k] < 200; return n / w / h"""
        options = page.execute_script("return [...document.getElementById('colour').options].map(o => o.value)")
        assert {"trait accuracy", "trait replication_error", "island", "clade", "kin"} <= set(options)
        for colour in options:
            page.execute_async_script("lineagePage.recolour(arguments[0]).then(arguments[1])", colour)
            assert page.execute_script(inked) > 0.02, colour
        assert quiet(page)

    def test_an_id_is_found_and_told_in_words(self, page: Any) -> None:
        births = synthetic_run(30, 3, 40, seed=1).births
        one = births.iloc[2000]
        page.execute_script("lineagePage.find(arguments[0])", str(one["id"]))
        chrome.wait(page, lambda: str(one["ancestor_id"]) in page.execute_script(PICKED))
        told = re.search(r"selection accuracy([\d.]+)", page.execute_script(PICKED))
        assert told
        assert float(told[1]) == pytest.approx(one["accuracy"], abs=2e-4)
        page.execute_script("const p = lineagePage.panes[0]; lineagePage.pick(p, p.tree.size - 1)")
        chrome.wait(page, lambda: "descendants on record0" in page.execute_script(PICKED))
        assert "the last of them" not in page.execute_script(PICKED), "nobody descends from one of the last generation"
        page.execute_script("lineagePage.find('77')")
        assert "nobody" in page.execute_script("return document.getElementById('found').textContent")

    def test_click_keys_and_brush(self, page: Any) -> None:
        from selenium.webdriver import ActionChains, Keys

        canvas = page.find_element("css selector", ".over")
        page.execute_script("window.scrollTo(0, 0)")
        chosen = "return lineagePage.panes[0].lineage.chosen"
        place = """const l = lineagePage.panes[0].lineage, s = l.scales(), r = l.tree.starts[15] + 30;
        return [r, s.x(15) - l.canvas.clientWidth / 2, s.y(r) - l.canvas.clientHeight / 2]"""
        row, x, y = page.execute_script(place)
        ActionChains(page).move_to_element_with_offset(canvas, round(x), round(y)).click().perform()
        picked = page.execute_script(chosen)
        assert abs(picked - row) <= 6, "of some who stand closer than a pixel"
        ActionChains(page).send_keys("p").perform()
        assert page.execute_script(chosen) == page.execute_script(
            "return lineagePage.panes[0].tree.parent[arguments[0]]", picked
        )
        before = page.execute_script("return lineagePage.panes[0].lineage.view")
        ActionChains(page).send_keys("+").perform()
        after = page.execute_script("return lineagePage.panes[0].lineage.view")
        assert after["x1"] - after["x0"] < before["x1"] - before["x0"]
        ActionChains(page).send_keys(Keys.ESCAPE).perform()
        assert page.execute_script(chosen) == -1
        page.execute_script("lineagePage.brush([5, 9])")
        assert page.execute_script("return lineagePage.panes[0].plane.ground.total") <= 5 * 120

    @pytest.mark.parametrize("scheme", axe.SCHEMES)
    def test_everybody_can_use_it(self, page: Any, scheme: str) -> None:
        page.execute_script("const p = lineagePage.panes[0]; lineagePage.pick(p, 2000)")
        chrome.wait(page, lambda: "ancestor" in page.execute_script(PICKED))
        page.execute_script("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert axe.faults(page, scheme) == []

    def test_the_view_is_saved_as_svg_and_png(self, page: Any) -> None:
        import xml.etree.ElementTree as xml

        page.execute_script("lineagePage.act((pane) => pane.lineage.lookAt(pane.lineage.whole()))")
        svg = page.execute_script("return lineagePage.picture(lineagePage.panes[0], 'svg')")
        root = xml.fromstring(svg)
        assert len(root.findall(".//{*}circle")) > 1000
        assert page.execute_script("return lineagePage.picture(lineagePage.panes[0], 'png')").startswith(
            "data:image/png"
        )

    def test_there_is_a_table_for_who_does_not_see_it(self, page: Any) -> None:
        rows = page.execute_script("return document.querySelectorAll('.generations tbody tr').length")
        assert rows == 30


def test_two_runs_share_time_and_scale_but_nobody(folder: Path, browser: Any) -> None:
    page = shown(browser, view(folder / "a", folder / "two.html", folder / "b"))
    assert page.execute_script("return document.querySelectorAll('.pane').length") == 2
    assert page.execute_script(COMMON).startswith("These runs have no birth in common")
    page.execute_script("lineagePage.find(lineagePage.panes[0].tree.id(500))")
    assert page.execute_script(CHOSEN) == [500, -1]
    page.execute_script("const p = lineagePage.panes[0]; p.lineage.zoomMiddle(0.5); lineagePage.move(p)")
    views = page.execute_script("return lineagePage.panes.map(p => [p.lineage.view.x0, p.lineage.view.x1])")
    assert views[0] == pytest.approx(views[1])
    legends = page.execute_script("return [...document.querySelectorAll('.legend')].map(one => one.textContent)")
    assert legends[0] == legends[1], "a colour means the same in both"
    assert quiet(page)


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the command, and forks of it: one under another seed, one under its own."""
    root = tmp_path_factory.mktemp("forked")
    small = ["--population.size", "8", "--life.steps", "4", "--selection.images", "32", "--checkpoint.every", "2"]
    quick = ["--backend", "local", "--no-figures", "-q"]
    assert main(["run", "--toy", "--generations", "6", *small, *quick, "--out", f"{root}/original"]) == 0
    for name, seed in (("fork", ["--seed", "7"]), ("again", [])):
        asked = ["fork", f"{root}/original", "--generation", "3", *seed, *quick, "--out", f"{root}/{name}"]
        assert main(asked) == 0
    return root


def test_a_fork_has_its_originals_newborns_and_parts_from_it(forked: Path, browser: Any) -> None:
    tables = [load_run(forked / name).births.query("generation == 3") for name in ("fork", "original")]
    for name in ("id", "ancestor_id"):
        assert tables[0][name].tolist() == tables[1][name].tolist()
    page = shown(browser, view(forked / "fork", forked / "fork.html", forked / "original"))
    told = page.execute_script(COMMON)
    assert told.startswith("The 16 newborns of generation 3 are the same, with the same ids and ancestors; their lives")
    assert "before generation 3 is on record in original alone" in told
    views = page.execute_script("return lineagePage.panes.map(p => [p.lineage.view.x0, p.lineage.view.x1])")
    assert views[0] == views[1], "one time from the original's first generation on"
    page.execute_script("const t = lineagePage.panes[0].tree; lineagePage.find(t.id(t.size - 1))")
    row = page.execute_script("return lineagePage.panes[0].tree.size - 1")
    assert page.execute_script(CHOSEN)[0] == row
    first, there = page.execute_script(
        "const [a, b] = lineagePage.panes; return [a.tree.id(a.lineage.path[0]), b.tree.id(b.lineage.chosen)]"
    )
    assert first == there, "the last ancestor that both have, and not whoever has the same id"
    assert quiet(page)


def test_a_fork_without_a_change_is_the_same_birth_by_birth(forked: Path, browser: Any) -> None:
    page = shown(browser, view(forked / "again", forked / "again.html", forked / "original"))
    assert page.execute_script(COMMON).startswith("Generations 3 to 5 are the same in both, birth by birth.")
    page.execute_script("lineagePage.find(lineagePage.panes[0].tree.id(40))")
    ids = page.execute_script("return lineagePage.panes.map(p => p.tree.id(p.lineage.chosen))")
    assert ids[0] == ids[1]


def test_the_runs_of_a_folder_are_there_to_choose_from(folder: Path, tmp_path: Path, browser: Any) -> None:
    page = shown(browser, view(folder, tmp_path / "all.html"))
    assert page.execute_script("return document.querySelectorAll('#run option').length") == 3
    page.execute_async_script("lineagePage.show(0, 2).then(arguments[0])")
    page.execute_async_script("lineagePage.beside(1).then(arguments[0])")
    assert page.execute_script("return lineagePage.panes.map(p => p.store.number)") == [2, 1]
    page.execute_async_script("lineagePage.beside(-1).then(arguments[0])")
    assert page.execute_script("return document.querySelectorAll('.pane').length") == 1
    assert quiet(page)


def test_names_cannot_break_it(folder: Path, browser: Any) -> None:
    (nasty,) = folder.glob("<*")
    page = shown(browser, view(nasty, folder / "nasty.html"))
    assert page.title.startswith("Lineage of <script>")
    assert page.execute_script("return document.querySelector('h2').textContent").startswith("<script>")
    assert page.execute_script("return document.scripts.length") < 60


@pytest.mark.parametrize("name", EDGES)
def test_odd_runs_are_drawn(name: str, tmp_path: Path, browser: Any) -> None:
    page = shown(browser, view(write_run(tmp_path / "run", synthetic_run(**EDGES[name])), tmp_path / "page.html"))
    for layout in ("islands", "ladder"):
        page.execute_script("lineagePage.relayout(arguments[0]); lineagePage.pick(lineagePage.panes[0], 0)", layout)
    assert quiet(page)
    assert "NaN" not in page.execute_script("return document.body.innerText")


def test_it_fits_phones(folder: Path, browser: Any) -> None:
    view(folder / "a", folder / "phone.html")
    look = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
    page = shown(browser, folder / "phone.html")
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


class TestCommand:
    def test_it_says_what_it_wrote(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["view", str(folder / "a"), "--out", str(folder / "new/lineage.html")]) == 0
        assert capsys.readouterr().out == f"{folder}/new/lineage.html\n"
        text = (folder / "new/lineage.html").read_text()
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy.startswith("default-src 'none'; img-src data:;")
        assert "unsafe-eval" not in policy
        head = re.search(r'<script type="application/json" id="head">(.+?)</script>', text)
        assert head
        assert json.loads(head[1])["runs"][0]["births"] == 3600

    @pytest.mark.parametrize("out", ["", "."])
    def test_a_place_that_will_not_do_is_one_line(
        self, folder: Path, out: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["view", str(folder / "a"), "--out", str(folder / "a" / out)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_what_has_no_births_is_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_run(tmp_path / "none", synthetic_run(0))
        assert main(["view", str(tmp_path / "none"), "--out", str(tmp_path / "x.html")]) == 2
        assert "no generation is on record" in capsys.readouterr().err
        assert not (tmp_path / "x.html").exists()


def test_every_script_is_part_of_the_page() -> None:
    folder = ROOT / "analysis/viewer/page"
    assert sorted(path.name for path in folder.glob("*.js")) == sorted(SCRIPTS)
    text = scripts()
    assert "</script" not in text
    assert "<!--" not in text
    assert [name for name in SCRIPTS if len(source(name).splitlines()) > 250] == []


def test_types_hold() -> None:
    tsc = TYPES / "node_modules/.bin/tsc"
    if not tsc.exists() or not shutil.which("node"):
        pytest.skip("no TypeScript here: npm ci --prefix .ci/typescript")
    done = subprocess.run([tsc, "-p", TYPES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
