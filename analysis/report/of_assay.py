"""`publish` writes what an assay says, and its figure, beside its tables."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import fsspec

from alife.errors import UserError
from alife.format import files
from analysis.assays.results import INTERVAL, SCOPE, Result, load_result
from analysis.figures.registry import FIGURES
from analysis.figures.saving import attempt
from analysis.numbers import finite_or_none
from analysis.statistics.estimate import Estimate


def publish(uri: str, name: str, generation: int, figures: bool = True) -> Result:
    """Summarise and draw an assay whose tables lie in RUN/assays; write NAME-G.json, .png, .svg, .pdf beside them.

    Args:
        uri: The run: a path or an fsspec URI.
        name: Of the assay.
        generation: G, the last of its generations.
        figures: Whether to draw.

    Raises:
        UserError: As `read`, or nothing can be written there.
    """
    result = load_result(uri, name, generation)
    stem = f"{name}-{generation}"
    summary = {
        **result.about,
        "interval": f"{INTERVAL}. {SCOPE}",
        "estimates": [_plain(row) for row in result.rows],
        "statements": result.statements,
    }
    contents = {f"{stem}.json": json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False).encode()}
    said: list[str] = []
    if figures:
        with tempfile.TemporaryDirectory() as folder:
            for path in attempt(stem, partial(FIGURES[name].draw, result), folder, said.append):
                contents[path.name] = Path(path).read_bytes()
    files_ = [*result.files, *_write(uri, contents)]
    return replace(result, statements=[*result.statements, *said], files=files_)


def _plain(row: Estimate) -> dict[str, Any]:
    """What stands in the JSON file."""
    names = ("quantity", "generation", "over", "value", "low", "high", "n")
    return finite_or_none({name: getattr(row, name) for name in names})


def _write(uri: str, contents: Mapping[str, bytes]) -> list[str]:
    folder = f"{uri.rstrip('/')}/assays"
    try:
        if files.is_remote(folder):
            system, root = fsspec.core.url_to_fs(folder)
            system.makedirs(root, exist_ok=True)
            for name, data in contents.items():
                system.pipe_file(f"{root}/{name}", data)
        else:
            place = files.inside(files.local(uri), "assays")
            for name, data in contents.items():
                files.replace(place / name, data)
    except (OSError, ImportError, ValueError) as error:
        raise UserError(
            f"{folder}: results cannot be written there: {' '.join(str(error).split())}: mend that, then ask again"
        ) from None
    return [f"{folder}/{name}" for name in contents]
