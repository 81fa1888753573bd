"""Networks that are handed on do what the adults did, for readers that know nothing of this project."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file

import alife
from alife.cli.main import main
from alife.errors import UserError
from alife.evolution import programs
from alife.format.checkpoints import adults_name, decode_adults, encode_adults
from analysis.data.run import Run
from tests.support.own import EXAMPLES

CONFIG: dict[str, Any] = {
    "task": "glyphs",
    "generations": 2,
    "quine": {"hidden": 16, "coordinate_units": 8},
    "life": {"steps": 4, "coordinates": 32, "images": 16},
    "population": {"islands": 2, "size": 4},
    "migration": {"every": 1},
}
KINDS: dict[str, dict[str, Any]] = {
    "blank": {},
    "joint": {"quine": {"hidden": 16, "coordinate_units": 8, "pairing": "joint"}},
    "centred": {"quine": {"hidden": 16, "coordinate_units": 8, "projection": "centred"}},
    "none": {"task": "none"},
    "regression": {"task": f"{EXAMPLES}/my_regression.py:centres"},
}


@pytest.fixture(scope="module", params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp(request.param) / "run"
    alife.evolve({**CONFIG, **KINDS[request.param]}, out, backend="local", quiet=True)
    return alife.load_run(out)


def images(run: Run) -> np.ndarray:
    """[50, pixels] float32 from 0 to 1."""
    task = alife.load_task(run.setting("task"))
    if task is None:
        return np.zeros((50, 0), np.float32)
    seen = task.test_images[:50] * (1 if task.dtype == np.uint8 else 255)
    return (seen.round() / 255).astype(np.float32)


def exported(run: Run, format: str, out: Path, ids: str = "fittest") -> Path:
    assert main(["export", run.path, "--format", format, "--id", ids, "--out", str(out)]) == 0
    return out


def selu(x: np.ndarray) -> np.ndarray:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def rebuilt(tensors: dict[str, np.ndarray], k: int, images: np.ndarray, joint: bool) -> tuple[np.ndarray, np.ndarray]:
    """(logits or predictions, emission) of the k-th network of a file, by numpy and what the guide says alone."""
    seen = selu((images.astype(np.float64) - tensors["mean"]) @ tensors["projection"]).astype(np.float32)
    coordinates = tensors["coordinates"]

    def hidden(coordinate: np.ndarray, image: np.ndarray) -> np.ndarray:
        units = np.concatenate([coordinate, image], 1)
        return selu(selu(units @ tensors["first"][k].T) @ tensors["second"][k].T)

    blank = np.zeros((len(coordinates), seen.shape[1]), np.float32)
    beside = coordinates[np.arange(len(seen)) % len(coordinates)] * joint
    answers = hidden(beside, seen) @ tensors["classes"][k].T
    if "target_mean" in tensors:
        answers = answers * tensors["target_sd"] + tensors["target_mean"]
    return answers, (hidden(coordinates, blank) @ tensors["out"][k].T)[:, 0]


def close(found: Any, wanted: Any) -> None:
    """Equal up to the rounding of float32: 1e-5 of the largest."""
    wanted = np.asarray(wanted)
    assert np.asarray(found).shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1.0, np.abs(wanted).max(initial=0)), rtol=0)


def test_safetensors_hold_all_of_which_a_network_is_rebuilt(run: Run, tmp_path: Path) -> None:
    ids = run.births["id"].iloc[[5, 9, 2]].tolist()
    file = exported(run, "safetensors", tmp_path / "three.safetensors", ",".join(map(str, ids)))
    tensors = load_file(file)
    joint = run.setting("quine.pairing") == "joint"
    for k, identity in enumerate(ids):
        one = run.individual(identity)
        network = one.network()
        np.testing.assert_array_equal(tensors["genomes"][k], one.genome())
        layers = [network.first, network.second, network.out, network.classes]
        adult = torch.cat([layer.detach().flatten() for layer in layers]).numpy()
        np.testing.assert_array_equal(tensors["adults"][k], adult)
        logits, emission = rebuilt(tensors, k, images(run), joint)
        with torch.no_grad():
            close(logits, network(torch.from_numpy(images(run))))
            close(emission, network.emit())
    with safe_open(file, "np") as opened:
        about = json.loads(opened.metadata()["alife"])
    assert about["format"] == "alife-individuals-1"
    assert about["run"] == run.path
    assert about["quine"]["pairing"] == run.setting("quine.pairing")
    assert about["sizes"]["weights"] == tensors["adults"].shape[1]
    known = about["individuals"]
    assert [one["id"] for one in known] == ids
    assert known[1]["scores"]["copying_error"] == run.individual(ids[1]).scores["copying_error"]
    assert known[1]["generation"], known[1]["parent"] == (1, run.individual(ids[1]).parent)


WITHOUT = """
import sys, json
for name in ("alife", "populations", "analysis"):
    sys.modules[name] = None
import numpy as np, torch
known = {"alife.json": ""}
program = torch.jit.load(sys.argv[1], _extra_files=known)
images = np.load(sys.argv[2])
with torch.no_grad():
    np.savez(
        sys.argv[3], logits=program(torch.from_numpy(images)), emission=program.emit(), genome=program.genome,
        whole=program(torch.from_numpy((images * 255).round().astype(np.uint8))),
    )
print(json.loads(known["alife.json"])["individuals"][0]["id"])
"""


def test_a_torch_program_runs_where_this_package_is_not(run: Run, tmp_path: Path) -> None:
    file = exported(run, "torch", tmp_path / "one.pt")
    np.save(tmp_path / "images.npy", images(run))
    command = [sys.executable, "-I", "-c", WITHOUT, str(file), str(tmp_path / "images.npy"), str(tmp_path / "said.npz")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    fittest = run.fittest()
    assert int(done.stdout) == fittest.id
    said, network = np.load(tmp_path / "said.npz"), fittest.network()
    with torch.no_grad():
        logits = network(torch.from_numpy(images(run)))
        close(said["logits"], logits)
        close(said["whole"], logits)
        close(said["emission"], network.emit())
    np.testing.assert_array_equal(said["genome"], fittest.genome())


@pytest.mark.parametrize("reader", ["onnx", "onnxruntime"])
def test_an_onnx_model_says_what_the_network_says(run: Run, tmp_path: Path, reader: str) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    file = exported(run, "onnx", tmp_path / "one.onnx")
    model = onnx.load(file)
    if reader == "onnx":
        onnx.checker.check_model(model)
        session = pytest.importorskip("onnx.reference").ReferenceEvaluator(model)
    else:
        session = pytest.importorskip("onnxruntime").InferenceSession(str(file))
    fittest = run.fittest()
    network = fittest.network()
    seen = images(run)
    answers = "predictions" if "my_regression" in run.setting("task") else "logits"
    logits, emission, genome = session.run([answers, "emission", "genome"], {"images": seen})
    with torch.no_grad():
        close(logits, network(torch.from_numpy(seen)))
        close(emission, network.emit())
    np.testing.assert_array_equal(genome, fittest.genome())
    (about,) = (json.loads(each.value) for each in model.metadata_props if each.key == "alife")
    assert about["individuals"][0]["id"] == fittest.id


@pytest.mark.parametrize("run", ["blank"], indirect=True)
def test_without_the_extra_onnx_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    assert main(["export", run.path, "--format", "onnx", "--out", str(tmp_path / "one.onnx")]) == 2
    line = "alife: error: --format onnx: onnx is not installed: pip install 'alife-quines[onnx]'\n"
    assert capsys.readouterr().err == line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run", ["blank"], indirect=True)
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--format", "torch", "--id", "0,1"], "--format torch: a file holds one network, and these are 2: name one"),
        (["--format", "safetensors", "--id", "77"], "nobody with id 77 has lived here"),
        (["--format", "safetensors", "--id", "best"], "'best': ids of births, as in 42,1048577, or fittest"),
        (["--format", "safetensors", "--id", "1,,2"], "'': ids of births"),
        (
            ["--format", "safetensors", "--pruned"],
            "--pruned: of a phylogeny, as --format alife, newick, nexus, auspice",
        ),
        (["--format", "newick", "--id", "fittest"], "--id: chooses networks, of --format safetensors, torch, onnx"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    run: Run, tmp_path: Path, words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert main(["export", run.path, *words, "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run", ["blank"], indirect=True)
def test_it_goes_to_standard_output_and_may_be_said_in_python(
    run: Run, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["export", run.path, "--format", "safetensors", "--out", "-"]) == 0
    piped = capfdbinary.readouterr().out
    one = run.fittest()
    assert alife.export_individuals(one, tmp_path / "one").read_bytes() == piped
    other = tmp_path / "none" / "one"
    with pytest.raises(UserError, match="none/one: cannot be written: No such file"):
        alife.export_individuals(one, other)
    with pytest.raises(UserError, match=r"one\.pt: is no name for safetensors: say --format torch"):
        alife.export_individuals(run.fittest(), "one.pt")
    with pytest.raises(UserError, match="--format pickle: not among safetensors, torch, onnx"):
        alife.export_individuals(one, tmp_path / "x", "pickle")
    with pytest.raises(UserError, match="individuals of 0 runs"):
        alife.export_individuals([], tmp_path / "x")


@pytest.mark.parametrize("run", ["joint"], indirect=True)
def test_adults_whose_genomes_are_not_on_record_are_handed_on_without(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "run"
    config = {**CONFIG, "generations": 5, "checkpoint": {"every": 5, "keep": 1}}
    alife.evolve(config, out, backend="local", quiet=True)
    file = out / adults_name(4)
    adults = decode_adults(file.read_bytes(), "f")
    file.write_bytes(encode_adults(4, {number: adult._replace(genome=None) for number, adult in adults.items()}))
    tensors = load_file(alife.export_individuals(alife.load_run(out).fittest(), tmp_path / "f"))
    assert "genomes" not in tensors
    assert tensors["adults"].shape == (1, 688)
    assert "the file has no genomes" in caplog.text
