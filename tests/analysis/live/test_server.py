"""The page over HTTP: who may look, what names can do, and what viewers cost who read slowly, not at all, or leave."""

import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from analysis.live import access, server
from analysis.live.hub import Hub
from tests.support.serving import Served, serving, taken
from tests.support.synthetic import synthetic_run, write_run

TOKEN = "a-token-that-nobody-guesses"
NASTY = """<script>document.title='broken'<!-- "quoted" 'and' &"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    write_run(root / "inside/a", synthetic_run(6, 2, 8))
    for name in ("inside/deep/b", f"inside/{NASTY}", "outside"):
        shutil.copytree(root / "inside/a", root / name)
    (root / "inside/link").symlink_to(root / "outside")
    return root / "inside"


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(folder) as found:
        yield found


def viewers(served: Served) -> int:
    return int(served.app[server._HUB].viewers)


def wait(condition: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_all_that_is_inside_is_listed(served: Served) -> None:
    names = [each["name"] for each in served.first("folder")["entries"]]
    assert names == [NASTY, "a", "deep/b"]


def test_a_run_is_shown(served: Served) -> None:
    known = served.first("run", "deep/b", "record")
    assert known["standing"]["done"] == 6
    assert known["record"]["bands"]["generation"] == list(range(6))


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../outside",
        "%2e%2e/outside",
        "..%2foutside",
        "/etc",
        "link",
        "a/../../outside",
        ".",
        "",
        "a%00",
        "%252e%252e",
    ],
)
def test_names_lead_nowhere_else(served: Served, name: str) -> None:
    for path in (f"/run?name={name}", f"/live?kind=run&name={name}", f"/{name}", f"/run/{name}"):
        status, text, _ = served.get(path)
        if path.startswith("/") and path in ("/", "/..", "/.") and status == 200:
            assert "What is here" in text
        else:
            assert status == 404, path
            assert "root:" not in text


@pytest.mark.parametrize("kind", ["sweep", "paper", "folders", "__class__", "run%00"])
def test_what_is_no_kind_is_not_found(served: Served, kind: str) -> None:
    assert served.get(f"/live?kind={kind}&name=a")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_taken(served: Served, method: str) -> None:
    assert served.get("/", method)[0] == 405


def test_the_page_lets_no_other_script_run(served: Served) -> None:
    status, text, headers = served.get("/run?name=" + quote(NASTY, safe=""))
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert "<script>document" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert {headers[name] for name in ("X-Frame-Options", "X-Content-Type-Options")} == {"DENY", "nosniff"}


def test_a_page_from_elsewhere_gets_nothing(served: Served) -> None:
    assert served.get("/live?kind=folder", Sec_Fetch_Site="cross-site")[0] == 403
    assert served.get("/", Host="evil.example:80")[0] == 403
    assert served.get("/", Host="evil.example")[0] == 403
    assert served.get("/", Host="localhost:1")[0] == 200


def test_a_token_is_needed(folder: Path) -> None:
    with serving(folder, TOKEN) as served:
        for path in ("/", "/run?name=a", "/live?kind=folder", "/nothing"):
            assert served.get(path)[0] == 401
            assert served.get(f"{path}{'&' if '?' in path else '?'}token=wrong")[0] == 403
            assert served.get(path, Cookie=f"{access.COOKIE}=wrong")[0] == 403
        status, _, headers = served.get(f"/run?name=a&token={TOKEN}")
        assert status == 303
        assert headers["Location"] == "/run?name=a"
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert served.get("/run?name=a", Cookie=cookie.partition(";")[0])[0] == 200
        assert served.get("/", Authorization=f"Bearer {TOKEN}", Host="elsewhere.example")[0] == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("evil", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, local: bool) -> None:
    assert access.is_loopback(host) is local


def test_viewers_who_hang_or_leave_cost_nothing(folder: Path) -> None:
    with serving(folder, patience=1) as served:
        address = urlsplit(served.address)
        hanging = []
        for _ in range(5):
            each = socket.create_connection((address.hostname, address.port))
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            each.sendall(b"GET /live?kind=run&name=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            hanging.append(each)
        silent = socket.create_connection((address.hostname, address.port))  # asks for nothing at all
        wait(lambda: viewers(served) == 5)
        hanging.pop().close()
        began = time.monotonic()
        assert served.first("run", "a", "record")["record"]["last"] == 5
        assert time.monotonic() - began < 10
        for each in (*hanging, silent):
            each.close()
        with served.stream("folder") as stream:
            taken(stream, lambda known: "entries" in known)


def test_who_does_not_read_is_sent_away(folder: Path) -> None:
    with serving(folder, patience=0.3) as served:
        address = urlsplit(served.address)
        with socket.socket() as hanging:
            hanging.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            hanging.connect((address.hostname, address.port))
            hanging.sendall(b"GET /live?kind=folder HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait(lambda: viewers(served) == 1)
            hub = served.app[server._HUB]
            (watched,) = hub._watched.values()
            end = time.monotonic() + 30
            while viewers(served) and time.monotonic() < end:
                for viewer in list(watched.viewers):  # far more than sockets hold
                    served.loop.call_soon_threadsafe(viewer.tell, {"entries": json.dumps("x" * (1 << 22))})
                time.sleep(0.05)
            assert viewers(served) == 0


def test_many_watch_the_same(folder: Path) -> None:
    looks: list[float] = []
    with serving(folder) as served:
        hub: Hub = served.app[server._HUB]
        make = hub._make

        def counting(kind: str, name: str) -> object:
            looks.append(time.monotonic())
            return make(kind, name)

        hub._make = counting  # type: ignore[assignment]
        with served.stream("run", "a") as one, served.stream("run", "a") as two, served.stream("run", "a") as three:
            known = [taken(each, lambda known: "record" in known)["record"] for each in (one, two, three)]
    assert known[0] == known[1] == known[2]
    assert len(looks) == 1


def test_no_more_than_so_many_watch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST", 1)
    with serving(folder) as served, served.stream("folder"):
        wait(lambda: viewers(served) == 1)
        assert served.get("/live?kind=folder")[0] == 503
        assert served.get("/")[0] == 200


def test_a_run_is_replaced_and_removed_below_the_page(folder: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "run", synthetic_run(3, 2, 8))
    with serving(tmp_path, share=1.0) as served, served.stream("run", "run") as stream:
        assert taken(stream, lambda known: "record" in known)["record"]["last"] == 2
        write_run(tmp_path / "run", synthetic_run(7, 2, 8))
        known = taken(stream, lambda known: known.get("record", {}).get("last") == 6 and "standing" in known)
        assert known["standing"]["done"] == 7
        shutil.rmtree(tmp_path / "run")
        assert "not there any more" in taken(stream, lambda known: known.get("wrong"))["wrong"]
        write_run(tmp_path / "run", synthetic_run(2, 2, 8))
        taken(stream, lambda known: known.get("record", {}).get("last") == 1 and known.get("wrong") == "")


def test_a_damaged_run_says_so_and_costs_no_other(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "a", tmp_path / "bad")
    shutil.copytree(folder / "a", tmp_path / "good")
    (tmp_path / "bad/manifest.json").write_text("{}")
    with serving(tmp_path) as served:
        assert "damaged" in served.first("run", "bad")["wrong"]
        assert served.first("run", "good", "record")["record"]["last"] == 5
        assert next(each["status"] for each in served.first("folder")["entries"]) == "damaged"
