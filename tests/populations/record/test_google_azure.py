"""Run folders at gs:// and az://: of two writers one is told, and no older manifest comes back."""

from pathlib import Path
from typing import Any

import pytest

from alife.errors import UserError
from populations.engine.evolve import evolve, resume
from populations.record import lease
from populations.record.storage import Conflict, RemoteFolder, open_folder
from populations.record.writer import Recorder, digest

pytest_plugins = ("tests.support.gcs", "tests.support.azure")


@pytest.fixture(params=["gs", "az"])
def uri(request: pytest.FixtureRequest) -> str:
    """A folder in either store."""
    return request.getfixturevalue(request.param)


def test_a_writer_that_was_halted_restores_nothing_older(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has compared, and stands still before it writes; another one takes the folder over."""
    one, two = open_folder(uri), open_folder(uri)
    first = one.replace("manifest.json", b"first", None)
    fetch, put, taken = RemoteFolder.fetch, RemoteFolder._put_if, []

    def take_over() -> None:
        if not taken:
            taken.append(True)
            two.replace("manifest.json", b"newer", first)

    def fetch_and_halt(folder: RemoteFolder, *args: Any) -> Any:
        found = fetch(folder, *args)
        take_over()
        return found

    def halt_and_put(folder: RemoteFolder, *args: Any) -> Any:
        take_over()
        return put(folder, *args)

    with monkeypatch.context() as patch:
        patch.setattr(RemoteFolder, "fetch", fetch_and_halt)
        patch.setattr(RemoteFolder, "_put_if", halt_and_put)
        with pytest.raises(Conflict):
            one.replace("manifest.json", b"older", first)
    assert one.read("manifest.json") == b"newer"
    with pytest.raises(Conflict):
        one.replace("new", b"1", "17" if uri.startswith("gs") else '"0x17"')
    assert one.replace("new", b"1", None) == one.fetch("new")[1]
    with pytest.raises(Conflict):
        two.replace("new", b"2", None)


def test_a_run_at_a_uri(uri: str, small: dict[str, Any], tmp_path: Path) -> None:
    config = {**small, "task": "none", "generations": 4}
    evolve({**config, "generations": 2}, uri, backend="local")
    resume(uri, generations=4, backend="local")
    evolve(config, str(tmp_path / "local"), backend="local")
    assert digest(uri) == digest(str(tmp_path / "local"))
    lock = lease.acquire(open_folder(uri), 3)
    with pytest.raises(UserError, match="another run is writing here"):
        Recorder.open(uri)
    lock.release()
