"""What axe-core finds wrong with a page in a browser: whether those can use it who do not see it, or see it badly."""

import os
from typing import Any

import pytest

from tests import ROOT

SCRIPT = ROOT / ".ci/typescript/node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")
"""Impacts that no page may have, of axe's minor, moderate, serious and critical."""
SCHEMES = ("light", "dark")
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then((found) => done({violations: found.violations.map((rule) =>
  ({id: rule.id, impact: rule.impact, help: rule.help, nodes: rule.nodes.map((node) =>
    node.target.join(" ") + ": " + (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message)})),
  passes: found.passes.length}), (error) => done({error: String(error)}));
"""


def faults(browser: Any, scheme: str = "light") -> list[str]:
    """Serious and critical faults of the page that is open, a line each: rule, impact, where and why.

    Args:
        browser: A driver of Chromium.
        scheme: "light" or "dark": what the page is told that its reader prefers; the browser's own again afterwards.

    Raises:
        AssertionError: axe-core did not run, or looked at nothing.
    """
    script = source()
    look = {"media": "", "features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", look)
    try:
        # Not as a tag of the page, whose policy may forbid it.
        browser.execute_cdp_cmd("Runtime.evaluate", {"expression": script})
        found = browser.execute_async_script(RUN)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert "error" not in found, found
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{rule['id']} ({rule['impact']}): {node}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def source() -> str:
    """axe-core as text; where it is not installed the test is skipped, and fails in CI."""
    if SCRIPT.is_file():
        return SCRIPT.read_text(encoding="utf-8")
    told = "axe-core is not installed: npm ci --prefix .ci/typescript"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)
