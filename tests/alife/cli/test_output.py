"""Standard streams that are closed, full, left by their reader or not UTF-8: what is evolved and answered."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import alife as package
from alife.cli.main import main
from alife.cli.output import ERRORS, Lasting
from analysis import load_run
from populations.record.writer import digest

TINY = "--task none --quine.hidden 6 --quine.coordinate_units 3 --life.steps 2 --generations 3 --population.islands 1"
TINY = f"{TINY} --population.size 3 --migration.migrants 0 --backend local --no-figures"


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `alife` is the command; the exit codes of a pipe's parts are the last line it says."""
    line = f'alife() {{ {sys.executable} -m alife "$@"; }}; {command}; echo "${{PIPESTATUS[@]}}" >&9'
    read, write = os.pipe()
    with os.fdopen(read) as codes:
        done = subprocess.run(
            ["bash", "-c", f"exec 9>&{write}; {line}"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            env={**os.environ, "COLUMNS": "120", **environment},
            pass_fds=[write],
        )
        os.close(write)
        done.args = codes.read().strip()
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "a"
    assert main(["run", "--out", str(out), *TINY.split()]) == 0
    return out


@pytest.mark.parametrize(
    ("ending", "codes"),
    [
        (">&- 2>&- <&-", "0"),
        (">/dev/full 2>/dev/full", "0"),
        ("2>&1 | true", "0 0"),
    ],
)
def test_a_run_ends_well_whoever_listens(run: Path, tmp_path: Path, ending: str, codes: str) -> None:
    done = shell(f"alife run --out {tmp_path}/b {TINY} {ending}")
    assert done.args == codes, done.stderr
    assert done.stderr == ""
    assert load_run(tmp_path / "b").manifest["status"] == "finished"
    assert digest(tmp_path / "b") == digest(run)


def test_what_a_run_could_not_say_is_told_in_a_line(run: Path, tmp_path: Path) -> None:
    done = shell(f"alife run --out {tmp_path}/b {TINY} --log-json /dev/full >/dev/full")
    assert done.args == "0"
    log, *_, summary = [line for line in done.stderr.splitlines() if "No space left on device" in line]
    assert log == "/dev/full: No space left on device: no more events are written there"
    assert summary == "alife: standard output cannot be written: No space left on device"
    assert digest(tmp_path / "b") == digest(run)


def test_what_was_asked_for_and_is_lost_is_an_error(run: Path) -> None:
    for ending, why in ((">/dev/full", "No space left on device"), (">&-", "it is closed")):
        done = shell(f"alife deploy slurm {ending}")
        assert done.args == "2"
        assert done.stderr == f"alife: error: standard output cannot be written: {why}\n"
    assert shell("{ sleep 2; alife deploy slurm; } | true").args == "141 0"


def test_text_that_the_output_cannot_encode_is_spelled(run: Path) -> None:
    done = shell(f"alife show {run}", PYTHONIOENCODING="ascii")
    assert (done.args, done.stderr) == ("0", "")
    assert "tournament of 3, w = 0.5; sigma = 0.05 (noise floor of rho: 0.0025)" in done.stdout


def answer(command: list[str], descriptor: int, encoding: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and standard error of a command whose standard output is `descriptor`."""
    said = io.StringIO()
    with open(descriptor, "w", encoding=encoding) as out:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "__stdout__", out)
        monkeypatch.setattr(sys, "stderr", said)
        monkeypatch.setattr("alife.cli.output.STDOUT", descriptor)
        return main(command), said.getvalue()


LOOKS = [
    "show RUN",
    "show RUN --digest",
    "plot --list",
    "deploy slurm",
    "run --print-config",
    "--help",
    "--version",
    "",
]


@pytest.mark.parametrize("command", LOOKS)
def test_every_look_tells_the_truth_of_a_full_disk(run: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    words = command.replace("RUN", str(run)).split()
    code, said = answer(words, os.open("/dev/full", os.O_WRONLY), "utf-8", monkeypatch)
    assert (code, said) == (2, "alife: error: standard output cannot be written: No space left on device\n")


@pytest.mark.parametrize("command", [*LOOKS, "run --help", "sweep --help", "assay --help", "paper --help"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_look_can_be_printed_in_any_encoding(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, encoding: str
) -> None:
    file = tmp_path / "said"
    words = command.replace("RUN", str(run)).split()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    assert answer(words, descriptor, encoding, monkeypatch) == (0, "")
    assert "\\u" not in file.read_text(encoding=encoding)


def test_an_assay_whose_summary_is_lost_is_stored(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["assay", str(run), "garden", "--sample", "3", "--replicates", "5", "--no-figures"]
    code, said = answer(words, os.open("/dev/full", os.O_WRONLY), "utf-8", monkeypatch)
    assert code == 0, said
    assert said.endswith("alife: standard output cannot be written: No space left on device\n")
    assert list((run / "assays").glob("*.parquet"))


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_any_text_is_encoded(text: str, encoding: str) -> None:
    assert isinstance((text + "ρ\udcff").encode(encoding, ERRORS), bytes)


@pytest.mark.parametrize(("text", "spelled"), [("ρ θ ≥ ½", "rho theta >= 1/2"), ("log₁₀ ĝ é 数", r"log10 g e \u6570")])
def test_text_is_spelled_so_that_it_can_be_read(text: str, spelled: str) -> None:
    assert text.encode("ascii", ERRORS).decode() == spelled


def test_names_that_are_no_utf_8_are_shown_by_their_bytes() -> None:
    assert os.fsdecode(b"runs/\xff").encode("utf-8", ERRORS) == rb"runs/\xff"


def test_all_is_written_where_the_reader_is_slow() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    data = os.urandom(200_000)
    pid = os.fork()
    if not pid:
        os.close(read)
        os._exit(Lasting(write).write(data) != len(data))
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == data
    assert os.waitpid(pid, 0)[1] == 0


def test_alife_alone_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: alife [-h] [--version] [-q] [-v] COMMAND ...")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"alife {package.__version__}\n"
    assert main(["--versoin"]) == 2
    assert "did you mean --version?" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "alife", "--version"], capture_output=True, text=True)
    assert done.stdout == f"alife {package.__version__}\n"


def test_packages_list_what_they_offer() -> None:
    import alife
    import analysis
    import populations

    for module in (alife, analysis, populations):
        assert set(dir(module)) == set(module.__all__)
        assert all(getattr(module, name) is not None for name in dir(module))
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            _ = module.nonsense
