"""The page in a browser, over a run that lives: it follows, says the same in words, and anybody can use it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from alife.format import events
from analysis.live import document
from tests import ROOT
from tests.support import axe
from tests.support import browser as chrome
from tests.support.serving import Served, serving
from tests.support.synthetic import synthetic_run, write_run

TYPES = ROOT / ".ci/typescript"
NASTY = """<script>document.title='broken'<!-- "quoted" 'and' &"""
MANY = 50
FINISHED, EXTINCT, ONE, ISLANDS = "finished", "extinct", "one generation", "two hundred islands"
RUN = ["--task=glyphs", "--quine.hidden=8", "--quine.coordinate_units=4", "--life.steps=4", "--life.images=16"]
RUN += ["--population.islands=2", "--population.size=6", "--checkpoint.every=5", "--backend=local", "--no-figures"]
TEXT = "return document.body.innerText"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shown") / "runs"
    write_run(root / FINISHED, synthetic_run(12, 2, 8))
    write_run(root / ONE, synthetic_run(1, 1, 6))
    write_run(root / ISLANDS, synthetic_run(5, 200, 3))
    for name in (NASTY, *(f"many/run-{number:02}" for number in range(MANY))):
        shutil.copytree(root / FINISHED, root / name)
    shutil.copytree(root / FINISHED, root / EXTINCT)
    file = root / EXTINCT / events.name(1)
    file.parent.mkdir()
    said = {"time": 1.8e9, "event": "host_lost", "generation": 3, "host": NASTY, "why": "<b>power</b>"}
    file.write_bytes(events.dump(said))
    return root


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(folder, share=1.0) as found:
        yield found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chrome.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def opened(browser: Any, served: Served, name: str = "", width: int = 1280, scheme: str = "light") -> Any:
    """The browser with the page of the folder, or of a run, once it shows something."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser")
    browser.get(served.address + (f"run?name={quote(name, safe='')}" if name else ""))
    drawn = "#traits svg" if name else "#entries tbody tr"
    chrome.wait(browser, lambda: browser.find_elements("css selector", drawn))
    return browser


def test_all_runs_of_a_folder_are_listed(browser: Any, served: Served) -> None:
    page = opened(browser, served)
    rows = page.find_elements("css selector", "#entries tbody tr")
    assert len(rows) == MANY + 5
    assert NASTY in rows[0].text
    assert page.title != "broken"
    assert page.get_log("browser") == []
    box = page.find_element("id", "holds")
    box.send_keys("run-0")
    chrome.wait(page, lambda: len(page.find_elements("css selector", "#entries tbody tr")) == 10)
    box.clear()
    box.send_keys("<script>")
    chrome.wait(page, lambda: len(page.find_elements("css selector", "#entries tbody tr")) == 1)
    page.find_element("css selector", "#entries a").click()
    chrome.wait(page, lambda: page.find_elements("css selector", "#traits svg"))
    assert page.find_element("tag name", "h1").text == NASTY
    assert page.title == NASTY


def test_a_run_is_shown_in_words_too(browser: Any, served: Served) -> None:
    page = opened(browser, served, FINISHED)
    chrome.wait(page, lambda: page.find_elements("css selector", "#clades svg"))
    labels = [each.get_attribute("aria-label") for each in page.find_elements("css selector", "svg[role=img]")]
    assert len(labels) >= 8
    assert all(label and "NaN" not in label and "undefined" not in label for label in labels)
    assert "12 of 12 generations" in page.execute_script(TEXT)
    page.find_element("css selector", "#h-table ~ details summary").click()
    assert len(page.find_elements("css selector", "#table tbody tr")) == 12
    assert page.get_log("browser") == []


def test_what_a_folder_says_is_text(browser: Any, served: Served) -> None:
    page = opened(browser, served, EXTINCT)
    said = page.find_element("css selector", "#log li").text
    assert f"{NASTY} lost in generation 3: <b>power</b>" in said


@pytest.mark.parametrize("name", ["", FINISHED, ONE, ISLANDS, NASTY])
@pytest.mark.parametrize("width", [360, 800, 1400, 2560])
def test_nothing_is_wider_than_the_page(browser: Any, served: Served, name: str, width: int) -> None:
    page = opened(browser, served, name, width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    wide = "return [...document.querySelectorAll('main svg')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    assert page.execute_script(wide) == []


@pytest.mark.parametrize("scheme", axe.SCHEMES)
@pytest.mark.parametrize("name", ["", FINISHED, ISLANDS])
def test_anybody_can_use_it(browser: Any, served: Served, name: str, scheme: str) -> None:
    page = opened(browser, served, name, scheme=scheme)
    page.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert axe.faults(page, scheme) == []


def test_the_keyboard_reaches_all_that_can_be_used(browser: Any, served: Served) -> None:
    from selenium.webdriver import ActionChains, Keys

    page = opened(browser, served, FINISHED)
    reached = set()
    for _ in range(12):
        ActionChains(page).send_keys(Keys.TAB).perform()
        reached.add(page.execute_script("const e = document.activeElement; return e.id || e.tagName"))
    assert {"pause", "A", "SUMMARY"} <= reached


def test_a_run_is_followed_paused_and_restarted_below_the_page(browser: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alife", "run", *RUN, "--out", str(tmp_path / "runs/live"), "--resume", "-q"]
    go = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}

    def number() -> int:
        words = browser.find_element("id", "done").text.split()
        return int(words[0].replace(",", "")) if words else 0

    (tmp_path / "runs").mkdir()
    with serving(tmp_path / "runs", share=1.0) as served:
        with subprocess.Popen([*command, "--generations=100000"], env=go) as run:
            try:
                chrome.wait(browser, lambda: (tmp_path / "runs/live/events").exists())
                opened(browser, served, "live")
                first = number()
                chrome.wait(browser, lambda: number() > first)
                assert "▶ running" in browser.find_element("id", "state").text
                browser.find_element("id", "pause").click()
                held = number()
                time.sleep(2.5)
                assert number() == held
                browser.find_element("id", "pause").click()
                chrome.wait(browser, lambda: number() > held)
            finally:
                run.terminate()
            run.wait(60)
        chrome.wait(browser, lambda: "interrupted" in browser.find_element("id", "state").text)
        stopped = number()
        with subprocess.Popen([*command, "--generations=100000"], env=go) as run:
            try:
                chrome.wait(
                    browser, lambda: number() > stopped and "running" in browser.find_element("id", "state").text
                )
            finally:
                run.terminate()
            run.wait(60)
    chrome.wait(browser, lambda: "no connection" in browser.find_element("id", "state").text)


def test_types_hold() -> None:
    tsc = TYPES / "node_modules/.bin/tsc"
    if not tsc.exists() or not shutil.which("node"):
        pytest.skip("no TypeScript here: npm ci --prefix .ci/typescript")
    command = [tsc, "-p", TYPES / "tsconfig.live.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_script_is_in_the_page() -> None:
    there = {path.name for path in (ROOT / "analysis/live/page").glob("*.js")}
    assert set(document.SCRIPTS) == there


def test_the_policy_names_what_the_page_holds() -> None:
    text, policy = document.page("run", "</script>" + NASTY, "/runs")
    assert text.count("</script>") == text.count("<script") == 2
    assert policy.count("'sha256-") == 2
    about = json.loads(text.partition('id="about">')[2].partition("</script>")[0])
    assert about["name"] == "</script>" + NASTY
