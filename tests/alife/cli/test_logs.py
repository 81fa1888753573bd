"""--quiet and --verbose: what a command says, on a terminal and into a pipe; and nobody prints who should log."""

import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alife.cli.main import main

TINY = "--task none --quine.hidden 6 --life.steps 2 --generations 2 --population.islands 1 --population.size 3"
TINY = f"{TINY} --migration.topology none --backend local"
SAYS = re.compile(r"^\d\d:\d\d:\d\d [\w.]+: ", re.MULTILINE)
"""A line that only -v brings up."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = str(tmp_path_factory.mktemp("runs") / "a")
    assert main(["-q", "run", "--out", out, "--no-figures", *TINY.split()]) == 0
    return out


def test_a_quiet_run_says_nothing_and_a_verbose_one_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*TINY.split(), "--no-figures", "--out"]
    assert main(["run", "--quiet", *words, str(tmp_path / "quiet")]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["run", *words, str(tmp_path / "usual")]) == 0
    usual = capsys.readouterr()
    assert "generation 1 (2 of 2)" in usual.err
    assert not SAYS.search(usual.err)
    assert usual.out.startswith("run ")
    assert main(["-v", "run", *words, str(tmp_path / "verbose")]) == 0
    verbose = capsys.readouterr().err
    assert f"populations.record.writer: {tmp_path}/verbose: generation 1 is on disk, the run is finished\n" in verbose
    assert "generation 1 (2 of 2)" in verbose


def test_what_was_asked_for_is_printed_and_errors_are_said(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["show", run], ["show", run, "--digest"], ["plot", "--list"], ["run", "--print-config"]):
        assert main([*words, "-q"]) == 0
        quiet = capsys.readouterr()
        assert main(words) == 0
        assert re.sub(r"\d+ seconds? ago", "", quiet.out) == re.sub(r"\d+ seconds? ago", "", capsys.readouterr().out)
        assert quiet.out
        assert quiet.err == ""
    assert main(["-q", "show", f"{run}-missing"]) == 2
    assert capsys.readouterr().err.startswith("alife: error: ")
    assert main(["-q", "plot", run, "traits", "--format", "png"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["-q", "plot", run, "plane", "--format", "png"]) == 0
    assert capsys.readouterr().err.startswith("figure plane is left out: "), "it was asked for"
    assert main(["plot", run, "traits", "--format", "png", "--verbose"]) == 0
    assert re.search(
        r"^\S+ analysis.figures.saving: figure traits in \d+\.\d s$", capsys.readouterr().err, re.MULTILINE
    )


def test_both_at_once_is_refused(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["-q", "show", run, "-v"], ["show", "-q", "-v", run]):
        assert main(words) == 2
        assert capsys.readouterr().err == "alife: error: --quiet, --verbose: choose one of them\n"


def test_more_is_said_before_a_command_and_after_it(run: str, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    """Of others' libraries errors, and with -vv warnings; afterwards loggers are as they were."""

    def logs(*_: object, **__: object) -> None:
        for name in ("populations.x", "somebody.else"):
            for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
                logging.getLogger(name).log(level, "%s %s", name, logging.getLevelName(level))

    monkeypatch.setattr("analysis.report.summary.print_run", logs)
    monkeypatch.setattr(logging.root, "handlers", [])
    own = ["populations.x DEBUG", "populations.x INFO", "populations.x WARNING", "populations.x ERROR"]
    others = ["somebody.else WARNING", "somebody.else ERROR"]
    for before, after, said in (
        (["-q"], [], [own[3], others[1]]),
        ([], [], [*own[2:], others[1]]),
        ([], ["-v"], [*own[1:], others[1]]),
        (["-v"], ["-v"], [*own, *others]),
        ([], ["-vvv"], [*own, *others]),
    ):
        assert main([*before, "show", run, *after]) == 0
        lines = [line for line in capsys.readouterr().err.splitlines() if "analysis.data" not in line]
        assert [SAYS.sub("", line) for line in lines] == said
    assert logging.getLogger("populations").level == logging.NOTSET
    assert not logging.getLogger("populations").handlers


def on_a_terminal(words: list[str]) -> str:
    """What a command prints where both its outputs are a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "alife", *words], stdout=theirs, stderr=theirs, env=environment
    ) as made:
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
    os.close(ours)
    assert made.returncode == 0
    return said.decode()


def test_on_a_terminal_a_bar_and_what_is_logged_stay_apart(tmp_path: Path) -> None:
    words = ["run", *TINY.split(), "--no-figures", "--out"]
    assert on_a_terminal([*words, str(tmp_path / "quiet"), "-q"]) == ""
    said = on_a_terminal([*words, str(tmp_path / "verbose"), "-v"])
    assert "of 2 generations" in said, "the bar"
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\r", "\n", said)
    logged = [line for line in plain.splitlines() if SAYS.match(line)]  # the bar wraps what is longer than a line
    assert all(line.partition(": ")[0].endswith("populations.record.writer") for line in logged)
    assert len(logged) == 3, "founders and two generations"
