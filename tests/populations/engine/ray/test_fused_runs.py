"""Runs in fused passes on two workers of Ray: the births of one process."""

from pathlib import Path
from typing import Any

import pytest

import alife
from alife.configuration.together import TOGETHER
from populations.record.writer import digest, read_config


@pytest.mark.usefixtures("ray_8")
@pytest.mark.parametrize("population", [{"islands": 3, "size": 6}, {"islands": 1, "size": TOGETHER + 6}])
def test_two_workers_give_the_births_of_one_process(small: dict[str, Any], tmp_path: Path, population: Any) -> None:
    """The second island is shared: each lives a part of it."""
    quine, life = {"hidden": 32, "coordinate_units": 16}, {**small["life"], "passes": "fused"}
    config = {**small, "quine": quine, "life": life, "population": population, "generations": 4}
    runs = {name: tmp_path / name for name in ("local", "ray")}
    alife.evolve(config, runs["local"], backend="local", sinks=[])
    assert alife.evolve({**config, "ray": {"hosts": 2}}, runs["ray"], backend="ray", sinks=[]) == "finished"
    assert {read_config(str(run)).life.passes for run in runs.values()} == {"fused"}
    assert digest(runs["ray"]) == digest(runs["local"])
