"""Measures of one's own: what they are given, when they are taken, and that nothing they do reaches a birth."""

import operator
import warnings
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alife
from alife import schema
from alife.configuration.columns import taken, wrong_name
from alife.configuration.keys import RunConfig, dump, parse_config
from alife.configuration.parsing import load_yaml
from alife.errors import UserError
from alife.evolution import measuring, objects
from alife.evolution.habitat import Habitat
from alife.evolution.island import Scores, lifetime
from alife.evolution.reproduction import Floats, founders
from alife.organism.shape import Shape
from alife.plugins import Found
from alife.streams import Stream, rng
from alife.world.projections import Physics
from populations.engine.prepare import prepare

NOTHING = {"noun": "nothing"}


def named(function: Any, key: str = "measures.mine") -> Found:
    return Found(key, f"mine.py:{function.__name__}", function, None, "0" * 64)


def lived(
    small: dict[str, Any], asked: dict[str, Any], found: dict[str, Any], generation: int = 0, norm: float = 0.0
) -> tuple[Scores, Floats]:
    """A generation of an island with measures that are in no file."""
    config, physics = prepare(parse_config({**small, "measures": asked}))
    habitat = Habitat(config, physics)
    group = founders(config, physics.shape.n_weights, 0)
    own = {name: named(function, f"measures.{name}") for name, function in found.items()}
    return lifetime(habitat, group, generation, 0, norm, measures=own)


OWN = {"mine": {"object": "mine.py:mine"}}


def test_a_measure_sees_the_finished_life(small: dict[str, Any]) -> None:
    seen: list[alife.Life] = []
    scores, emitted = lived(small, OWN, {"mine": lambda life: seen.append(life) or life.columns["accuracy"] * 2})
    (life,) = seen
    assert life.genomes.shape == life.adults.shape == life.emitted.shape == emitted.shape
    assert {life.genomes.dtype, life.adults.dtype, life.emitted.dtype} == {np.dtype(np.float32)}
    assert set(life.columns) == set(schema.SCORES)
    assert (life.generation, life.island) == (0, 0)
    assert life.living.tolist() == scores.living.tolist()
    norms = np.square(life.genomes, dtype=np.float64).sum(1)
    assert norms == pytest.approx(scores.columns["squared_norm"], rel=1e-5)
    error = np.square(life.emitted - life.genomes, dtype=np.float64).sum(1) / norms
    assert error == pytest.approx(scores.columns["replication_error"], rel=1e-4)
    assert scores.columns["mine"].tolist() == (scores.columns["accuracy"] * 2).tolist()
    assert scores.columns["mine"].dtype == np.float32


def test_what_it_can_ask_is_what_the_scores_are_made_of(small: dict[str, Any]) -> None:
    asked: dict[str, Any] = {}

    def mine(life: alife.Life) -> Floats:
        asked["newborn"], asked["printed"] = life.accuracy(life.genomes), life.emit(life.adults)
        assert np.array_equal(life.emit(life.adults), life.emitted)
        return life.accuracy(life.adults)

    scores, emitted = lived(small, OWN, {"mine": mine})
    assert scores.columns["mine"].tolist() == scores.columns["accuracy"].tolist()
    assert asked["newborn"].tolist() == scores.columns["newborn_accuracy"].tolist()
    assert np.array_equal(asked["printed"], emitted)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (1, 2, 3)])
def test_networks_of_another_size_are_refused_by_what_it_can_ask(small: dict[str, Any], shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"ValueError: networks of shape .* a row a network"):
        lived(small, OWN, {"mine": lambda life: life.accuracy(np.zeros(shape))})


def test_writing_into_what_it_is_given_is_refused(small: dict[str, Any]) -> None:
    for name in ("genomes", "adults", "emitted", "living"):

        def mine(life: alife.Life, name: str = name) -> Floats:
            getattr(life, name)[0] = 0
            return life.columns["accuracy"]

        with pytest.raises(UserError, match=r"mine\.py:mine: it failed in generation 0 on island 0: .*read-only"):
            lived(small, OWN, {"mine": mine})
    with pytest.raises(UserError, match="does not support item assignment"):
        lived(small, OWN, {"mine": lambda life: operator.setitem(life.columns, "accuracy", 0)})


def test_whoever_writes_all_the_same_reaches_no_birth_and_no_score(small: dict[str, Any]) -> None:
    import torch

    def vandal(life: alife.Life) -> Floats:
        for array in (life.genomes, life.adults, life.emitted, life.living, *life.columns.values()):
            with warnings.catch_warnings(action="ignore"):
                torch.from_numpy(array).zero_()
        return np.zeros(len(life.living))

    clean, printed = lived(small, {}, {})
    scores, emitted = lived(small, OWN, {"mine": vandal})
    assert np.array_equal(emitted, printed)
    assert scores.causes.tolist() == clean.causes.tolist()
    for name, column in clean.columns.items():
        assert np.array_equal(scores.columns[name], column, equal_nan=True), name


def test_its_random_numbers_depend_on_where_it_is_taken_and_on_its_name_alone(small: dict[str, Any]) -> None:
    def draws(life: alife.Life) -> Floats:
        return life.rng.random(len(life.living), np.float32)

    both = {name: {"object": "mine.py:draws"} for name in ("one", "other")}
    scores, _ = lived(small, both, {"one": draws, "other": draws}, generation=3)
    turned, _ = lived(small, dict(reversed(both.items())), {"other": draws, "one": draws}, generation=3)
    expected = rng(0, Stream.MEASURE, 3, 0, zlib.crc32(b"one")).random(6, np.float32)
    assert scores.columns["one"].tolist() == turned.columns["one"].tolist() == expected.tolist()
    assert scores.columns["other"].tolist() != scores.columns["one"].tolist()


@given(every=st.integers(1, 40), generation=st.integers(0, 100))
def test_a_measure_is_taken_in_generations_that_its_cadence_divides(every: int, generation: int) -> None:
    config = parse_config({"measures": {"mine": {"object": "mine.py:mine", "every": every}}})
    taken: list[int] = []
    life = SimpleNamespace(generation=generation, island=0, living=np.ones(2, bool))
    if generation % every:
        found = named(lambda life: taken.append(1) or np.zeros(2))
        column = measuring.take(config, {"mine": found}, life)["mine"]  # type: ignore[arg-type]
        assert np.isnan(column).all()
        assert column.dtype == np.float32
        assert not taken
    assert measuring.is_due(config, "mine", generation) == (generation % every == 0)
    assert ("mine" in objects.given(config)) == (every == 1)


def test_a_cadence_of_newborn_accuracy_changes_its_column_alone(small: dict[str, Any]) -> None:
    for generation in (0, 1, 2, 4):
        clean, printed = lived(small, {}, {}, generation)
        scores, emitted = lived(small, {"newborn_accuracy": {"every": 2}}, {}, generation)
        assert np.array_equal(printed, emitted)
        for name, column in clean.columns.items():
            expected = np.full(6, np.nan) if name == "newborn_accuracy" and generation % 2 else column
            assert np.array_equal(scores.columns[name], expected, equal_nan=True), (name, generation)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e300, -1e300])
def test_what_is_not_finite_is_no_number(small: dict[str, Any], value: float) -> None:
    scores, _ = lived(small, OWN, {"mine": lambda life: [1.0, value, 3.0, 4.0, 5.0, 6.0]})
    assert np.array_equal(scores.columns["mine"], [1, np.nan, 3, 4, 5, 6], equal_nan=True)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float16, np.float64, list, "torch"])
def test_any_real_numbers_will_do(small: dict[str, Any], kind: Any) -> None:
    import torch

    def mine(life: alife.Life) -> Any:
        if kind is list:
            return [1] * len(life.living)
        return torch.ones(len(life.living)) if kind == "torch" else np.ones(len(life.living), kind)

    assert lived(small, OWN, {"mine": mine})[0].columns["mine"].tolist() == [1.0] * 6


def test_nobody_is_measured_where_nobody_lived(small: dict[str, Any]) -> None:
    scores, _ = lived(small, OWN, {"mine": lambda life: 1 / 0}, norm=1e9)
    assert not scores.living.any()
    assert np.isnan(scores.columns["mine"]).all()


GIVEN: list[tuple[Any, str]] = [
    (lambda life: np.zeros(3), "gave float64 of shape (3,) in generation 0 on island 0: one number an individual, an "),
    (lambda life: np.zeros((6, 1)), "gave float64 of shape (6, 1) in generation 0"),
    (lambda life: 1.0, "gave float64 of shape () in"),
    (lambda life: None, "gave NoneType in"),
    (lambda life: life.adults, "gave float32 of shape (6, "),
    (lambda life: ["a"] * 6, "gave <U1 of shape (6,) in"),
    (lambda life: np.zeros(6, complex), "gave complex128 of shape (6,) in"),
    (lambda life: [object()] * 6, "gave list in"),
    (lambda life: [[1], [1, 2]] * 3, "gave a list in"),
    (lambda life: dict.fromkeys(range(6), 1.0), "gave dict in"),
    (lambda life: 1 / 0, "it failed in generation 0 on island 0: line "),
    (lambda life: life.weights, "AttributeError: 'Life' object has no attribute 'weights'"),
]


@pytest.mark.parametrize("number", range(len(GIVEN)))
def test_what_is_no_measure_is_one_line(small: dict[str, Any], number: int) -> None:
    function, said = GIVEN[number]
    with pytest.raises(UserError) as refused:
        lived(small, OWN, {"mine": function})
    line = str(refused.value)
    assert line.startswith("measures.mine: mine.py:<lambda>: ")
    assert said in line
    assert "\n" not in line


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, TypeError, "needs a description"),
    ({"noun": ""}, TypeError, "needs a description"),
    ({"noun": "x" * 41}, ValueError, "noun: one line of at most 40 characters"),
    ({"noun": "two\nlines"}, ValueError, "noun: one line"),
    ({"noun": "a $sum$"}, ValueError, "noun: one line of at most 40 characters, no $, is expected"),
    ({"noun": 3}, ValueError, "noun: one line"),
    ({**NOTHING, "unit": "m\x1b"}, ValueError, "unit: one line of at most 40"),
    ({**NOTHING, "symbol": "x" * 11}, ValueError, "symbol: one line of at most 10"),
    ({**NOTHING, "meaning": "x" * 201}, ValueError, "meaning: one line of at most 200"),
    ({**NOTHING, "scale": "percent"}, ValueError, "scale: 'percent' is not among share, error, size, score"),
    ({**NOTHING, "direction": 2}, ValueError, "direction: 2 is not among -1, 0, 1"),
    ({**NOTHING, "direction": True}, ValueError, "direction: True is not among"),
    ({**NOTHING, "direction": [1]}, ValueError, "direction: [1] is not among"),
    ({**NOTHING, "scale": ["share"]}, ValueError, "scale: ['share'] is not among"),
]


@pytest.mark.parametrize(("described", "kind", "said"), WRONG)
def test_a_bad_description_says_what_is_expected(described: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as refused:
        alife.measure(**described)
    assert said in str(refused.value)


def test_a_decorator_without_a_description_says_how() -> None:
    with pytest.raises(TypeError, match=r'put it as @alife.measure\(noun="what tables call it"\)'):

        @alife.measure
        def bare(life: alife.Life) -> Floats:
            return life.columns["accuracy"]


def test_a_described_function_is_left_as_it_is() -> None:
    def function(life: Any) -> int:
        return 3

    assert alife.measure(noun="three")(function) is function
    assert function(None) == 3


TEXT = """
import alife
import numpy as np
from pydantic import BaseModel, Field

class Parameters(BaseModel):
    below: float = Field(0.1, gt=0)

@alife.measure(noun="sparsity", scale="share", direction=1, meaning="share of tiny weights", unit="of N")
def sparsity(life, parameters: Parameters):
    return (abs(life.adults) < parameters.below).mean(axis=1)

@alife.measure(noun="first weight")
def first(life):
    return life.adults[:, 0]

def bare(life):
    return life.adults[:, 0]

@alife.measure(noun="two", scale="score")
def two(life, other):
    return life.adults[:, 0]

@alife.measure(noun="none")
def none():
    return 0

@alife.measure(noun="shape")
def shape(life):
    return life.adults.mean(axis=0)

@alife.measure(noun="living")
def on_the_dead(life):
    assert np.isfinite(life.adults).all(), "somebody is dead"
    return life.adults[:, 0]

number = 3
"""

FILES: list[tuple[dict[str, Any], str]] = [
    ({"object": "m.py:absent"}, "there is no 'absent' in"),
    ({"object": "m.py:number"}, "is a int, and a function of (life) is expected"),
    ({"object": "m.py:bare"}, 'has no description: put @alife.measure(noun="what tables call it") above it'),
    ({"object": "m.py:none"}, "takes 0 arguments: a function of (life), or of (life, parameters) is expected"),
    ({"object": "m.py:two"}, "annotate 'other' with a pydantic model of its parameters"),
    ({"object": "m.py:sparsity", "parameters": {"below": 0}}, "below: input should be greater than 0"),
    ({"object": "m.py:sparsity", "parameters": {"above": 1}}, "has no parameter above; it has below"),
    ({"object": "m.py:first", "parameters": {"below": 1}}, "takes no parameters, and below is given"),
    ({"object": "m.py:shape"}, "gave float32 of shape (300,) on trial, with a made-up life: one number an individual"),
    ({"object": "m.py:on_the_dead"}, "it failed on trial, with a made-up life: line 34: AssertionError: somebody is"),
    ({"object": "none.py:first"}, "none.py: no such file or directory"),
    ({"object": "broken.py:first"}, "cannot be imported: line 1: SyntaxError"),
    ({"object": "percent.py:first"}, "cannot be imported: line 2: ValueError: alife.measure: scale: 'percent' is not"),
    ({"object": "no_such_package.measures:first"}, "cannot be imported: ModuleNotFoundError"),
]


SHAPE = Shape(hidden=10, coordinate_units=5, classes=9)
"""Of 300 weights."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "m.py").write_text(TEXT)
    (tmp_path / "broken.py").write_text("def first(:")
    (tmp_path / "percent.py").write_text('import alife\n@alife.measure(noun="x", scale="percent")\ndef first(l): pass')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tried(config: RunConfig) -> dict[str, Found]:
    return objects.found(config, Physics(SHAPE, np.empty((0, 0), np.float32), {}, {}))


def test_a_measure_with_random_numbers_of_its_own_is_refused(tmp_path: Path) -> None:
    text = 'import alife, numpy\n@alife.measure(noun="x")\ndef mine(life): return {}\n'
    (tmp_path / "own.py").write_text(text.format("numpy.random.random(len(life.living))"))
    config = parse_config({"measures": {"mine": f"{tmp_path}/own.py:mine"}})
    with pytest.raises(UserError, match="gives other numbers when it is called again"):
        tried(config)
    (tmp_path / "own.py").write_text(text.format("life.rng.random(len(life.living))"))
    assert list(tried(config)) == ["measures.mine"]


@pytest.mark.parametrize(("asked", "said"), FILES)
def test_a_wrong_measure_is_found_on_trial(folder: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        tried(parse_config({"measures": {"mine": asked}}))
    line = str(refused.value)
    assert line.startswith("measures.mine: ")
    assert asked["object"].rpartition(":")[2] in line
    assert said in line
    assert "\n" not in line


def test_a_right_one_is_told_to_the_record(folder: Path) -> None:
    config = parse_config(
        {
            "measures": {
                "tiny": {"object": "m.py:sparsity", "every": 5, "parameters": {"below": "0.5"}},
                "w": "m.py:first",
            }
        }
    )
    found = tried(config)
    assert list(found) == ["measures.tiny", "measures.w"]
    assert found["measures.tiny"].on_record()["parameters"] == {"below": 0.5}
    tiny, w = objects.columns(config, found)
    assert tiny == {
        **{"name": "tiny", "dtype": "float32", "noun": "sparsity", "symbol": "", "unit": "of N", "scale": "share"},
        **{"direction": 1, "meaning": "share of tiny weights", "every": 5},
    }
    assert (w["name"], w["noun"], w["every"]) == ("w", "first weight", 1)
    assert objects.given(config) == (*schema.SCORES, "w")


def test_on_trial_one_of_several_is_dead_and_one_alone_lives() -> None:
    seen: list[alife.Life] = []
    mine = named(lambda life: seen.append(life) or np.zeros(len(life.living)))
    for size in (1, 2, 50):
        measuring.on_trial(parse_config({"population.size": size}), [mine], 40)
    assert [life.living.tolist() for life in seen[::2]] == [[True], [True, False], [True, True, False]], "twice each"
    assert {life.adults.shape[1] for life in seen} == {40}
    assert np.isnan(seen[-1].adults[-1]).all()
    assert np.isfinite(seen[-1].genomes).all()
    assert seen[-1].emit(seen[-1].genomes).shape == (3, 40)
    assert seen[-1].accuracy(seen[-1].genomes).shape == (3,)


CONFIGURED: list[tuple[Any, str]] = [
    ({"mine": {}}, "measures.mine: names no function: write {object: my_measure.py:NAME}"),
    ({"mine": {"object": "m.py:first", "every": 0}}, "measures.mine.every: 0 is not allowed"),
    ({"mine": {"object": "m.py:first", "every": 1.5}}, "measures.mine.every: 1.5 is not allowed"),
    ({"mine": {"object": "m.py:first", "evry": 1}}, "measures.mine.evry: unknown key"),
    ({"mine": "first"}, "measures.mine.object: 'first' is not allowed: name an object of your own, as file.py:NAME"),
    ({"mine": 3}, "measures.mine: 3 is not allowed"),
    (3, "measures: 3 is not allowed: name each with its function"),
    ({"accuracy": "m.py:first"}, "measures.accuracy: is the name of another column or trait"),
    ({"fitness": "m.py:first"}, "measures.fitness: is the name of another column or trait"),
    ({"task_weight": "m.py:first"}, "measures.task_weight: is the name of another column or trait"),
    ({"chance": "m.py:first"}, "measures.chance: is the name of another column or trait"),
    ({"treatment": "m.py:first"}, "measures.treatment: is the name of another column or trait"),
    ({"accuracy_mean": "m.py:first"}, "measures.accuracy_mean: is the name of another column or trait"),
    ({"lambda": "m.py:first"}, "measures.lambda: is a keyword of Python"),
    ({"Mine": "m.py:first"}, "measures.Mine: cannot name a column"),
    ({"m" * 61: "m.py:first"}, "cannot name a column: a small letter, then at most 59"),
    ({"newborn_accuracy": "m.py:first"}, "measures.newborn_accuracy: is shipped: only every can be said of it"),
    ({"newborn_accuracy": {"parameters": {"a": 1}}}, "measures.newborn_accuracy: is shipped"),
]


@pytest.mark.parametrize(("measures", "said"), CONFIGURED)
def test_a_wrong_key_is_one_line(measures: Any, said: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_config({"measures": measures})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(UserError, match="mine is there twice"):
        load_yaml("measures:\n  mine: a.py:f\n  mine: b.py:f\n", "file")
    with pytest.raises(UserError, match=r"measures\.mine is there twice"):
        parse_config({"measures": {"mine": "a.py:f"}, "measures.mine": "b.py:f"})


def test_a_configuration_with_measures_reads_back(folder: Path) -> None:
    config = parse_config({"measures": {"w": "m.py:first", "newborn_accuracy": {"every": 10}}})
    assert config.measures["w"].object == f"{folder}/m.py:first"
    assert parse_config(load_yaml(dump(config), "dump")) == config
    assert parse_config({}).measures == {}


@given(st.sampled_from(sorted(taken())))
def test_no_measure_takes_the_name_of_what_is_there(name: str) -> None:
    assert wrong_name(name)


def test_a_scheme_is_told_which_columns_there_are(folder: Path) -> None:
    (folder / "s.py").write_text("def by_w(columns, living):\n    return living * (columns['w'] == columns['w'])\n")
    asked = {"selection.scheme": "s.py:by_w", "measures": {"w": {"object": "m.py:first"}}}
    assert "selection.scheme" in tried(parse_config(asked))
    asked["measures"] = {"w": {"object": "m.py:first", "every": 2}}
    with pytest.raises(UserError) as refused:
        tried(parse_config(asked))
    assert "line 2: KeyError: w: there are replication_error, copying_error" in str(refused.value)
    assert "of measures those of every generation (every: 1)" in str(refused.value)
