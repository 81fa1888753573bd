"""Odd runs through the command: figures, pages and tables, or one clear line, and never a traceback."""

import re
import signal

import pytest
import yaml

from alife.cli.main import main
from populations import evolve

ODD = {
    "nothing committed": {},
    "one generation": {"generations": 1},
    "one individual": {"population": {"islands": 1, "size": 1}, "migration": {"topology": "none"}},
    "all dead": {"life": {"optimizer": "sgd", "learning_rate": 50.0}},
    "drift alone": {"selection": {"scheme": "drift"}},
    "no task": {"task": "none"},
}


RARE = "one generation", "one individual", "drift alone"
"""Those that the nightly tests look at."""


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.nightly) if name in RARE else name for name in ODD]
)
def pair(request, tmp_path_factory, idx_folder):
    """Two runs of an odd kind that differ by how long a life is, and what kind it is."""
    root = tmp_path_factory.mktemp("odd")
    for steps in (4, 5):
        config = {
            "task": str(idx_folder),
            "generations": 4,
            "quine": {"hidden": 12, "coordinate_units": 6},
            "life": {"coordinates": 32, "images": 16},
            "population": {"islands": 2, "size": 4},
            "checkpoint": {"every": 2},
        }
        for section, keys in {
            **ODD[request.param],
            "life": {**ODD[request.param].get("life", {}), "steps": steps},
        }.items():
            config[section] = {**config.get(section, {}), **keys} if isinstance(keys, dict) else keys
        stop = [stop_at_once] if request.param == "nothing committed" else []
        evolve(config, str(root / f"steps-{steps}"), backend="local", sinks=stop)
    return request.param, root


def stop_at_once(event):
    if event.kind == "start":
        signal.raise_signal(signal.SIGTERM)


def told(capsys, *arguments):
    """Exit code, what went to stdout, the lines of stderr; no traceback in either."""
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    lines = captured.err.strip().splitlines()
    if code:
        assert (code, len(lines)) == (2, 1), captured.err
    return code, captured.out, lines


def test_it_is_shown_drawn_and_has_a_page(pair, capsys, tmp_path):
    kind, root = pair
    run = root / "steps-4"
    assert told(capsys, "show", run)[0] == 0
    code, _, lines = told(capsys, "plot", run)
    assert code == 0
    assert (run / "figures/traits.png").exists() == (kind != "nothing committed")
    assert all("is left out: " in line or "nothing to draw" in line for line in lines[:-1])
    for what, title in ((run, "steps-4"), (root, root.name)):
        assert told(capsys, "report", what)[0] == 0
        page = (what / "report.html").read_text()
        assert f"<h1>{title}</h1>" in page
        assert not re.search(r"\bnan\b|\binf\b|None", page.split("<script")[0])


def test_two_are_compared(pair, capsys):
    kind, root = pair
    code, text, lines = told(capsys, "compare", root)
    assert code == (2 if kind == "nothing committed" else 0)
    if code:
        assert "no committed generation yet" in lines[0]
    else:
        said = " ".join(text.split())
        assert "steps=5 against steps=4" in said
        assert "fewer than 3 bear no interval" in said


def test_its_assays_are_made_or_told(pair, capsys):
    kind, root = pair
    for assay in ("garden", "within_life"):
        code, _, lines = told(capsys, "assay", root / "steps-4", assay, "--sample", 3, "--no-figures")
        assert code == 0 or lines[0].startswith("alife: error: ")
        assert (code == 0) or kind in ("nothing committed", "all dead", "no task")


def test_its_configuration_is_whole(pair):
    _, root = pair
    assert yaml.safe_load((root / "steps-4/config.yaml").read_text())["life"]["steps"] == 4
