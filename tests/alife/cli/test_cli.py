"""The command from outside, as a user runs it: what it makes, what it says, and how it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from alife.cli.bench import BENCHES
from alife.cli.main import main
from alife.configuration import keys as configuration
from populations.record import lease
from populations.record.storage import open_folder
from tests.support.idx_folders import make_arrays, write_folder

ALIFE = [sys.executable, "-m", "alife.cli.main"]


def alife(*arguments, **environment):
    env = {**os.environ, "COLUMNS": "120", **environment}
    return subprocess.run([*ALIFE, *map(str, arguments)], capture_output=True, text=True, timeout=240, env=env)


@pytest.fixture
def config_file(small, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(small))
    return path


def test_the_main_job_with_ray_then_a_look_at_it(config_file, tmp_path, capsys):
    """One real run on Ray in a process of its own: progress, figures, summary, identity."""
    out = tmp_path / "run"
    ran = alife("run", "--config", config_file, "--out", out, "--log-json", tmp_path / "log.jsonl", "--backend", "ray")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"generation 5 \(6 of 6\)  accuracy 0\.\d+  ρ \d\.\d+  [\d.]+ individuals/s", ran.stderr)
    assert re.search(
        r"time: birth \d+%, life \d+%, emission \d+%, scoring \d+%, records \d+%, Ray and waiting \d+% of", ran.stderr
    )
    for name in ("plane", "traits", "hypervolume", "phylogeny"):
        assert list((out / "figures").glob(f"{name}*.png")), name
    assert "finished" in ran.stdout
    assert {"config.yaml", "manifest.json", "births", "generations", "checkpoints"} <= {p.name for p in out.iterdir()}
    assert '"event": "end"' in (tmp_path / "log.jsonl").read_text()
    shown = alife("show", out, "--digest").stdout
    assert re.fullmatch(r"[0-9a-f]{64}\n", shown)
    assert main(["show", str(out), "--digest"]) == 0
    assert capsys.readouterr().out == shown


def test_a_run_whose_process_has_gone_is_not_said_to_run(small, tmp_path, capsys):
    out = tmp_path / "run"
    die = "lambda event: os._exit(1) if event.kind == 'generation' and event.generation == 1 else None"
    code = f"import os, alife\nalife.evolve({small!r}, {str(out)!r}, backend='local', sinks=[{die}])"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 1

    def status():
        assert main(["show", str(out)]) == 0
        return re.search(r"^status +(.*)$", capsys.readouterr().out, re.MULTILINE)[1]

    gone = r"running as it was heard of last, but nobody is writing it any more \(process \d+ on .*\): .* goes on"
    assert re.fullmatch(gone, status())
    lock = lease.acquire(open_folder(str(out)))
    assert status() == "running"
    lock.release()


def test_help_needs_no_heavy_import():
    code = "import sys; from alife.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('torch', 'ray', 'pandas', 'matplotlib', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.endswith("[]\n")
    code = "import sys, alife; print('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_every_key_is_a_flag_with_help(capsys):
    assert main(["run", "--help"]) == 0
    text = capsys.readouterr().out
    for key, *_ in configuration.leaves():
        assert f"--{key} " in text
    assert "alife run --out runs/a --seed 3" in text


def test_print_config_round_trips(capsys, config_file):
    assert main(["run", "--config", str(config_file), "--life.steps", "7", "--print-config"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["life"]["steps"] == 7
    assert configuration.parse_config(printed).population.islands == 3


@pytest.mark.parametrize(("typed", "means"), [("2024-01-05", "2024-01-05"), ("2024", "2024"), ('"no"', "no")])
def test_text_that_looks_like_something_else_stays_text(capsys, typed, means):
    assert main(["run", "--task", typed, "--ray.address", typed, "--print-config"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert (Path(printed["task"]).name, printed["ray"]["address"]) == (means, means)


@pytest.mark.parametrize("share", [0, 0.0001, 0.25, 1, 3])
def test_ray_lends_shares_of_a_gpu_or_whole_ones(share):
    assert configuration.parse_config({"ray": {"gpus_per_host": share}}).ray.gpus_per_host == share


def refuse(capsys, *arguments):
    """The one line that a refused call prints."""
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as exit:
        code = exit.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert "Traceback" not in captured.err
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lief.steps", "3"], "unknown argument --lief.steps: did you mean --life.steps?"),
        (["--life.steps", "many"], "life.steps: 'many' is not allowed: input should be a valid integer"),
        (["--population.size", "-4"], "population.size: -4 is not allowed: input should be greater than or equal to 1"),
        (["--selection.scheme", "best"], "selection.scheme: 'best' is not allowed: name tournament"),
        (["--ray.hosts", "0"], "ray.hosts: 0 is not allowed"),
        (
            ["--life.sampling", "epoch", "--life.coordinates", "20101"],
            "life.coordinates: 20101: with life.sampling epoch, at most 20100 are allowed",
        ),
        (["--config", "nowhere.yaml"], "--config nowhere.yaml: No such file or directory"),
        (["--task", "/nowhere"], "/nowhere"),
        (["--ray.address", "127.0.0.1:1"], "ray.address: '127.0.0.1:1': "),
        (["--ray.address", "nonsense"], "nonsense"),
        (["--backend", "cloud"], "argument --backend: invalid choice: 'cloud'"),
        (["--migration.migrants", "13"], "migration.migrants: 13 is not allowed"),
        (["--generations", "1e9"], "generations"),
        (["--seed", "2024-13-01"], "seed: '2024-13-01' is not allowed"),
        (["--seed", "9" * 5000], "seed: '9999"),
        (["--seed", f"0x{'f' * 5000}"], "seed: this int is not allowed"),
        (["--seed", "!!int abc"], "seed: '!!int abc' is not allowed"),
        (["--seed", '!!int ""'], "seed: '!!int \"\"' is not allowed"),
        (["--seed", "!!timestamp x"], "seed: '!!timestamp x' is not allowed"),
        (["--seed", "!!map [a]"], "seed: '!!map [a]' is not allowed"),
        (["--ray.allow_mixed", "!!bool maybe"], "ray.allow_mixed: '!!bool maybe' is not allowed"),
        (["--life.steps", "[" * 2000], "life.steps: '[[["),
        (["--task", "2024-01-05"], "2024-01-05' is not allowed: no such folder"),
        (["--task", "2024"], "/2024' is not allowed: no such folder"),
        (["--life.learning_rate", "3e38"], "life.learning_rate: '3e38' is not allowed: input should be less than"),
        (["--life.task_weight", "1e31"], "life.task_weight"),
        (["--life.replication_weight", "1e31"], "life.replication_weight"),
        (["--life.temperature", "1e-7"], "life.temperature"),
        (["--life.coordinates", "1000001"], "life.coordinates"),
        (["--life.images", "1000001"], "life.images"),
        (["--reproduction.mutation", "1e7"], "reproduction.mutation"),
        (["--reproduction.trait_mutation", "11"], "reproduction.trait_mutation"),
        (["--ray.cpus_per_host", "0.00001"], "ray.cpus_per_host"),
        (["--ray.cpus_per_host", "1e6"], "ray.cpus_per_host"),
        (["--ray.gpus_per_host", "1.5"], "ray.gpus_per_host: 1.5 is not allowed: ray lends"),
        (["--ray.gpus_per_host", "0.00001"], "ray.gpus_per_host"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(capsys, tmp_path, arguments, says):
    out = tmp_path / "run"
    assert says in refuse(capsys, "run", "--out", out, *arguments)
    assert not out.exists()


def test_a_device_that_is_not_there(capsys, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert "no CUDA device" in refuse(
        capsys, "run", "--out", tmp_path / "run", "--device", "cuda", "--backend", "local"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("life: {stepz: 3}", "life.stepz: unknown key"),
        ("life: [", "not valid YAML"),
        ("seed: 2024-13-01", "not valid YAML"),
        (f"seed: {'9' * 5000}", "not valid YAML"),
        ("seed: !!int abc", "not valid YAML"),
        ("seed: !!int ''", "not valid YAML"),
        ("seed: !!timestamp x", "not valid YAML"),
        ("seed: !!map [a]", "not valid YAML"),
        ("ray: {allow_mixed: !!bool maybe}", "not valid YAML"),
        ("[" * 2000, "not valid YAML"),
        ("- 3", "expected keys and values"),
        ("seed: .nan", "seed"),
        ("life: {learning_rate: .inf}", "life.learning_rate"),
        ("population: 7", "population"),
    ],
)
def test_a_bad_configuration_file_is_named(capsys, tmp_path, text, says):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    line = refuse(capsys, "run", "--config", path, "--out", tmp_path / "run")
    assert says in line
    assert str(path) in line


def test_damaged_data_are_named(capsys, tmp_path, small):
    folder = write_folder(tmp_path / "idx", make_arrays())
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:100])
    assert "train-images" in refuse(capsys, "run", "--task", folder, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_used_and_unwritable_folders_are_refused(capsys, tmp_path, config_file):
    used = tmp_path / "used"
    used.mkdir()
    (used / "notes.txt").write_text("mine")
    assert "--out" in refuse(capsys, "run", "--config", config_file, "--out", used, "--backend", "local")
    assert [p.name for p in used.iterdir()] == ["notes.txt"]
    assert refuse(capsys, "run", "--config", config_file, "--out", "/proc/here", "--backend", "local")
    (tmp_path / "file").write_text("")
    assert refuse(capsys, "run", "--config", config_file, "--out", tmp_path / "file" / "x", "--backend", "local")


@pytest.mark.parametrize("command", ["show", "plot", "resume"])
def test_what_is_no_run_is_refused(capsys, tmp_path, command):
    assert str(tmp_path) in refuse(capsys, command, tmp_path)


def test_unknown_figure_lists_the_known(capsys, tmp_path, config_file):
    out = tmp_path / "run"
    assert main(["run", "--config", str(config_file), "--out", str(out), "--backend", "local", "--no-figures"]) == 0
    capsys.readouterr()
    assert "plane" in refuse(capsys, "plot", out, "plain")


def test_resume_extends(capsys, tmp_path, config_file):
    out = tmp_path / "run"
    run = ["--backend", "local", "--no-figures"]
    assert main(["run", "--config", str(config_file), "--generations", "2", "--out", str(out), *run]) == 0
    assert main(["resume", str(out), "--generations", "3", *run]) == 0
    capsys.readouterr()
    assert "already has a total of 3" in refuse(capsys, "resume", out, "--generations", "1", *run)


def test_data_says_what_it_checked(capsys, idx_folder: Path):
    assert main(["data", str(idx_folder)]) == 0
    assert "8 × 8" in capsys.readouterr().out


def test_a_bench_that_is_not_there_is_refused(capsys):
    assert "invalid choice: 'speed'" in refuse(capsys, "bench", "speed")


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1), (None, 0)])
def test_a_bench_prints_a_line_a_figure_and_ends_with_1_if_a_test_in_it_fails(monkeypatch, capsys, passed, code):
    figures = [{"name": "a", "value": 2.0, "unit": "s", "identical": True}, {"name": "b", "value": 1, "unit": "runs"}]
    if passed is not None:
        figures[0]["passed"] = passed
    monkeypatch.setitem(sys.modules, "bench_of_tests", SimpleNamespace(bench=lambda: iter(figures)))
    monkeypatch.setitem(BENCHES, "lineage", ("bench_of_tests",))
    assert main(["bench", "lineage"]) == code
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("a: 2 s (identical True")
    assert second == "b: 1 runs"
    assert main(["bench", "lineage", "--json"]) == code
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == figures
