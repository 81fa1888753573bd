"""`alife serve` and `alife watch`: what they print, refuse and leave alone."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from alife.cli.main import main
from alife.cli.watch import bars
from tests.support.synthetic import synthetic_run, write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "runs/a", synthetic_run(6, 2, 8))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_it_prints_an_address_that_shows_the_folder(run: Path, host: str) -> None:
    before = content(run)
    command = [sys.executable, "-m", "alife", "serve", str(run.parent), "--port=0", f"--host={host}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().strip().replace("0.0.0.0", "127.0.0.1")
            assert ("?token=" in address) is (host == "0.0.0.0")
            if host == "0.0.0.0":
                with pytest.raises(urllib.error.HTTPError, match="401"):
                    urllib.request.urlopen(address.partition("?")[0])
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            assert b"What is here" in opener.open(address).read()
        finally:
            server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "Traceback" not in said
    assert ("without encryption" in said) is (host == "0.0.0.0")
    assert content(run) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["serve", "{}/nothing"], "no such folder"),
        (["serve", "{}", "--host", "192.0.2.1"], "--host 192.0.2.1"),
        (["serve", "{}", "--port", "70000"], "a port from 0 to 65535"),
        (["watch", "{}/nothing"], "there is no run here"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main([word.format(run.parent) for word in words]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert "Traceback" not in said


def test_a_token_of_ones_own_is_long(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIFE_TOKEN", "short")
    assert main(["serve", str(run.parent)]) == 2
    assert "ALIFE_TOKEN: a token of 16 characters or more" in capsys.readouterr().err


def test_watch_says_once_how_it_stands(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(run)
    assert main(["watch", str(run), "--once"]) == 0
    said = capsys.readouterr().out
    assert "6 of 6 generations" in said
    assert "status" in said
    assert "finished" in said
    assert content(run) == before


def test_ls_lists_where_one_is(run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parent)
    assert main(["ls"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("a ")


def test_bars() -> None:
    assert bars([1, 2, 3], 10) == "▁▅█"
    assert bars([1, 2, 3], 2) == "▁█"
    assert bars([2, 2], 5) == "▄▄"
    assert bars([], 5) == ""
