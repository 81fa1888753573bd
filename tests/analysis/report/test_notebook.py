"""Runs and sweeps in a notebook: what a cell shows asks for nothing and runs no script; the viewer works in a frame."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import alife
from alife.errors import UserError
from tests.support import browser as chrome
from tests.support.synthetic import synthetic_run, write_run

NASTY = """<script>document.title='broken'<!-- "'&"""
DARK = (
    """<!DOCTYPE html><html><body style="background:#111;color:#ddd"><div class="output_html">{}</div></body></html>"""
)
"""A page as a notebook's, in the dark."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    write_run(root / NASTY.replace("/", ""), synthetic_run(12, 2, 10, seed=1))
    write_run(root / "a" / "seed-0", synthetic_run(8, 1, 12, seed=0))
    return root


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chrome.chromium(tmp_path_factory.mktemp("profile"), *chrome.SOFTWARE) as driver:
        yield driver


def run_of(folder: Path) -> Any:
    return alife.load_run(folder / NASTY.replace("/", ""))


def test_a_run_is_shown_without_scripts_and_with_its_name_escaped(folder: Path) -> None:
    run = run_of(folder)
    shown = run._repr_html_()
    assert shown is run._repr_html_()  # drawn once
    assert html.escape(run.name, quote=False) in shown.replace("&#34;", '"').replace("&#39;", "'")
    assert "<script" not in shown
    assert "<link" not in shown
    assert set(re.findall(r'(?:src|href)="([a-z]+:)', shown)) == {"data:"}
    assert len(shown) < 150_000


def test_a_run_without_births_and_one_without_any_are_shown(folder: Path) -> None:
    run = alife.load_run(folder / "a" / "seed-0", births=False)
    assert "data:image/png" in run._repr_html_()
    with pytest.raises(UserError, match="load it with births=True"):
        run.view()
    nobody = replace(run_of(folder), births=run.births, generations=run.generations.iloc[:0])
    assert "<table" in nobody._repr_html_()


def test_a_sweep_is_shown_with_its_treatments(folder: Path) -> None:
    sweep = alife.load_sweep(folder / "a")
    shown = sweep._repr_html_()
    assert all(html.escape(label) in shown for label in sweep)
    assert "<script" not in shown
    assert "generations that all have" in shown


def test_a_figure_that_cannot_be_drawn_is_a_line(folder: Path) -> None:
    run = run_of(folder)
    dead = run.births.assign(**{name: np.float32(np.nan) for name in ("accuracy", "replication_error")})
    assert "<table" in replace(run, births=dead.drop(columns="accuracy"))._repr_html_()


def test_a_cell_in_a_browser(browser: Any, folder: Path, tmp_path: Path) -> None:
    """A page in the dark that holds a run, a sweep and the viewer: figures are there, the viewer draws in its frame."""
    run, sweep = run_of(folder), alife.load_sweep(folder / "a")
    cells = [run._repr_html_(), sweep._repr_html_(), run.view(height=700)._repr_html_()]
    page = tmp_path / "notebook.html"
    page.write_text(DARK.format("".join(cells)), encoding="utf-8")
    chrome.show(browser, page)
    browser.execute_script("document.title = 'as it was'")
    assert browser.execute_script("return [...document.images].every(e => e.complete && e.naturalWidth > 100)")
    colour = browser.execute_script("return getComputedStyle(document.querySelector('td')).color")
    assert colour == "rgb(221, 221, 221)"  # the page's own
    frame = browser.find_element("css selector", "iframe")
    assert frame.size["height"] >= 700
    browser.switch_to.frame(frame)
    try:
        chrome.wait(browser, lambda: browser.execute_script(chrome.DRAWN))
        assert browser.execute_script(
            "return lineagePage.panes[0].tree.births ?? lineagePage.stores[0].head.births"
        ) == len(run.births)
        assert run.name in browser.find_element("css selector", "h1").text
        with pytest.raises(Exception, match=r"cross-origin|Blocked a frame"):
            browser.execute_script("return parent.document.title")
    finally:
        browser.switch_to.default_content()
    assert browser.title == "as it was"
    asked = [url for url in chrome.requests(browser) if not url.startswith(("data:", "file:", "about:", "blob:"))]
    assert asked == []
    severe = [line["message"] for line in browser.get_log("browser") if "cross-origin" not in line["message"]]
    assert severe == []


def test_a_sweep_views_all_its_runs(folder: Path) -> None:
    shown = alife.load_sweep(folder / "a").view()
    assert repr(shown) == "<Lineage of seed-0: shown in a notebook>"
    assert shown._repr_html_().count("srcdoc=") == 1
