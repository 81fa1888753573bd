"""Networks of one's own in whole runs: the same births everywhere, shown, handed on, and each mistake in a line."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import alife
from alife.cli.main import main
from alife.errors import UserError
from analysis import load_run
from analysis.report import report, summary
from analysis.studies.comparison import compare
from populations import evolve, resume
from populations.engine.adults import load_network
from populations.engine.fork import fork
from populations.record.writer import digest
from populations.studies.assay_runner import Request, perform
from tests import ROOT
from tests.support.own import EXAMPLES, everywhere, same_births_everywhere

CONVOLUTIONAL = f"{EXAMPLES}/my_network.py:Convolutional"
WORKS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.see = nn.Linear(sizes.pixels, sizes.classes)
        self.print = nn.Linear(sizes.units, 1)
    def emit(self, codes):
        return self.print(codes).squeeze(-1)
    def forward(self, images):
        return self.see(images.flatten(1))
"""


def own(folder: Path, text: str = WORKS, name: str = "own", what: str = "Net") -> str:
    """The name of a network in a file with this text."""
    (folder / f"{name}.py").write_text(text)
    return f"{folder}/{name}.py:{what}"


def of(small: dict[str, Any], network: str, **parameters: Any) -> dict[str, Any]:
    return {**small, "quine": {"network": network, "parameters": parameters, "coordinate_units": 6}}


@pytest.mark.usefixtures("ray_8")
@everywhere
def test_the_example_gives_the_same_births_everywhere_and_is_shown(workers, small, tmp_path):
    config = of(small, CONVOLUTIONAL, channels=4)
    run = load_run(same_births_everywhere(config, tmp_path, workers))
    shown = io.StringIO()
    summary.print_run(run, shown)
    assert "my_network.py:Convolutional (channels 4)" in " ".join(shown.getvalue().split())
    evolve({**config, "seed": 1}, str(tmp_path / "other"), backend="local")
    dense = [str(tmp_path / f"dense-{seed}") for seed in range(2)]
    for seed, folder in enumerate(dense):
        evolve({**small, "seed": seed}, folder, backend="local")
    table = compare([run, tmp_path / "other", *dense])
    labels = {table.against, *(row.label for row in table.rows)}
    assert any("my_network.py:Convolutional" in label for label in labels)
    assert any("dense" in label for label in labels)
    assert alife.figures.plane(run) is not None


@pytest.mark.nightly
def test_a_page_names_it(small, tmp_path):
    evolve({**of(small, CONVOLUTIONAL, channels=4), "generations": 2}, str(tmp_path / "run"), backend="local")
    assert "my_network.py:Convolutional" in Path(report(load_run(tmp_path / "run"))).read_text()


def test_forks_assays_and_individuals_are_of_the_network(small, tmp_path):
    run, config = str(tmp_path / "run"), of(small, own(tmp_path))
    evolve(config, run, backend="local")
    assert fork(run, 5, str(tmp_path / "fork"), {"generations": 6}, backend="local") == "finished"
    assert digest(str(tmp_path / "fork")) == digest(run, 5)
    _, tables = perform(run, Request("garden", [5], sample=3, replicates=5, alone=True))
    assert np.isfinite(tables["lives"]["replication_error"]).all()
    one = load_run(run).fittest()
    network = load_network(run, one.id)
    printed = network.emit()
    error = np.square(printed.numpy(force=True) - one.genome()).sum() / np.square(one.genome()).sum()
    assert error == pytest.approx(one.scores["replication_error"], rel=1e-4)
    task = alife.load_task(config["task"])
    images = torch.from_numpy(task.select_images).view(-1, 8, 8)
    right = (network(images).argmax(1).numpy() == task.select_labels).mean()
    assert right == pytest.approx(one.scores["accuracy"], abs=1e-6)
    torch.testing.assert_close(network(images / 255), network(images))
    file = load_file(alife.export_individuals(one, tmp_path / "one.safetensors"))
    np.testing.assert_array_equal(file["genomes"][0], one.genome())
    assert file["module.see.weight"].shape == (1, 10, 64)
    with pytest.raises(UserError, match="--format torch: holds dense networks alone"):
        alife.export_individuals(one, tmp_path / "one.pt", "torch")


@pytest.mark.parametrize("operator", ["gaussian", "per_matrix", "sparse", "low_rank"])
def test_every_operator_mutates_it(operator, small, tmp_path):
    run = str(tmp_path / "run")
    rules = {"reproduction.operator": operator, "generations": 3}
    assert evolve({**of(small, own(tmp_path)), **rules}, run, backend="local") == "finished"
    one = load_run(run).individual(load_run(run).births.query("generation == 2")["id"].iloc[0])
    if operator in ("per_matrix", "low_rank"):
        with pytest.raises(UserError, match=f"is born by {operator}, from matrices of a network that is not made"):
            one.genome()
    else:
        assert len(one.genome()) == 657


def test_it_may_live_without_a_task_and_with_features_of_its_own(small, tmp_path):
    text = WORKS + "\n    def features(self, images):\n        return images.flatten(1)[:, ::2]\n"
    text = text.replace("sizes.pixels, sizes.classes", "32, sizes.classes")
    run = str(tmp_path / "halved")
    assert evolve(of(small, own(tmp_path, text)), run, backend="local") == "finished"
    one = load_run(run).fittest()
    assert one.network()(torch.zeros(3, 8, 8)).shape == (3, 10)
    alone = WORKS.replace("self.see = nn.Linear(sizes.pixels, sizes.classes)", "assert sizes.classes == 0")
    config = {**of(small, own(tmp_path, alone)), "task": "none"}
    assert evolve(config, str(tmp_path / "alone"), backend="local") == "finished"
    assert not load_run(str(tmp_path / "alone")).births["accuracy"].any()


EMIT, SEE = "return self.print(codes).squeeze(-1)", "return self.see(images.flatten(1))"
MADE = "super().__init__()"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (EMIT, "return self.print(codes)", "its emit(codes) gave torch.float32 of shape (657, 1): a float32 tensor of"),
        (EMIT, "return self.print(codes)[1:, 0]", "of shape (656,): a float32 tensor of shape (657,) is expected"),
        (EMIT, "return self.print(codes).squeeze(-1).double()", "gave torch.float64 of shape (657,)"),
        (EMIT, "return self.print(codes).squeeze(-1) / 0", "gave values that are not finite, with a founder's"),
        (EMIT, "return None", "its emit(codes) gave a NoneType"),
        (EMIT, "return self.print(codes).squeeze(-1) + torch.rand(())", "gave other values when it was called again"),
        (EMIT, "return self.prints(codes)", "it failed on trial: line 11: AttributeError: 'Net' object has no"),
        (EMIT, "return self.print(codes.T).squeeze(-1)", "it failed on trial: line 11: RuntimeError: mat1 and mat2"),
        (EMIT, "return codes[:, 0]", "its emit(codes) gives the same whatever its weights"),
        ("def emit", "def print_weights", "has no method emit(codes): one that prints [B] weights of codes"),
        ("def forward", "def classify", "has no method forward(images): one that gives [n, C] logits"),
        (SEE, "return self.see(images.flatten(1))[:, :3]", "its forward(images) gave torch.float32 of shape (3, 3)"),
        (SEE, "return self.see(images.flatten(1)) * float('nan')", "its forward(images) gave values that are not"),
        (SEE, "return self.see(images.flatten(1)) * (images.sum().item() > 0)", "at once (torch.func.vmap): line 13"),
        (MADE, "super().__init__(); raise ValueError('no')", "it failed when it was made: line 7: ValueError: no"),
        (MADE, "super().__init__(); self.w = nn.Parameter(torch.zeros(2).half())", "its parameter w is torch.float16"),
        (MADE, "super().__init__(); self.w = nn.Parameter(torch.full((2,), torch.inf))", "made with weights that are"),
        (MADE, "super().__init__(); import numpy; self.w = nn.Parameter(torch.tensor(numpy.random.rand(2).tolist()))",
         "makes other weights when it is called again: draw from torch's generator alone"),
        (MADE, "super().__init__(); self.w = nn.Parameter(torch.zeros(int(torch.randint(1, 90, ())) ))", "makes "),
        (MADE, "super().__init__(); self.w = nn.Parameter(torch.zeros(2), requires_grad=False)", "w is frozen: all"),
        (MADE, "super().__init__(); torch.manual_seed(0)", "makes the same weights under every seed: founders would"),
        (MADE, "super().__init__(); self.l = nn.LazyLinear(3)", "has lazy layers, whose weights are not there"),
        (EMIT, "return self.print(codes).squeeze(-1).detach()", "its emit(codes) has no gradient: it could not learn"),
        ("emit(self, codes)", "emit(self, codes, wieghts=None)", "its emit asks for 'wieghts', which nobody gives"),
        ("nn.Module", "object", "gave a Net: a torch.nn.Module or an alife.Network is expected"),
        ("self, sizes", "self", "takes 0 arguments: a function of (sizes), or of (sizes, parameters) is expected"),
        ("self, sizes", "self, sizes, how", "annotate 'how' with a pydantic model of its parameters"),
        ("class Net", "class Nut", "there is no 'Net' in"),
        ("import torch\n", "import torches\n", "cannot be imported: line 2: ModuleNotFoundError: No module named"),
        ("class Net", "class Net(", "cannot be imported: line 5: SyntaxError"),
    ],
)  # fmt: skip
def test_a_wrong_network_is_found_before_anything_is_made(old, new, said, small, tmp_path):
    assert old in WORKS
    network, out = own(tmp_path, WORKS.replace(old, new)), tmp_path / "run"
    with pytest.raises(UserError) as error:
        evolve(of(small, network), str(out), backend="local")
    assert str(error.value).startswith(f"quine.network: {tmp_path}/own.py:Net: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not out.exists()


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        (
            "codes(self)",
            "return torch.zeros(3, 6)",
            "its codes() gave torch.float32 of shape (3, 6): a row a weight is",
        ),
        ("codes(self)", "return torch.zeros(657, 6).double()", "its codes() gave torch.float64"),
        ("codes(self)", "return torch.full((657, 6), torch.nan)", "its codes() gave values that are not finite"),
        ("codes(self)", "return [1]", "its codes() gave a list"),
        ("codes(self)", "return torch.zeros(657, 5)", "it failed on trial: line 11: RuntimeError: mat1 and mat2"),
        ("features(self, images)", "return images.mean()", "its features(images) gave torch.float32 of shape ()"),
        ("features(self, images)", "return images[:, 0].flatten(1)[:, 1:]", "it failed on trial: line 13"),
        ("features(self, images)", "raise KeyError('x')", "it failed in its features(images): line 16: KeyError: x"),
    ],
)
def test_wrong_codes_and_features(method, body, said, small, tmp_path):
    network, out = own(tmp_path, WORKS + f"\n    def {method}:\n        {body}\n"), tmp_path / "run"
    with pytest.raises(UserError) as error:
        evolve(of(small, network), str(out), backend="local")
    assert said in str(error.value)
    assert not out.exists()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"quine.pairing": "joint"},
            "quine.pairing: joint: only quine.network dense has it: use --quine.pairing blank",
        ),
        ({"life.precision": "bfloat16"}, "life.precision: bfloat16: only quine.network dense has it"),
        ({"quine.network": "nowhere.py:Net"}, "nowhere.py: no such file or directory: put it there"),
        ({"quine.network": "dens"}, "did you mean dense? name dense"),
        ({"quine.parameters": {"depth": 3}}, "takes no parameters, and depth is given"),
    ],
)
def test_keys_that_do_not_go_with_it_are_one_line_and_exit_code_2(keys, said, small, tmp_path, capsys):
    flags = [word for key, value in keys.items() for word in (f"--{key}", str(value).replace("'", '"'))]
    network = [] if "quine.network" in keys else ["--quine.network", own(tmp_path)]
    rest = ["--task", "glyphs", "--generations", "2", "--life.steps", "1", "--population.size", "2"]
    out = str(tmp_path / "run")
    code = main(["run", *rest, "--out", out, "--backend", "local", *network, *flags])
    err = capsys.readouterr().err
    assert (code, err.count("\n"), Path(out).exists()) == (2, 1, False)
    assert said in err


@pytest.mark.parametrize("backend", ["local", "ray"])
@pytest.mark.usefixtures("ray_8")
def test_a_network_that_fails_late_costs_no_birth(backend, small, tmp_path):
    marks, run = tmp_path / "marks", str(tmp_path / "run")
    marks.mkdir()
    text = WORKS.replace(EMIT, f"assert len(__import__('os').listdir('{marks}')) < 1, 'enough'; {EMIT}")
    config = {**of(small, own(tmp_path, text)), "population": {"islands": 1, "size": 6}, "checkpoint": {"every": 100}}
    told: list[Any] = []

    def spoil(event: Any) -> None:
        told.append(event)
        if event.kind == "generation" and event.generation == 3:
            (marks / "now").touch()

    def watch(step: Any) -> None:
        """No island begins a generation before the one before was told."""

    with pytest.raises(UserError) as error:
        evolve(config, run, backend=backend, sinks=[spoil], callbacks=[watch])
    said = "it failed in generation 4 on island 0: line 11: AssertionError: enough; mend it, and 'alife resume RUN "
    assert said in str(error.value)
    assert not [event for event in told if event.kind == "host_lost"]
    (marks / "now").unlink()
    assert resume(run, backend="local") == "finished"
    evolve(config, str(tmp_path / "whole"), backend="local")
    assert digest(run) == digest(str(tmp_path / "whole"))


@pytest.mark.usefixtures("ray_8")
def test_a_network_that_workers_do_not_have_is_one_line(small, tmp_path, monkeypatch):
    own(tmp_path, name="of_the_driver_alone")
    monkeypatch.syspath_prepend(tmp_path)
    config = {**of(small, "of_the_driver_alone:Net"), "ray": {"hosts": 2}}
    with pytest.raises(UserError) as error:
        evolve(config, str(tmp_path / "run"), backend="ray")
    said = "cannot be imported: ModuleNotFoundError: No module named 'of_the_driver_alone'"
    assert str(error.value) == f"quine.network: of_the_driver_alone:Net: {said}"
    assert not (tmp_path / "run").exists()


def test_another_source_is_refused_by_name_or_goes_on_record(small, tmp_path):
    run, config = str(tmp_path / "run"), {**of(small, own(tmp_path)), "generations": 3}
    evolve(config, run, backend="local")
    assert json.loads(Path(run, "manifest.json").read_text())["objects"]["quine.network"]["name"].endswith("own.py:Net")
    own(tmp_path, WORKS + "# changed")
    calls = [
        lambda **how: resume(run, generations=6, backend="local", **how),
        lambda **how: fork(run, 2, str(tmp_path / "fork"), {"generations": 4}, backend="local", **how),
    ]
    for call in calls:
        with pytest.raises(UserError, match=r"own.py:Net: its source was .* --allow-changed, which goes on record"):
            call()
    with pytest.raises(UserError, match=r"own.py:Net: its source was .* restore it"):
        perform(run, Request("garden", [2], sample=2, replicates=5))
    for call in calls:
        assert call(allow_changed=True) == "finished"
        own(tmp_path, WORKS + "# changed again")


def test_readers_need_no_network_and_run_none(small, tmp_path):
    run = str(tmp_path / "run")
    evolve({**of(small, own(tmp_path)), "generations": 3}, run, backend="local")
    (tmp_path / "own.py").write_text("raise SystemExit('executed')")
    shown = io.StringIO()
    summary.print_run(load_run(run), shown)
    assert "own.py:Net" in shown.getvalue()
    assert len(load_run(run).fittest().genome()) == 657
    with pytest.raises(UserError, match="cannot be imported: line 1: SystemExit: executed"):
        resume(run, generations=9, backend="local")


LEVELS = """
import torch
import alife
from own import Net

class Still(alife.Network):
    {method}

def make(sizes):
    return Still(Net(sizes), sizes)
"""


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("def live(self, genomes, conditions): return 1.01 * genomes", None),
        ("def loss(self, weights, lesson): return self.emit(weights).square().sum() + weights.sum()", None),
        ("def emit(self, weights, places=None): return super().emit(weights, places) / 2", None),
        (
            "def live(self, genomes, conditions): return genomes[1:]",
            "its live(genomes, conditions) gave torch.float32 of",
        ),
        ("def live(self, genomes, conditions): return None", "its live(genomes, conditions) gave NoneType: [P, N]"),
        (
            "def live(self, genomes, conditions): return conditions.learns(genomes)",
            "AttributeError: 'Conditions' object",
        ),
        ("def loss(self, weights, lesson): return weights", "to return a scalar Tensor"),
        ("def loss(self, weights, lesson): return (0 * weights).sum()", "its loss does not depend on its weights"),
        ("def loss(self, weights, lesson): return (weights / 0).sum()", "its loss has a gradient that is not finite"),
    ],
)
def test_a_network_may_live_and_learn_otherwise(method, said, small, tmp_path, monkeypatch):
    own(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    network, run = own(tmp_path, LEVELS.format(method=method), "other", "make"), str(tmp_path / "run")
    if said is None:
        assert evolve(of(small, network), run, backend="local") == "finished"
        assert load_run(run).births["replication_error"].notna().any()
        return
    with pytest.raises(UserError) as error:
        evolve(of(small, network), run, backend="local")
    assert said in str(error.value)
    assert not Path(run).exists()


@pytest.mark.parametrize("dense", [True, False])
def test_an_individual_sees_colours_in_either_layout(dense, small, tmp_path):
    draw = np.random.default_rng(0)
    images, labels = draw.integers(0, 256, (90, 6, 5, 3), dtype=np.uint8), draw.integers(0, 3, 90)
    task = alife.Task.of(images[:60], labels[:60], images[60:], labels[60:])
    config = {**(small if dense else of(small, own(tmp_path))), "task": "given", "generations": 2}
    evolve(config, str(tmp_path / "run"), backend="local", task=task)
    network = load_run(str(tmp_path / "run")).fittest().network(task=task)
    last, first = torch.from_numpy(images), torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    assert torch.equal(network(last), network(first))
    assert torch.equal(network(last), network(last.flatten(1)))
    assert not torch.equal(network(last), network(last.flip(3)))


def test_a_script_that_names_its_own_class_says_where_its_run_belongs(tmp_path):
    text = (
        WORKS
        + """
import alife, sys
quine = {"network": Net, "coordinate_units": 6}
alife.evolve({"task": "glyphs", "generations": 1, "life.steps": 1, "population.size": 2, "quine": quine}, sys.argv[1])
"""
    )
    (tmp_path / "script.py").write_text(text)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "run")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "put what runs below if __name__ == '__main__':" in done.stderr
    assert not (tmp_path / "run").exists()
    guarded = text.replace("quine = {", "if __name__ == '__main__':\n  quine = {").replace(
        "\nalife.evolve", "\n  alife.evolve"
    )
    (tmp_path / "script.py").write_text(guarded)
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert load_run(tmp_path / "run").network == "script.py:Net"
