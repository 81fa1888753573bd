"""What every `--help` shows: its examples are calls that work."""

import argparse
import glob
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from alife.cli import main
from alife.cli.deploy import FILES
from alife.configuration.keys import parse_config
from alife.configuration.parsing import nest
from populations.studies.plan import parse_plan, read_plan
from populations.studies.sweep import sweep
from tests.test_readme import KEYS, PARSED, parse, run, small

PLAN = {
    "base": nest(KEYS | {"generations": 22}),
    "treatments": {
        "w0": {"selection.accuracy_weight": 0},
        "w1": {"selection.accuracy_weight": 1},
        "shuffled": {"selection.shuffled": True},
    },
    "seeds": 2,
}
ELSEWHERE = re.compile(rf"{PARSED.pattern}|^alife data ")
"""Examples that are only parsed."""


def helps() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    (commands,) = (a for a in main._parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(commands.choices)


def examples(text: str) -> Iterator[str]:
    """Its lines that are calls, without what is said beside them."""
    for line in text.splitlines():
        if line.startswith("  alife "):
            yield re.split(r" {2,}", line.strip())[0]


@pytest.mark.parametrize("name", helps())
def test_every_command_has_examples_and_they_are_calls_of_it(name: str) -> None:
    found = list(examples(helps()[name].description or ""))
    assert found
    for example in found:
        words = shlex.split(example.partition(" > ")[0])
        assert words[1] == name
        parse(words[1:])


def test_the_yaml_that_the_help_of_a_sweep_shows_is_a_plan() -> None:
    """In the words of the configuration as it is now."""
    shown = re.sub(r"(?<=\S) {2,}.*", "", (helps()["sweep"].description or "").partition("nested or dotted:\n")[2])
    plan = parse_plan(shown, "help")
    assert {run.treatment.partition(",")[0] for run in plan.runs()} >= {"shuffled"}
    lived = {run.config.selection.shuffled for run in plan.runs() if run.treatment.startswith("shuffled")}
    assert lived == {True}
    for treatment in yaml.safe_load(shown)["treatments"].values():
        for key, value in treatment.items():
            section, name = key.split(".")
            assert getattr(parse_config({key: value}), section).model_dump()[name] == value


def test_the_help_names_every_way_to_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([]) == 0
    said = capsys.readouterr().out
    with pytest.raises(SystemExit):
        helps()["deploy"].parse_args(["--help"])
    for text in (said, capsys.readouterr().out):
        assert {way for way in FILES if re.search(rf"\b{way}(?![\w-])", text)} == set(FILES)


@pytest.mark.nightly
def test_every_example_works(tmp_path: Path) -> None:
    with small(tmp_path):
        for folder in ("sweeps/a", "sweeps/tradeoff"):
            sweep(read_plan(PLAN), folder, backend="local", quiet=True)
        texts = [parser.description or "" for name, parser in helps().items() if name != "sweep"]
        calls = [call for text in texts for call in examples(text)]
        for call in sorted(calls, key=lambda call: "--init" in call):  # what `export` wrote
            if not ELSEWHERE.search(call):
                words = [found for word in shlex.split(call) for found in glob.glob(word) or [word]]
                run(shlex.join(words).replace("'>'", ">"))
