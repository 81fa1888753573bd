"""Every snippet of the README, in the order of the page and in one folder, on networks of seconds.

What is changed for that, and nothing else: `SMALLER` gives commands keys that make them small, a tiny sweep stands for
the one that comes along, and Python's `evolve` gets the same keys. What needs a cluster, or long, is parsed by the real
parser instead of run; commands of others (pip, ray, sbatch, kubectl) are passed over.
"""

import argparse
import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alife.cli import main
from alife.configuration.keys import RunConfig
from alife.configuration.parsing import merge, nest
from populations.engine import evolve as evolution

README = Path(__file__).parents[1] / "README.md"

KEYS: dict[str, Any] = {
    "task": "glyphs",
    "quine.hidden": 14,
    "quine.coordinate_units": 6,
    "life.steps": 3,
    "life.coordinates": 16,
    "life.images": 16,
    "population.islands": 2,
    "population.size": 4,
    "checkpoint.every": 30,
}
"""Of a run whose generation takes milliseconds."""

FLAGS = [word for key, value in KEYS.items() for word in (f"--{key}", str(value))]
QUICK = ["--backend", "local", "--no-figures"]
SMALLER = {
    "run": [*FLAGS, *QUICK],
    "resume": QUICK,
    "fork": QUICK,
    "assay": ["--no-figures", "--sample", "4"],
    "sweep": ["--config", "tiny.yaml", "--backend", "local"],
}
"""Command → what is put behind it; a flag that is given twice counts the last time."""

TOY = ["--generations", "3", *QUICK]
SWEEP = {
    "base": nest(KEYS | {"generations": 2}),
    "treatments": {"w1": {"selection.accuracy_weight": 1}, "shuffled": {"selection.scheme": "shuffled"}},
    "seeds": 3,
    "quick": {"seeds": 2},
}

PARSED = re.compile(r"--ray\.address|s3://|^alife (paper|bench) ")
"""Commands that are only parsed: on clusters, or minutes long."""


def blocks() -> Iterator[tuple[str, str]]:
    """(language, text) of each block of code, in order."""
    for found in re.finditer(r"^```(\w+)\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S):
        yield found[1], found[2]


def commands(text: str) -> Iterator[str]:
    """Each call of `alife` in lines of a shell, also those that are handed to others in quotes, without comments."""
    for line in text.splitlines():
        for found in re.finditer(r"(?:^|[\s'/])(alife [a-z-][^'&|#]*)", re.sub(r"\s#.*", "", line)):
            yield found[1].strip()


def parse(words: list[str]) -> argparse.Namespace:
    """What the real parser makes of a call; it exits where a command, a flag or a choice is none."""
    arguments, unknown = main._parser().parse_known_args(words)
    assert not unknown, f"alife {shlex.join(words)}: unknown {unknown}"
    return arguments


def run(command: str) -> str:
    """Run a call of `alife` here; what it printed."""
    words = shlex.split(command)[1:]
    target = words[words.index(">") + 1] if ">" in words else ""
    words = words[: words.index(">")] if target else words
    name = words[0]
    more = TOY if "--toy" in words else [] if "--print-config" in words else SMALLER.get(name, [])
    if "--print-config" in words:
        more = FLAGS
    if "--config" in words and name == "run":
        more = QUICK
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main.main([*words, *more])
    assert code == 0, f"{command}: ended with {code}"
    if target:
        Path(target).write_text(said.getvalue(), encoding="utf-8")
    return said.getvalue()


def test_every_snippet_works_after_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(yaml.safe_dump(SWEEP), encoding="utf-8")
    evolve = evolution.evolve

    def evolve_small(config: Any, out: str, **how: Any) -> str:
        if isinstance(config, RunConfig):
            return evolve(config, out, **how)
        return evolve(merge(config, nest(KEYS)), out, **{"backend": "local", **how})

    monkeypatch.setattr(evolution, "evolve", evolve_small)
    ran, said = [], {}
    for language, text in blocks():
        if language == "python":
            exec(compile(text, "README.md", "exec"), {})
        for command in commands(text) if language == "bash" else ():
            if not PARSED.search(command):
                said[command] = run(command)
                ran.append(command.split()[1])
    assert {"run", "fork", "assay", "resume", "sweep", "compare", "report", "deploy"} <= set(ran)
    assert os.path.isdir("runs/python")
    assert Path("sweeps/tradeoff/report.html").stat().st_size > 10_000


def test_every_call_in_a_block_is_one() -> None:
    found = [command for language, text in blocks() if language == "bash" for command in commands(text)]
    assert len(found) > 25
    for command in found:
        parse(shlex.split(command.partition(" > ")[0])[1:])


def test_every_call_in_the_text_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Of alternatives the first is taken; what is left open is left out, and may be something that is required."""
    text = re.sub(r"^```.*?^```", "", README.read_text(encoding="utf-8"), flags=re.M | re.S)
    calls = [" ".join(call.split()) for call in re.findall(r"`(alife [^`]+)`", text)]
    assert len(calls) > 10
    for call in calls:
        words = re.sub(r" \[[^\]]*\]| …", "", re.sub(r"\|[\w.|-]+", "", call)).split()[1:]
        if "--help" not in words:
            with contextlib.suppress(SystemExit):
                parse(words)
    wrong = capsys.readouterr().err.splitlines()
    assert [line for line in wrong if "arguments are required" not in line] == []


def test_flags_in_the_text_are_flags_of_a_command() -> None:
    known = set()
    for action in main._parser()._actions:
        for command in getattr(action, "choices", None) or {}:
            known |= {flag for a in action.choices[command]._actions for flag in a.option_strings}
    text = re.sub(r"^```.*?^```", "", README.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = {flag for code in re.findall(r"`(--[^`]+)`", text) for flag in re.findall(r"--[a-z][\w.-]*", code)}
    assert "--resume" in named
    assert named <= known | {"--index-url"}
