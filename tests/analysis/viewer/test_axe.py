"""That faults are found at all, in either scheme, before no page has any."""

from pathlib import Path

from tests.support import axe
from tests.support import browser as chrome

PAGE = """<!DOCTYPE html><html lang="en"><head><title>x</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { background: #fff; color: #222 } @media (prefers-color-scheme: dark) { body { background: #444 } }</style>
</head><body><main><h1>Words</h1>%s</main></body></html>"""


def test_faults_are_found_light_and_dark(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(PAGE % "")
    (tmp_path / "bad.html").write_text(PAGE % "<input>")
    with chrome.chromium(tmp_path / "profile") as browser:
        browser.get((tmp_path / "good.html").as_uri())
        assert axe.faults(browser, "light") == []
        assert [fault.split()[0] for fault in axe.faults(browser, "dark")] == ["color-contrast"]
        browser.get((tmp_path / "bad.html").as_uri())
        assert [fault.split()[0] for fault in axe.faults(browser)] == ["label"]
