"""A page fits the window, whatever its width: nothing of a table is cut off or has to be scrolled for."""

from pathlib import Path

import pytest

from analysis.report import of_run as run_page
from analysis.report import of_sweep as sweep_page
from analysis.report.page import Page, render
from analysis.studies import treatments
from analysis.tables import WIDEST, Table
from tests.support import browser as chrome
from tests.support.synthetic import synthetic_run, write_run

OVERFLOWING = """return [document.documentElement, ...document.querySelectorAll('.scroll, pre, dl, .chart, figure')]
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.tagName} ${one.getAttribute('aria-label') || ''}: ${one.scrollWidth} in ${one.clientWidth}`)"""
HEADS = "return [...document.querySelectorAll('td')].every(one => one.dataset.head)"


def a_run() -> Page:
    return run_page.page(synthetic_run(14, 3, 12, heritable=("mutation",)), [], [], "0" * 64)


def a_sweep(folder: Path) -> Page:
    for name, world in {"w0": {"accuracy_weight": 0.0}, "shuffled": {"scheme": "shuffled"}}.items():
        for seed in range(3):
            write_run(folder / f"runs/{name}/seed-{seed}", synthetic_run(8, 2, 8, seed=seed, **world))
    return sweep_page.page(treatments.load(folder), [], [], folder)


@pytest.mark.parametrize("name", ["run", pytest.param("sweep", marks=pytest.mark.nightly)])
def test_pages_fit_phones_tablets_and_desks(tmp_path: Path, name: str) -> None:
    (tmp_path / "page.html").write_text(render(a_run() if name == "run" else a_sweep(tmp_path / "sweep")))
    with chrome.chromium(tmp_path / "profile") as browser:
        for width in (360, 600, 900, 1400):
            look = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", look)
            chrome.show(browser, tmp_path / "page.html")
            chrome.wait(browser, lambda width=width: browser.execute_script("return innerWidth") == width)
            assert browser.execute_script(OVERFLOWING) == [], (name, width)
            assert browser.execute_script(HEADS)
        assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.mark.parametrize("columns", [2, 6, 14])
def test_a_table_knows_from_which_width_it_fits(columns: int) -> None:
    interval = "+0.0123 [−0.0456,\u00a0+0.0789]"
    table = Table("t", ["trait", *["selection"] * columns], [["accuracy", *[interval] * columns]])
    assert table.broken == (columns == 14)
    assert Table("t", ["trait", "n"], []).width < table.width
    assert table.width < WIDEST * (2 if table.broken else 1)
