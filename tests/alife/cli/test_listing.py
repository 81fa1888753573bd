"""`alife list` and `--help KEY`: what a configuration can name, found by who has not read the documentation."""

import pytest

from alife.cli.listing import KINDS
from alife.cli.main import main
from alife.configuration.keys import leaves
from alife.configuration.operators import CROSSOVERS
from alife.evolution.mutation import OPERATORS
from alife.evolution.schemes import SCHEMES


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main([*words]) == code
    out = capsys.readouterr()
    return out.out if code == 0 else out.err


@pytest.mark.parametrize(
    ("kind", "words"), [("schemes", SCHEMES), ("mutations", OPERATORS), ("crossovers", CROSSOVERS)]
)
def test_what_there_is_is_listed_with_what_it_does(kind, words, capsys):
    lines = said(capsys, "list", kind).splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(words)
    assert all(len(line.split()) > 3 for line in lines), "a word that nothing is said of"
    assert said(capsys, "list").count("\n") >= len(SCHEMES) + len(OPERATORS) + len(KINDS)


@pytest.mark.parametrize("kind", ["schemes", "mutations"])
def test_parameters_are_listed_with_their_defaults_and_explained(kind, capsys):
    listed, explained = said(capsys, "list", kind), said(capsys, "run", "--help", KINDS[kind].parameters)
    found = 0
    for word, model in KINDS[kind].models().items():
        for name, field in model.model_fields.items() if model else ():
            (line,) = (line for line in listed.splitlines() if line.startswith(f"  {word} "))
            assert f"{name}: {field.default}" in line.rpartition("{")[2]
            (line,) = (line for line in explained.splitlines() if line.startswith(f"  {word}: {name} "))
            assert line.endswith(f"{field.description} (default {field.default})")
            found += 1
    assert found > 1


def test_another_kind_is_refused_with_those_there_are(capsys):
    assert "choose from" in said(capsys, "list", "scheme", code=2)


@pytest.mark.parametrize("key", [key for key, *_ in leaves()])
def test_every_key_is_explained(key, capsys):
    meaning = next(meaning for name, _, meaning, _ in leaves() if name == key)
    assert said(capsys, "run", "--help", key).startswith(f"{key}: {meaning}\ndefault: ")


def test_a_key_that_there_is_not_is_refused_with_the_nearest(capsys):
    assert "--help life.step: no such key: did you mean --life.steps?" in said(capsys, "run", "-h", "life.step", code=2)
    assert "no such key" in said(capsys, "resume", "--help", "seed", code=2)
    assert said(capsys, "resume", "--help", "ray.hosts").startswith("ray.hosts: ")
