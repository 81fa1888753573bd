"""Whole runs in fused passes: the same births again, after an interruption, and however many threads."""

import json
import signal
from typing import Any

import numpy as np
import pytest

import alife
from alife import schema
from alife.schema import SCORES
from populations.record.writer import digest, read_config


@pytest.fixture(params=["none", "images"])
def wide(request: pytest.FixtureRequest, small: dict[str, Any]) -> dict[str, Any]:
    """A small run in fused passes, with and without a task."""
    life = {**small["life"], "passes": "fused"}
    config = {**small, "quine": {"hidden": 32, "coordinate_units": 16}, "life": life}
    return {**config, "task": "none"} if request.param == "none" else config


def lived(config: dict[str, Any], run: Any) -> str:
    """The digest of a run."""
    assert alife.evolve(config, run, backend="local", sinks=[]) == "finished"
    assert read_config(str(run)).life.passes == "fused"
    return digest(run)


def test_a_run_again_is_the_same_on_any_number_of_threads(wide, tmp_path):
    first = lived(wide, tmp_path / "first")
    assert lived(wide, tmp_path / "second") == first
    assert lived({**wide, "life": {**wide["life"], "threads": 2}}, tmp_path / "threads") == first


def test_an_interrupted_run_goes_on_to_the_same_births(wide, tmp_path):
    out = tmp_path / "run"

    def interrupt(event: Any) -> None:
        if event.kind == "generation" and event.generation == 3:
            signal.raise_signal(signal.SIGINT)

    assert alife.evolve(wide, out, backend="local", sinks=[interrupt]) == "interrupted"
    assert alife.resume(out, backend="local") == "finished"
    assert digest(out) == lived(wide, tmp_path / "whole")


def test_founders_live_and_score_as_with_torch_s_passes(wide, tmp_path):
    """Later generations differ: rounding decides who has children."""
    first = {**wide, "generations": 1}
    lived(first, tmp_path / "fused")
    alife.evolve({**first, "life": {**wide["life"], "passes": "torch"}}, tmp_path / "torch", backend="local")
    fused, torch = (alife.load_run(tmp_path / name).births for name in ("fused", "torch"))
    assert len(fused) == len(torch) > 0
    for column in SCORES:
        np.testing.assert_allclose(fused[column], torch[column], rtol=1e-3, atol=1e-5, err_msg=column)


def test_a_run_from_before_there_was_a_choice_goes_on_as_it_lived(wide, tmp_path):
    config = {**wide, "life": {**wide["life"], "passes": "torch"}}
    whole, old = tmp_path / "whole", tmp_path / "old"
    alife.evolve({**config, "generations": 8}, whole, backend="local")
    alife.evolve(config, old, backend="local")
    said = (old / "config.yaml").read_text("utf-8")
    left = [line for line in said.splitlines() if not line.strip().startswith("passes:")]
    assert len(left) == len(said.splitlines()) - 1
    data = ("\n".join(left) + "\n").encode()
    (old / "config.yaml").write_bytes(data)
    manifest = json.loads((old / "manifest.json").read_text("utf-8"))
    manifest["config"] = [schema.seal(data)]
    manifest["checksum"] = schema.manifest_checksum(manifest)
    (old / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    grown = alife.load_network(old, int(alife.load_run(str(old)).births["id"].iloc[-1]))
    assert alife.resume(old, generations=8, backend="local") == "finished"
    assert digest(old) == digest(whole)
    again = alife.load_network(whole, int(alife.load_run(str(whole)).births.query("generation == 5")["id"].iloc[-1]))
    for one, other in zip(grown.parameters(), again.parameters(), strict=True):
        assert one.equal(other)
