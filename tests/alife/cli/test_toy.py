"""The toy run: seconds, no download, and sensible."""

import socket
from typing import Any

import pytest
import yaml

from alife.cli.main import main
from alife.configuration.keys import parse_config
from alife.configuration.sources import TOY
from alife.world.about import describe
from alife.world.task import load_task
from populations.engine import choosing


def test_the_glyphs_are_always_the_same() -> None:
    assert "checksums: all four files are those of the glyphs\nmade by this program" in describe("glyphs")
    task = load_task("glyphs")
    assert task is not None
    assert (task.classes, task.shape) == (10, (8, 8))


def test_the_toy_is_small() -> None:
    assert choosing.seconds(parse_config(yaml.safe_load(TOY.read_text()))) < 3


def test_it_runs_without_network_and_its_keys_can_be_changed(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("ALIFE_MNIST", raising=False)
    out = tmp_path / "toy"
    words = ["--generations", "2", "--population.size", "6", "--no-figures", "--backend", "local"]
    assert main(["run", "--toy", "--out", str(out), *words]) == 0
    assert "2 of 2 done" in capsys.readouterr().out
    assert yaml.safe_load((out / "config.yaml").read_text())["task"] == "glyphs"
    assert main(["run", "--toy", "--config", str(TOY)]) == 2
    assert "--toy: is a configuration of its own" in capsys.readouterr().err
