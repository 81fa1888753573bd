"""A headless Chromium that opens pages from files, and what it sees of their charts."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""Flags of one that draws WebGL on the CPU."""
DRAWN = "return document.documentElement.hasAttribute('data-drawn')"
"""Whether the page of a lineage is drawn."""

ITEMS = """
const [id, field, value] = arguments, view = document.getElementById(id).view, pad = view.padding(), out = [];
const ox = view.origin()[0] + pad.left, oy = view.origin()[1] + pad.top;
function walk(item, x, y) {
  for (const mark of item.items || []) for (const one of mark.items || []) {
    if (mark.marktype === "group") walk(one, x + (one.x || 0), y + (one.y || 0));
    else if (one[field] === value && one.datum) out.push({...one.datum, x: x + one.x, y: y + one.y});
  }
}
for (const group of view.scenegraph().root.items) walk(group, ox + (group.x || 0), oy + (group.y || 0));
return out;
"""


@contextmanager
def chromium(profile: Path, *flags: str) -> Iterator[Any]:
    """A driver with a fresh profile and some more flags; the test is skipped where there is no Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install '.[test]'")
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, *flags, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        browser.set_script_timeout(60)
        yield browser


def show(browser: Any, page: Path, width: int = 1280, height: int = 1000) -> None:
    """Open a page, forget what was logged before, and wait until its charts are drawn."""
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.set_window_size(width, height)
    browser.get(page.as_uri())
    drawn = "return [...document.querySelectorAll('[data-spec]')].every(e => e.view)"
    wait(browser, lambda: browser.execute_script(drawn))


def wait(browser: Any, condition: Callable[[], Any]) -> None:
    """Until it holds."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 60).until(lambda _: condition())


def requests(browser: Any) -> list[str]:
    """Schemes and starts of all addresses asked for since `show`, but the browser's own."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url[:60] for url in urls if not url.startswith("chrome")]


def items(browser: Any, chart: str, field: str, value: Any) -> list[dict[str, Any]]:
    """Data of the marks of a chart that look so, with their place on its canvas."""
    return browser.execute_script(ITEMS, chart, field, value)


def point(browser: Any, chart: str, x: float, y: float) -> Any:
    """An action that moves the mouse to a place on a chart's canvas."""
    from selenium.webdriver import ActionChains

    canvas = browser.find_element("css selector", f"#{chart} canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    size = canvas.size
    return ActionChains(browser).move_to_element_with_offset(
        canvas, round(x - size["width"] / 2), round(y - size["height"] / 2)
    )
