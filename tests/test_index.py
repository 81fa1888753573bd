"""Every folder's `__init__` is its index: it names each module and folder beside it, and nothing that is not there."""

import ast
import re
from pathlib import Path

import pytest

from tests import ROOT

INDEXED = (
    "alife",
    "analysis",
    "populations",
    "benchmarks",
    "tests/faults",
    "tests/fuzz",
    "tests/simulation",
    "tests/support",
)
FOLDERS = sorted(p.parent.relative_to(ROOT) for top in INDEXED for p in (ROOT / top).rglob("__init__.py"))
NAME = re.compile(r"(?<![\w/.-])(\w+\.py|\w+/)(?![\w/])")


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _beside(folder: Path) -> set[str]:
    """Modules as `name.py`, packages as `name/`."""
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    return modules | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_names_every_module(folder: Path) -> None:
    assert _beside(ROOT / folder) - set(NAME.findall(_docstring(ROOT / folder / "__init__.py"))) == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_names_nothing_else(folder: Path) -> None:
    named = NAME.findall(_docstring(ROOT / folder / "__init__.py"))
    assert [name for name in named if not (ROOT / folder / name).exists()] == []


def test_no_module_apologises() -> None:
    paths = [path for top in (*INDEXED, "tests") for path in (ROOT / top).rglob("*.py") if path != Path(__file__)]
    held = [str(path.relative_to(ROOT)) for path in paths if "room of its own" in path.read_text("utf-8").lower()]
    assert held == []
