"""What the page on extending says to change is changed in a copy of the packages, and does what the page says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "extending.md"

TRIED = """
import alife
from alife.cli.main import main

small = {
    "task": "glyphs",
    "generations": 2,
    "quine": {"hidden": 12, "coordinate_units": 6},
    "life": {"steps": 3, "coordinates": 16, "images": 16},
    "population": {"islands": 1, "size": 6},
}
runs = {}
operator = "reproduction.operator"
for key, value in (("selection.scheme", "ranking"), (operator, "cauchy"), (operator, "gaussian")):
    alife.evolve({**small, key: value}, f"runs/{value}", backend="local")
    runs[value] = alife.load_run(f"runs/{value}").births
assert runs["ranking"]["ancestor_id"].tolist() != runs["gaussian"]["ancestor_id"].tolist()
assert runs["cauchy"]["squared_norm"].max() > 2 * runs["gaussian"]["squared_norm"].max()
rows = runs["cauchy"].query("generation == 1")
for birth in rows.itertuples():
    assert abs((alife.load_run("runs/cauchy").individual(birth.id).genome() ** 2).sum() / birth.squared_norm - 1) < 1e-4
births = runs["gaussian"]
assert births["printed_share"].equals(1 - births["replication_error"])
child = births.query("generation == 1").iloc[0]
assert main(["descent", "runs/gaussian", str(child["id"])]) == 0
print(child["id"], child["ancestor_id"])
assert main(["descent", "runs/gaussian", "7777"]) == 2
"""


def test_each_change_of_the_page_applies_and_works(tmp_path: Path) -> None:
    for package in ("alife", "populations", "analysis"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    kinds = set()
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        if language == "diff":
            apply = ["git", "apply", "-C1", "-"]
            subprocess.run(apply, cwd=tmp_path, input=text, text=True, check=True)
        kinds.add(language)
    assert kinds == {"diff", "python"}
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TRIED], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said, wanted = done.stdout.splitlines()
    assert said == wanted


def test_what_refusals_say_is_checked_where_the_page_leads() -> None:
    rows = re.findall(r"^\| `(.+?)` \|.*?`([\w/]+\.py)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(rows) > 9
    for words, file in rows:
        source = (ROOT / file).read_text(encoding="utf-8")
        for part in re.split(r"…:?", words):
            assert part.strip() in source, (words, file)
