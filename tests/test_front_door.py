"""What `import alife` gives: fast, lazily, by a path or an object, and as the example in each docstring says."""

import doctest
import inspect
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import alife

NAMES = sorted(set(alife.__all__) - {"__version__", "tune"})  # the example of tune needs an extra: docs/guides/study.md
SMALL: dict[str, Any] = {
    "task": "glyphs",
    "generations": 6,
    "quine": {"hidden": 16, "coordinate_units": 8},
    "life": {"steps": 5, "coordinates": 32, "images": 16},
    "population": {"islands": 2, "size": 8},
    "checkpoint": {"every": 1, "keep": 9},
}
TREATMENTS = {f"w{weight}": {"selection.accuracy_weight": weight} for weight in (0, 1)}
LOCAL: dict[str, Any] = {"backend": "local", "quiet": True}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder, with what examples read: `runs/first` and `sweeps/first`."""
    folder = tmp_path_factory.mktemp("front")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        alife.evolve(SMALL, "runs/first", **LOCAL)
        base = {**SMALL, "population": {"islands": 2, "size": 4}, "generations": 3}
        alife.sweep({"base": base, "treatments": TREATMENTS, "seeds": 2}, "sweeps/first", **LOCAL)
        yield folder


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_each_name_says_what_happens(name: str, made: Path) -> None:
    thing = getattr(alife, name)
    (test,) = doctest.DocTestFinder(recurse=False).find(thing, name, module=inspect.getmodule(thing), globs={})
    assert test.examples, f"alife.{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert said == [], "".join(said)


def test_importing_takes_none_of_the_heavy_libraries() -> None:
    program = "import alife, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"torch", "ray", "matplotlib", "pandas", "numpy", "pyarrow", "yaml", "pydantic"}
    assert not heavy & set(done.stdout.split())


def test_every_name_is_listed_and_there() -> None:
    assert set(alife.__all__) <= set(dir(alife))
    assert all(getattr(alife, name) is not None for name in alife.__all__)
    with pytest.raises(AttributeError, match="no attribute 'evolves'"):
        alife.evolves  # noqa: B018


def test_a_configuration_is_given_as_keys_as_a_file_or_as_itself(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({**SMALL, "generations": 1}))
    dotted = {**SMALL, "generations": 1, "population": {}, "population.islands": 2, "population.size": 8}
    for number, config in enumerate([file, str(file), alife.parse_config(yaml.safe_load(file.read_text()))]):
        alife.evolve(config, tmp_path / str(number), **LOCAL)
    alife.evolve({key: value for key, value in dotted.items() if value}, tmp_path / "3", **LOCAL)
    births = [alife.load_run(tmp_path / str(number)).births for number in range(4)]
    assert all(each.equals(births[0]) for each in births)
    with pytest.raises(alife.UserError, match=r"absent\.yaml: No such file"):
        alife.evolve(tmp_path / "absent.yaml", tmp_path / "out", **LOCAL)


def test_a_run_is_given_by_its_path_or_as_itself(made: Path, tmp_path: Path) -> None:
    run = alife.load_run("runs/first")
    assert os.fspath(run) == "runs/first"
    alife.fork(run, 2, tmp_path / "a", {"selection": {"scheme": "drift"}}, **LOCAL)
    alife.fork("runs/first", 2, tmp_path / "b", {"selection.scheme": "drift"}, **LOCAL)
    assert alife.load_run(tmp_path / "a").births.equals(alife.load_run(tmp_path / "b").births)
    ids = run.births["id"].iloc[-1:]
    assert alife.load_network(run, ids.item()).emit().equal(alife.load_network("runs/first", ids.item()).emit())
    result = alife.assay(run, "garden", [0, 5], sample=4, replicates=5, figures=False, quiet=True)
    assert result.about["generations"] == [0, 5]


def test_what_is_compared_is_a_sweep_a_folder_or_runs(made: Path) -> None:
    sweep = alife.load_sweep("sweeps/first")
    given = [sweep, "sweeps/first", sweep.runs, [run.path for run in sweep.runs], Path("sweeps/first/runs")]
    first, *others = [alife.compare(each).frame() for each in given]
    assert all(each.equals(first) for each in others)
    assert len(sweep.births) == sum(len(run.births) for run in sweep.runs) > 0
    assert list(sweep.generations)[:2] == ["treatment", "seed"]


def test_a_sweep_goes_on_and_says_what_failed(made: Path, tmp_path: Path) -> None:
    plan = {"base": {**SMALL, "generations": 1}, "treatments": TREATMENTS}
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plan))
    first = alife.sweep(plan, tmp_path / "sweep", **LOCAL)
    again = alife.sweep(file, tmp_path / "sweep", **LOCAL)
    assert repr(first) == repr(again)
    (tmp_path / "sweep" / "runs" / "w1" / "seed-0" / "manifest.json").write_text("{")
    with pytest.raises(alife.UserError, match="manifest"):
        alife.load_sweep(tmp_path / "sweep")
    with pytest.raises(alife.UserError, match="unknown; a sweep has base, treatments"):
        alife.sweep({"treatment": {}}, tmp_path / "other", **LOCAL)


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("garden", {"task_weights": [1, 2]}, "task_weights: the garden assay has no use for it; within_life has"),
        ("within_life", {"task_weights": [1, 1e31]}, "task_weights 1e+31: is not allowed"),
        ("mutation", {"generations": [2, 3]}, "generations: the mutation assay takes one generation, not 2"),
        ("garden", {"replicates": 3}, "replicates 3: the garden assay needs at least 5"),
        ("garden", {"descent": 3}, "descent: the garden assay has no use for it; fertility has"),
        ("gardens", {}, "gardens: there is no such assay: choose among garden, "),
    ],
)
def test_an_assay_that_cannot_be_is_one_line(made: Path, name: str, options: dict[str, Any], line: str) -> None:
    with pytest.raises(alife.UserError, match=f"^{re.escape(line)}") as refused:
        alife.assay("runs/first", name, **options)
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value), "a worker may have to send it"
