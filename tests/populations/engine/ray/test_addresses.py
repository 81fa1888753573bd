"""The address of a Ray that a run folder names is never dialled for its sake: a folder may be somebody else's."""

from pathlib import Path
from typing import Any

import pytest

from alife.errors import UserError
from populations import evolve, resume
from populations.engine.fork import fork
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
