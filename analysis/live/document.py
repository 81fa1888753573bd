"""The page's HTML: one text that lets no script run but its own, and asks for nothing but its own stream."""

import base64
import functools
import hashlib
from importlib import resources
from typing import Final

from markupsafe import Markup

from analysis import templates
from analysis.viewer.colours import colours

SCRIPTS: Final = ("types.js", "words.js", "draw.js", "charts.js", "listing.js", "running.js", "page.js")
"""What runs in the browser, in this order: files of `analysis.live.page`, which share one scope."""


def page(kind: str, name: str, folder: str) -> tuple[str, str]:
    """The page of a folder, a run or a sweep, and the policy that goes with it as a header.

    Args:
        kind: "folder", "run" or "sweep".
        name: Of what is shown, below the folder.
        folder: That is served.
    """
    style, script = _source("live.css"), scripts()
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    shown = folder if kind == "folder" or name == "." else name
    about = {"kind": kind, "name": name, "folder": folder, "colours": colours()}
    text = templates.render(
        "live.html", title=shown, about=about, style=Markup(style), script=Markup(script), kind=kind, folder=folder
    )
    return text, policy


@functools.cache
def scripts() -> str:
    """All that runs in the browser, as one strict script with a scope of its own."""
    text = "\n".join(_source(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{text}\n}})();\n'


@functools.cache
def _source(name: str) -> str:
    return resources.files("analysis.live.page").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
