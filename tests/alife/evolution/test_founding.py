"""Founders of one's own: genomes from a file are lived as they are, and what is none of these is one line."""

import hashlib
import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import alife
from alife.cli.main import main
from alife.configuration.keys import RunConfig, parse_config
from alife.errors import UserError
from alife.evolution import founding
from alife.evolution.founding import founders_digest
from alife.evolution.reproduction import birth, founders
from alife.organism.shape import Shape
from analysis.data.treatments import group
from populations.record.reader import digest, read_checkpoint, read_config, read_manifest
from tests.support import killing
from tests.support.malformed import damaged, refused

N = 688
CONFIG: dict[str, Any] = {
    "task": "glyphs",
    "generations": 2,
    "quine": {"hidden": 16, "coordinate_units": 8},
    "life": {"steps": 3, "coordinates": 32, "images": 16},
    "population": {"islands": 2, "size": 4},
    "checkpoint": {"every": 1},
}
LOCAL: dict[str, Any] = {"backend": "local", "quiet": True}


def drawn(n: int, seed: int = 0) -> np.ndarray:
    """[n, N] float32."""
    return np.random.default_rng(seed).normal(0, 0.2, (n, N)).astype(np.float32)


def config(path: Path) -> RunConfig:
    return parse_config({**CONFIG, "population": {**CONFIG["population"], "founders": str(path)}})


def saved(path: Path, **of: np.ndarray) -> Path:
    if path.suffix == ".npz":
        np.savez_compressed(path, **of)  # type: ignore[arg-type]
    else:
        safetensors.numpy.save_file({name: np.ascontiguousarray(array) for name, array in of.items()}, path)
    return path


def begun(config: Any, out: Path) -> dict[int, np.ndarray]:
    """The genomes with which the founders of a run were born, by island."""
    assert alife.evolve(config, out, **LOCAL) == "finished"
    return {island: birth(group, Shape(16, 8, 10)) for island, group in read_checkpoint(str(out), 0)[1].items()}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("n", [8, 4, 1])
def test_founders_are_born_as_they_are(tmp_path: Path, suffix: str, n: int) -> None:
    genomes = drawn(n)
    file = saved(tmp_path / f"own{suffix}", genomes=genomes, other=np.zeros(3))
    islands = begun(config(file), tmp_path / "run")
    for island, born in islands.items():
        np.testing.assert_array_equal(born, genomes[4 * island :][:4] if n == 8 else np.broadcast_to(genomes, (4, N)))
    births = alife.load_run(tmp_path / "run").births
    first = births[births["generation"] == 0]
    wanted = np.concatenate([np.square(islands[i].astype(float)).sum(1) for i in (0, 1)])
    np.testing.assert_allclose(first["squared_norm"], wanted, rtol=1e-6)
    assert (first["id"] == first["ancestor_id"]).all()


def test_the_only_array_of_a_file_may_have_any_name_and_float64_is_rounded(tmp_path: Path) -> None:
    wide = np.random.default_rng(1).normal(0, 0.2, (8, N))
    for suffix in (".npz", ".safetensors"):
        file = saved(tmp_path / f"wide{suffix}", anything=wide)
        np.testing.assert_array_equal(founding.given(config(file), N), wide.astype(np.float32))
    swapped = saved(tmp_path / "swapped.npz", genomes=np.asfortranarray(drawn(8)).astype(">f4"))
    found = founding.given(config(swapped), N)
    assert found is not None
    assert (found.dtype, found.flags.c_contiguous) == (np.dtype(np.float32), True)
    np.testing.assert_array_equal(found, drawn(8))


def test_what_is_exported_begins_a_run(tmp_path: Path) -> None:
    one, two, file = tmp_path / "one", tmp_path / "two", tmp_path / "fittest.safetensors"
    alife.evolve(CONFIG, one, **LOCAL)
    fittest = alife.load_run(one).fittest()
    assert main(["export", str(one), "--format", "safetensors", "--id", "fittest", "--out", str(file)]) == 0
    stored = tmp_path / "config.yaml"
    stored.write_text(yaml.safe_dump(CONFIG))
    quick = ["--backend", "local", "--no-figures", "--out", str(two)]
    assert main(["run", "--config", str(stored), "--init", str(file), *quick]) == 0
    run = alife.load_run(two)
    assert run.setting("population.founders") == str(file)
    for identity in run.births.query("generation == 0")["id"]:
        founder = run.individual(identity)
        np.testing.assert_array_equal(founder.genome(), fittest.genome())
        assert founder.scores["newborn_accuracy"] == fittest.scores["newborn_accuracy"], "in the same world"
    assert not [line for line in run.manifest["warnings"] if "projection_seed" in line]
    alife.evolve(config(file).model_copy(update={"seed": 3}), tmp_path / "three", **LOCAL)
    (said,) = [line for line in alife.load_run(tmp_path / "three").manifest["warnings"] if "projection_seed" in line]
    assert said.endswith("this one has 3: what they learned is lost: use --quine.projection_seed 0")


def test_the_founders_of_a_seed_given_back_make_the_same_births(tmp_path: Path) -> None:
    plain = parse_config(CONFIG)
    rows = np.concatenate([founders(plain, N, island).messages for island in range(2)])
    begun(CONFIG, tmp_path / "drawn")
    begun(config(saved(tmp_path / "own.npz", genomes=rows)), tmp_path / "given")
    assert digest(str(tmp_path / "drawn")) == digest(str(tmp_path / "given"))


def test_a_run_goes_on_without_the_file_and_refuses_another(tmp_path: Path) -> None:
    file, other = (saved(tmp_path / name, genomes=drawn(1, i)) for i, name in enumerate(("a.npz", "b.npz")))
    whole, out = tmp_path / "whole", tmp_path / "run"
    longer = config(file).model_copy(update={"generations": 4})
    alife.evolve(longer, whole, **LOCAL)
    alife.evolve(config(file), out, **LOCAL)
    file.unlink()
    for wrong in (config(other), parse_config(CONFIG)):
        with pytest.raises(UserError, match=rf"this run has population\.founders = {file}, not"):
            alife.evolve(wrong, out, resume=True, **LOCAL)
    assert alife.evolve(longer.model_copy(update={"generations": 3}), out, resume=True, **LOCAL) == "finished"
    assert alife.resume(out, generations=4, **LOCAL) == "finished"
    assert digest(str(out)) == digest(str(whole))
    drawn_by_seed = tmp_path / "drawn"
    alife.evolve(CONFIG, drawn_by_seed, **LOCAL)
    with pytest.raises(UserError, match=r"this run has population\.founders = None, not"):
        alife.evolve(config(other), drawn_by_seed, resume=True, **LOCAL)


def evolved(file: str, out: str) -> None:
    """For a process that is killed."""
    alife.evolve(config(Path(file)), out, **LOCAL)


@pytest.mark.parametrize("step", [13, pytest.param(25, marks=pytest.mark.nightly)])
def test_a_run_that_was_killed_goes_on_without_the_file(tmp_path: Path, step: int) -> None:
    file, out = saved(tmp_path / "own.npz", genomes=drawn(8)), tmp_path / "run"
    evolved(str(file), str(tmp_path / "whole"))
    assert killing.run(evolved, str(file), str(out), kill_at=step) == step
    assert read_manifest(str(out))["status"] == "running"
    own = config(file)
    file.unlink()
    assert alife.evolve(own, out, resume=True, **LOCAL) == "finished"
    assert digest(str(out)) == digest(str(tmp_path / "whole"))


@pytest.mark.nightly
def test_on_ray_they_are_born_the_same(tmp_path: Path, ray_8: None) -> None:
    own = config(saved(tmp_path / "own.safetensors", genomes=drawn(4)))
    alife.evolve(own, tmp_path / "local", **LOCAL)
    alife.evolve(own, tmp_path / "ray", backend="ray", quiet=True)
    assert digest(str(tmp_path / "ray")) == digest(str(tmp_path / "local"))


def test_a_fork_keeps_its_founders_and_says_that_others_change_nothing(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.npz", genomes=drawn(1))
    alife.evolve(config(file), tmp_path / "run", **LOCAL)
    file.unlink()
    alife.fork(tmp_path / "run", 0, tmp_path / "same", **LOCAL)
    assert digest(str(tmp_path / "same")) == digest(str(tmp_path / "run"))
    assert alife.load_run(tmp_path / "same").manifest["warnings"] == []
    changes = {"population.founders": str(tmp_path / "b.npz")}
    alife.fork(tmp_path / "run", 1, tmp_path / "fork", changes, **LOCAL)
    assert alife.load_run(tmp_path / "fork").manifest["warnings"] == [
        f"fork: population.founders: {tmp_path / 'b.npz'}: changes nothing: those thawed are there already"
    ]
    assert digest(str(tmp_path / "fork")) == digest(str(tmp_path / "run"), 1)


def test_the_path_is_absolute_on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(Path("own.npz"), genomes=drawn(1))
    alife.evolve(config(Path("own.npz")), "run", **LOCAL)
    assert read_config("run").population.founders == str(tmp_path / "own.npz")


def test_a_sweep_is_refused_before_any_of_its_runs_is_made(tmp_path: Path) -> None:
    plan = {"base": CONFIG, "treatments": {"a": {}, "b": {"population.founders": str(tmp_path / "no.npz")}}, "seeds": 1}
    with pytest.raises(UserError, match=r"treatment b: population\.founders: .*no\.npz: no such file"):
        alife.sweep(plan, tmp_path / "sweep", **LOCAL)
    assert not (tmp_path / "sweep").exists()


def bad(row: int, value: float) -> np.ndarray:
    genomes = drawn(8).astype(np.float64)
    genomes[row, 5] = value
    return genomes


def fifo(path: Path) -> None:
    os.mkfifo(path)


def renamed(path: Path, write: Callable[[Path], Any]) -> None:
    """What `write` makes of another kind of file."""
    write(path.with_suffix(".other"))
    shutil.move(path.with_suffix(".other"), path)


class Trap:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


def pickled(path: Path) -> None:
    np.savez(path, genomes=np.array([[Trap(path.parent / "sprung")]], dtype=object))


def header_of_a_terabyte(path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (1 << 30, 256)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("genomes.npy", head.getvalue())


def cut_short(path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (8, N)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("genomes.npy", head.getvalue() + b"\0" * 100)


REFUSED: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "absent": ("a.npz", lambda path: None, "no such file"),
    "folder": ("a.npz", lambda path: path.mkdir(), "no regular file"),
    "pipe": ("a.safetensors", fifo, "no regular file"),
    "other weights": ("a.npz", lambda p: saved(p, genomes=drawn(8)[:, 1:]), "shape [8, 687]: [n, 688] is expected"),
    "other number": ("a.safetensors", lambda p: saved(p, genomes=drawn(5)), "n is 8 (population.islands · population"),
    "flat": ("a.npz", lambda p: saved(p, genomes=drawn(1)[0]), "shape [688]: [n, 688] is expected"),
    "none at all": ("a.npz", lambda p: saved(p, genomes=drawn(0)), "shape [0, 688]"),
    "nan": ("a.npz", lambda p: saved(p, genomes=bad(3, np.nan)), "row 3 of the genomes is not finite"),
    "infinite": ("a.safetensors", lambda p: saved(p, genomes=bad(2, np.inf)), "row 2 of the genomes is not finite"),
    "beyond float32": ("a.npz", lambda p: saved(p, genomes=bad(7, 1e200)), "row 7 of the genomes is not finite"),
    "beyond its norm": ("a.npz", lambda p: saved(p, genomes=bad(1, 3e38)), "row 1 of the genomes is too large"),
    "integers": ("a.npz", lambda p: saved(p, genomes=np.ones((8, N), np.int64)), "dtype int64: save them as float32"),
    "half": ("a.safetensors", lambda p: saved(p, genomes=drawn(8).astype(np.float16)), "dtype F16: save them as"),
    "complex": ("a.npz", lambda p: saved(p, genomes=drawn(8).astype(complex)), "dtype complex128: save them as"),
    "several": ("a.npz", lambda p: saved(p, b=drawn(8), a=drawn(8)), "holds arrays a, b, and none is called genomes"),
    "no array": ("a.npz", saved, "holds no array"),
    "no tensor": ("a.safetensors", saved, "holds no array"),
    "pickled": ("a.npz", pickled, "dtype object: save them as float32"),
    "a pickle": ("a.npz", lambda p: p.write_bytes(pickle.dumps(Trap(p.parent / "sprung"))), "cannot be read: "),
    "one npy": ("a.npz", lambda p: renamed(p, lambda q: np.save(q.open("wb"), drawn(8))), "cannot be read: "),
    "empty": ("a.safetensors", lambda p: p.write_bytes(b""), "cannot be read: "),
    "text": ("a.safetensors", lambda p: p.write_text("genomes" * 99), "cannot be read: "),
    "a terabyte": ("a.npz", header_of_a_terabyte, "shape [1073741824, 256]"),
    "cut short": ("a.npz", cut_short, "cannot be read: "),
    "another kind": ("a.npy", lambda p: np.save(p, drawn(8)), "that ends in .safetensors or .npz, or null"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_founds_no_run_is_one_line_and_nothing_is_written(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, make, line = REFUSED[case]
    file, out, stored = tmp_path / name, tmp_path / "run", tmp_path / "config.yaml"
    make(file)
    stored.write_text(yaml.safe_dump(CONFIG))
    words = ["run", "--config", str(stored), "--init", str(file), "--backend", "local", "--no-figures"]
    assert main([*words, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert "population.founders: " in said
    assert str(file) in said
    assert said.count("\n") == 1
    assert not out.exists()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("value", ["s3://bucket/a.npz", "", "genomes", 3, ["a.npz"]])
def test_what_is_no_file_is_refused_as_a_value(value: Any) -> None:
    with pytest.raises(UserError, match=r"population\.founders: .* is not allowed"):
        parse_config({"population.founders": value})


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_damaged_file_is_one_line_wherever_it_is_damaged(tmp_path: Path, suffix: str) -> None:
    file = saved(tmp_path / f"own{suffix}", genomes=drawn(1))
    own, found = config(file), []
    for data in damaged(file.read_bytes(), 300):
        file.write_bytes(data)
        found.append(refused(lambda: founding.given(own, N), f"population.founders: {file}: "))
    assert sum(found) > 100


def test_founders_are_a_treatment(tmp_path: Path) -> None:
    file = saved(tmp_path / "own.npz", genomes=drawn(1))
    for name, one in (("drawn", parse_config(CONFIG)), ("own", config(file))):
        alife.evolve(one, tmp_path / name, **LOCAL)
    groups = group([alife.load_run(tmp_path / name) for name in ("drawn", "own")])
    assert list(groups) == ["founders=none", f"founders={file}"]


@settings(max_examples=50)
@given(arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 4)), elements=st.floats(-9, 9, width=32)))
def test_the_digest_is_that_of_the_values_and_their_shape(genomes: np.ndarray) -> None:
    head = json.dumps(["float32", *genomes.shape]).encode() + b"\n"
    wanted = hashlib.sha256(head + genomes.astype("<f4").tobytes()).hexdigest()
    assert founders_digest(genomes) == founders_digest(np.asfortranarray(genomes)) == wanted
    other = genomes.copy()
    other[-1, -1] += 1
    assert founders_digest(other) != founders_digest(genomes)
