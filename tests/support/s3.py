"""Places for run folders: a disk, memory, and a real S3 server on loopback (moto's, which honours If-Match).

A test module asks for them with `pytest_plugins = ("tests.support.s3",)`, and a test by the fixtures `s3` or `uri`.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.rows import create, live

BUCKET = "runs"
_numbers = count()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of a server with one empty bucket; the environment points every S3 client of this session to it."""
    server = pytest.importorskip("moto.server", reason="needs moto[server]")
    s3fs = pytest.importorskip("s3fs", reason="needs s3fs")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": f"127.0.0.1,localhost,{os.environ.get('NO_PROXY', '')}",
    }.items():
        patch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        patch.delenv(name, raising=False)
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem(use_listings_cache=False).mkdir(BUCKET)
    yield address
    s3fs.S3FileSystem.clear_instance_cache()
    patch.undo()
    running.stop()


@pytest.fixture
def s3(s3_server: str) -> str:
    """URI of a folder that is nobody else's and does not exist yet."""
    return f"s3://{BUCKET}/folder-{next(_numbers)}"


@pytest.fixture(params=["local", "memory", "s3"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where no run is yet, on each kind of storage."""
    if request.param == "local":
        return str(tmp_path / "runs" / "one")
    return f"memory://run-{next(_numbers)}" if request.param == "memory" else request.getfixturevalue("s3")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of ten generations that nothing happened to; for reading only."""
    path = str(tmp_path_factory.mktemp("undisturbed") / "run")
    recorder = create(path)
    live(recorder, -1, 9)
    recorder.close("finished")
    return path
