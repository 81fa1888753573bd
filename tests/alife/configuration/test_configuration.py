"""Configurations as people write them: YAML's oddities, what shells pass, and all that is wrong said at once."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alife.cli.main import main
from alife.configuration import keys as configuration
from alife.configuration.keys import RunConfig, dump, leaves, parse_config
from alife.configuration.parsing import flatten, load_yaml, nest
from alife.errors import UserError
from populations.studies.plan import parse_plan
from tests import GOLDEN
from tests.support.malformed import refused

ALIASES = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def said(capsys: Any, *arguments: str) -> str:
    """The one line of a refusal."""
    try:
        code: Any = main(list(arguments))
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (2, "", 1), captured
    return str(captured.err)


def printed(capsys: Any, *arguments: str) -> RunConfig:
    """The configuration that a call means."""
    assert main(["run", *arguments, "--print-config"]) == 0
    return parse_config(yaml.safe_load(capsys.readouterr().out))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("key", ["seed", "task", "selection", "reproduction"])
def test_what_expands_without_end_is_refused_at_once(capsys, tmp_path, key):
    path = tmp_path / "bomb.yaml"
    path.write_text(f"{ALIASES}{key}: *i\n")
    assert "*a: aliases are not read" in said(capsys, "run", "--config", str(path))
    flag = (
        "seed"
        if key == "seed"
        else "task"
        if key == "task"
        else f"{key}.{'scheme' if key == 'selection' else 'mutation'}"
    )
    assert flag in said(capsys, "run", f"--{flag}", "&a [*a, *a]", "--out", str(tmp_path / "no"))
    value: Any = "x"
    for _ in range(30):
        value = [value] * 10
    with pytest.raises(UserError, match=f"{key}.* is not allowed"):
        parse_config({key: value})


def test_nesting_and_size_are_bounded(tmp_path):
    with pytest.raises(UserError, match="nested more than 16 levels deep"):
        load_yaml("seed: " + "[" * 40 + "]" * 40, "f")
    with pytest.raises(UserError, match="f: more than 65,536 characters"):
        load_yaml(f"# {'x' * 70_000}", "f")
    assert len(parse_plan(f"# {'x' * 70_000}\nseeds: 2", "f").seeds) == 2


@pytest.mark.parametrize("text", ["010", "1:30", "-0_7", "1:30.5", "!!int 017", "00"])
@pytest.mark.parametrize("key", ["seed", "life.task_weight", "reproduction.mutation"])
def test_numbers_to_the_base_8_and_60_are_refused(capsys, text, key):
    with pytest.raises(UserError, match="write the number out"):
        load_yaml(f"{key}: {text}", "f")
    if not text.startswith(("-", "!")):
        assert f"{key}: '{text}' is not allowed" in said(capsys, "run", f"--{key}", text)


@given(st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6))
def test_every_other_number_is_read_as_it_stands(value):
    assert load_yaml(f"x: {value!r}", "f") == {"x": yaml.safe_load(repr(value))}
    assert load_yaml(yaml.safe_dump({"x": value}), "f") == {"x": value}


def test_keys_may_be_dotted_in_yaml_and_in_python(capsys, tmp_path):
    path = tmp_path / "dotted.yaml"
    path.write_text("life.steps: 4\nlife: {images: 9}\nquine.hidden: 20\nquine: {coordinate_units: 7}\n")
    config = printed(capsys, "--config", str(path), "--life.coordinates", "5")
    assert (config.life.steps, config.life.images, config.life.coordinates, config.quine.hidden) == (4, 9, 5, 20)
    assert parse_config({"life.steps": 4, "life": {"images": 9}}).life == config.life.model_copy(
        update={"coordinates": 256}
    )
    path.write_text("life.steps: 4\nlife: {steps: 5}\n")
    assert "life.steps is there twice" in said(capsys, "run", "--config", str(path))
    with pytest.raises(UserError, match="configuration: life is there twice"):
        parse_config({"life": 3, "life.steps": 4})


@given(st.dictionaries(st.sampled_from([key for key, *_ in leaves()]), st.integers(), max_size=6))
def test_dotted_and_nested_are_two_ways_to_say_one_thing(flat):
    assert flatten(nest(flat), "f") == flatten(flat, "f") == flat


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("\ufeffseed: 3\n", {"seed": 3}),
        ("seed: 3\r\nlife:\r\n  steps: 4\r\n", {"seed": 3, "life.steps": 4}),
        ("life: {learning_rate: 1e3}", {"life.learning_rate": 1000.0}),
        ("quine: {projection_seed: null}", {"quine.projection_seed": None}),
        ("quine: {projection_seed: }", {"quine.projection_seed": None}),
        ("", {}),
        ("---\nseed: 3\n...\n", {"seed": 3}),
        ("seed: 0x1F", {"seed": 31}),
        ("reproduction: {heritable: mutation}", {"reproduction.heritable": ("mutation",)}),
        ("seed: 3\nseed: 4", "seed is there twice"),
        ("life:\n\tsteps: 4", "not valid YAML"),
        ("life: {steps: 1e3}", "life.steps: '1e3' is not allowed: input should be a valid integer"),
        ("life: {steps: 3.0}", "life.steps: 3.0 is not allowed: input should be a valid integer"),
        ("life: {steps: null}", "life.steps: None is not allowed: input should be a valid integer"),
        ("seed: yes", "seed: True is not allowed"),
        ("life:", "life: None is not allowed: keys of its own belong there, as in life: {steps: 40}"),
        ("population: 7", "population: 7 is not allowed: keys of its own belong there, as in population: {islands: 4}"),
        ("seed: 3\n---\nseed: 4", "not valid YAML"),
        ("selection: {scheme: best}", "selection.scheme: 'best' is not allowed"),
        ("life: {stepz: 3}", "life.stepz: unknown key: did you mean life.steps?"),
        ("lief: {steps: 3}", "lief: unknown key: did you mean life?"),
        ("ray: {hosts: many}", "ray.hosts: 'many' is not allowed: auto, or a whole number"),
    ],
)
def test_oddities_of_yaml(text, means):
    if isinstance(means, str):
        with pytest.raises(UserError, match=re.escape(means)):
            parse_config(load_yaml(text, "f"), "f")
    else:
        config = parse_config(load_yaml(text, "f"), "f")
        assert config == parse_config(means)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("mutation", ("mutation",)),
        ("mutation,task_weight", ("mutation", "task_weight")),
        ("[mutation, task_weight]", ("mutation", "task_weight")),
        ("[]", ()),
    ],
)
def test_heritable_traits_as_one_would_type_them(capsys, typed, means):
    assert printed(capsys, "--reproduction.heritable", typed).reproduction.heritable == means


@pytest.mark.parametrize("typed", ["mutations", "[mutation, 3]", "mutation task_weight", "{a: b}", "3", "null"])
def test_a_wrong_list_of_traits_is_told_what_works(capsys, typed):
    line = said(capsys, "run", "--reproduction.heritable", typed)
    example = line.partition("as in ")[2].partition(",")[0]
    assert line.startswith("alife: error: command line: reproduction.heritable: ")
    assert "mutation,task_weight" in line
    assert printed(capsys, "--reproduction.heritable", example).reproduction.heritable == ("mutation",)


@pytest.mark.parametrize("typed", ["-1e-3", "-.5", "-5", "-0.5e+2", "-inf", "-.inf", "-nan"])
def test_a_negative_number_is_a_value(capsys, typed):
    assert "life.learning_rate: " in said(capsys, "run", "--life.learning_rate", typed)


UNLIMITED = {
    "life.threads": (1024, 10**6),
    "selection.tournament_size": (10**9, 10**400),
    "life.steps": (10**9, 10**30),
    "life.chunk": (10**6, 10**30),
    "quine.projection_seed": (2**63 - 1, 10**400),
    "migration.every": (10**9, 10**400),
    "migration.migrants": (10**6, 10**400),
    "checkpoint.every": (10**9, 10**400),
    "checkpoint.keep": (10**9, 10**400),
    "ray.hosts": (10**5, 10**400),
    "ray.hang_timeout": (10**9, 1e300),
}


@pytest.mark.parametrize("key", UNLIMITED)
def test_what_had_no_upper_limit_has_one(key):
    most, too_much = UNLIMITED[key]
    assert parse_config({key: most})
    with pytest.raises(UserError, match=f"{key}: .* is not allowed"):
        parse_config({key: too_much})


def test_every_number_has_limits():
    """A number of 400 digits is refused under every key, and one of -1 under all but those that have a use for it."""
    for key, default, _, _ in leaves():
        if isinstance(default, bool | str | tuple) and key != "ray.hosts":
            continue
        with pytest.raises(UserError, match=key):
            parse_config({key: 10**400})
    assert parse_config({"ray.address": None})


def test_the_largest_tournament_chooses_the_best():
    from alife.evolution.selection import probabilities

    rules = parse_config({"selection.tournament_size": 10**9}).selection
    assert probabilities(rules, [0.1, 0.2, 0.3], [1, 1, 1], [True] * 3).tolist() == [0, 0, 1]


def test_all_that_is_wrong_is_said_at_once(capsys, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("life: {steps: many, imagse: 3}\nseed: -1\n")
    line = said(capsys, "run", "--config", str(path), "--population.size", "0", "--life.optimizer", "sdg")
    for part in ("life.steps: 'many'", "did you mean life.images?", "seed: -1", "population.size: 0", "life.optimizer"):
        assert part in line
    assert (line.count(f"{path}: "), line.count("command line: ")) == (1, 1)
    many = {key: "x" for key, default, *_ in leaves() if isinstance(default, int)}
    with pytest.raises(UserError, match=rf"; and {len(many) - 5} more$"):
        parse_config(many)
    line = said(capsys, "run", "--lief.steps", "3", "--selection.schem=drift")
    assert "--lief.steps: did you mean --life.steps?" in line
    assert "--selection.schem: did you mean --selection.scheme?" in line
    with pytest.raises(UserError, match=r"life.coordinates: 900.*reproduction.heritable: .*once"):
        parse_config(
            {
                "task": "none",
                "quine.hidden": 4,
                "life": {"sampling": "epoch", "coordinates": 900},
                "reproduction.heritable": "mutation,mutation",
            }
        )


def test_a_sweep_says_what_is_wrong_in_all_its_treatments():
    with pytest.raises(UserError, match=r"treatment a: life.steps: 'x'.*treatment b: life.images: 'y'"):
        parse_plan("treatments: {a: {life.steps: x}, b: {life.images: y}, c: {}}", "f")


def test_a_file_and_flags_need_to_fit_only_together(capsys, tmp_path):
    path = tmp_path / "part.yaml"
    path.write_text("quine: {coordinate_units: 150}\n")
    assert printed(capsys, "--config", str(path), "--quine.hidden", "200").quine.coordinate_units == 150
    assert f"{path}: quine.coordinate_units: 150: with a task" in said(capsys, "run", "--config", str(path))


def test_without_a_task_all_units_see_the_coordinate(capsys):
    assert printed(capsys, "--task", "none", "--quine.hidden", "32").quine.hidden == 32
    assert "the image needs units too" in said(capsys, "run", "--quine.hidden", "32")


def test_a_fork_and_a_resume_say_whose_values_hold(capsys):
    for command, whose in (("fork", "the parent's"), ("resume", "the run's")):
        assert main([command, "--help"]) == 0
        text = " ".join(capsys.readouterr().out.partition("configuration keys:")[2].split())
        assert text.count(f"(default {whose})") == f" {text}".count(" --") == text.count("(default"), text


def alife(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alife.cli.main", *arguments], capture_output=True, text=True, timeout=60, **options
    )


def test_a_configuration_from_standard_input_a_pipe_or_a_home(tmp_path):
    run = ("run", "--print-config", "--config")
    assert "seed: 5" in alife(*run, "-", input="seed: 5").stdout
    assert "seed: 5" in alife(*run, "/dev/stdin", input="seed: 5").stdout
    for nothing in ("", " \n"):
        empty = alife(*run, "-", input=nothing)
        assert (empty.returncode, empty.stdout) == (2, "")
        assert "--config -: nothing came: has what writes into the pipe failed?" in empty.stderr
    assert "standard input: sede: unknown key" in alife(*run, "-", input="sede: 5").stderr
    (tmp_path / "mine.yaml").write_text("seed: 6")
    (tmp_path / "config.yaml").write_text("seed: 7")
    env = {**os.environ, "HOME": str(tmp_path)}
    assert "seed: 6" in alife("run", "--print-config", "--config=~/mine.yaml", env=env).stdout
    refused = alife(*run, str(tmp_path))
    assert f"is a folder: did you mean {tmp_path}/config.yaml?" in refused.stderr
    assert refused.returncode == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_text("seed: 8"), daemon=True).start()
    assert "seed: 8" in alife(*run, str(pipe)).stdout
    began = time.monotonic()
    assert "more than 65,536 bytes" in alife(*run, "/dev/zero").stderr
    assert time.monotonic() - began < 30
    closed = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m alife.cli.main run --print-config --config - <&-"],
        capture_output=True,
        text=True,
    )
    assert (closed.returncode, "nothing came" in closed.stderr) == (2, True)


def test_generations_without_a_digest_are_refused(capsys):
    run = str(GOLDEN / "format-1")
    assert "they choose generations of a --digest" in said(capsys, "show", run, "--last", "3")
    assert "they choose generations of a --digest" in said(capsys, "show", run, "--first", "0")


EMPTY = [
    ("run", "--config", ""),
    ("run", "--out", ""),
    ("run", "--log-json", ""),
    ("run", "--tensorboard", ""),
    ("run", "--ray.address", ""),
    ("run", "--life.chunk", ""),
    ("run", "--out", "-"),
    ("resume", ""),
    ("fork", "", "--generation", "3"),
    ("fork", "a", "--generation", "3", "--out", ""),
    ("show", ""),
    ("plot", ""),
    ("plot", "a", "--out", ""),
    ("report", ""),
    ("report", "a", "--out", ""),
    ("export", "a", "--format", "alife", "--out", ""),
    ("compare", ""),
    ("compare", "a", "--csv", ""),
    ("assay", "", "garden"),
    ("assay", "a", "garden", "--generation", ""),
    ("assay", "a", "within_life", "--task-weights", ""),
    ("sweep", "--config", "", "--out", "a"),
    ("sweep", "--config", "a", "--out", ""),
    ("paper", "--out", ""),
    ("deploy", "slurm", "--out", ""),
    ("data", ""),
]


@pytest.mark.parametrize("arguments", EMPTY, ids=" ".join)
def test_an_unset_variable_is_not_taken_for_no_argument(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    line = said(capsys, *arguments)
    assert "is a variable unset?" in line or "folder is needed" in line or "expected numbers" in line
    assert not list(tmp_path.iterdir())


def test_every_path_of_every_command_has_been_thought_of_and_every_argument_has_help():
    from alife.cli.main import _parser

    commands = next(a for a in _parser()._actions if a.nargs == "A...").choices
    words = ("DIR", "FILE", "RUN", "RUN|SWEEP")
    assert [key for key, _, meaning, _ in leaves() if not meaning] == []
    for name, command in dict(commands).items():
        for action in command._actions:
            assert action.help, (name, action.dest)
            if action.metavar in words:
                assert action.type is not None, (name, action.dest)
    assert len(EMPTY) > 20


def test_the_configuration_stays_the_same_when_written_and_read(tmp_path: Path):
    assert parse_config(load_yaml(configuration.dump(RunConfig()), "f")) == RunConfig()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_at_all_is_a_configuration_or_one_line(text):
    refused(lambda: parse_config(load_yaml(text, "f"), "f"), "f: ")


@pytest.mark.parametrize("parameters", [{}, {"size": 3, "of": [1, {"two": None}]}])
def test_a_configuration_can_be_hashed_and_goes_through_its_text(parameters):
    config = parse_config({"selection.parameters": parameters, "selection.scheme": "json:dumps"})
    again = parse_config(yaml.safe_load(dump(config)))
    assert (again, hash(again)) == (config, hash(config))
    assert again.selection.parameters == parameters
