"""The page as one HTML file: it lets no script run but its own, fetches nothing, and carries its data as text."""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Final

from markupsafe import Markup

from analysis import templates
from analysis.viewer.colours import colours
from analysis.viewer.record import Record

SCRIPTS: Final = (
    "types.js",
    "decode.js",
    "tree.js",
    "colour.js",
    "level.js",
    "gl.js",
    "pens.js",
    "axes.js",
    "lineage.js",
    "panels.js",
    "strips.js",
    "records.js",
    "common.js",
    "pane.js",
    "hands.js",
    "picture.js",
    "page.js",
)
"""What runs in the browser, in this order: files of `analysis.viewer.page`, which share one scope."""


def render(title: str, records: Sequence[Record]) -> str:
    """The page of some runs; the first is shown."""
    script = scripts()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    blocks = {
        f"{number}:{name}": block.text for number, each in enumerate(records) for name, block in each.blocks.items()
    }
    return templates.render(
        "viewer.html",
        title=title,
        head={"runs": [each.head for each in records], "colours": colours()},
        blocks={name: Markup(text) for name, text in blocks.items()},
        style=Markup(source("viewer.css")),
        script=Markup(script),
        policy=f"'sha256-{digest}'",
    )


def scripts() -> str:
    """All that runs in the browser, as one strict script with a scope of its own."""
    text = "\n".join(source(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{text}\n}})();\n'


def source(name: str) -> str:
    """A file of `analysis.viewer.page`."""
    return resources.files("analysis.viewer.page").joinpath(name).read_text(encoding="utf-8")
