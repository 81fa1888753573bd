"""The address of a Ray that a run folder names is never dialled for its sake: a folder may be somebody else's."""

import os
from pathlib import Path
from typing import Any

import pytest
import ray

from alife.configuration.keys import Ray
from alife.errors import UserError
from populations import evolve, resume
from populations.engine.fork import fork
from populations.engine.ray import addresses
from populations.record.writer import digest, exists
from populations.studies.replicates import replay

ELSEWHERE = "203.0.113.9:6379"


@pytest.fixture
def theirs(small: dict[str, Any], tmp_path: Path) -> str:
    """A run that was on somebody's cluster; it was lived here, which leaves the same folder."""
    out = str(tmp_path / "theirs")
    evolve({**small, "generations": 3, "ray": {"address": ELSEWHERE}}, out, backend="local")
    return out


@pytest.fixture(autouse=True)
def nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def called(*where: Any, **how: Any) -> None:
        raise AssertionError(f"somebody called {where}")

    monkeypatch.setattr("socket.create_connection", called)


HERE, OTHER = "127.0.0.1:4000", "127.0.0.1:5000"
MINE, ROOT = os.geteuid(), os.geteuid() + 1


@pytest.mark.parametrize(
    ("running", "last", "address", "said"),
    [
        ({HERE: (MINE, ray.__version__)}, None, HERE, ""),
        ({HERE: (ROOT, ray.__version__)}, None, HERE, ""),
        ({HERE: (MINE, ""), OTHER: (ROOT, "2.9.0")}, None, HERE, ""),
        ({HERE: (MINE, ""), OTHER: (MINE, ray.__version__)}, OTHER, OTHER, ""),
        ({HERE: (MINE, "")}, OTHER, HERE, ""),
        ({}, None, "auto", ""),
        ({HERE: (MINE, ""), OTHER: (MINE, "")}, None, "", f"there are several .*name one of {HERE}, {OTHER}, or give"),
        (
            {HERE: (ROOT, "2.9.0")},
            None,
            "",
            rf"at {HERE}, is of version 2\.9\.0, and here it is .*: give --ray.address local",
        ),
    ],
)
def test_auto_is_the_ray_that_is_here(
    monkeypatch: pytest.MonkeyPatch, running: dict, last: str | None, address: str, said: str
) -> None:
    from ray._private import services

    nodes = {where: addresses._Node(*node) for where, node in running.items()}
    monkeypatch.setattr(addresses, "_running", lambda: nodes)
    monkeypatch.setattr(services, "find_bootstrap_address", lambda _: last)
    place = addresses.place(Ray(address="auto"))
    if not said:
        assert addresses.located(place).address == address
        return
    with pytest.raises(UserError, match=said):
        addresses.located(place)


def test_rays_on_this_machine_are_found_with_their_version(ray_8: Any) -> None:
    found = addresses._running()[ray.get_runtime_context().gcs_address]
    assert (found.user, found.version) == (os.geteuid(), ray.__version__)
    assert addresses.located(addresses.Place("203.0.113.9:6379")).address == "203.0.113.9:6379"


@pytest.mark.parametrize("backend", ["auto", "ray"])
def test_it_is_asked_for_again(theirs: str, tmp_path: Path, backend: Any) -> None:
    said = rf"was on the Ray at {ELSEWHERE}: give --ray.address {ELSEWHERE} .* or --ray.address local"
    with pytest.raises(UserError, match=said):
        resume(theirs, generations=5, backend=backend)
    with pytest.raises(UserError, match=said):
        fork(theirs, 2, str(tmp_path / "fork"), {"seed": 3}, backend=backend)
    with pytest.raises(UserError, match=said):
        replay(theirs, 2, 2, str(tmp_path / "forks"), backend=backend)
    assert not exists(str(tmp_path / "fork"))


def test_here_it_goes_on(theirs: str, small: dict[str, Any], tmp_path: Path) -> None:
    evolve({**small, "generations": 5}, str(tmp_path / "mine"), backend="local")
    assert resume(theirs, generations=4, backend="local") == "finished"
    assert resume(theirs, generations=5, ray={"address": "local"}, backend="auto") == "finished"
    assert digest(theirs) == digest(str(tmp_path / "mine"))
