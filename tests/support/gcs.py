"""As much of Google's storage as a run folder needs, on loopback: objects with generations, and conditions on them."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

_numbers = count()


class _Store(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, tuple[bytes, int, str]] = {}
        self.generation = 1000
        self.lock = threading.Lock()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Store
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None: ...

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        key = parts.path.partition("/b/runs/o")[2].lstrip("/")
        return unquote(key), {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _say(self, status: int, content: Any = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _about(self, key: str) -> dict[str, Any]:
        data, generation, updated = self.server.objects[key]
        about = {"name": key, "bucket": "runs", "size": str(len(data)), "generation": str(generation)}
        return {**about, "updated": updated, "timeCreated": updated, "kind": "storage#object"}

    def do_POST(self) -> None:
        _, query = self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = query.get("name", "")
        if query["uploadType"] == "multipart":
            _, about, content, _ = body.split(b"--==0==")
            name = json.loads(about.split(b"\n\n", 1)[1])["name"]
            body = content.split(b"\n\n", 1)[1][:-1]
        with self.server.lock:
            present = self.server.objects.get(name, (b"", 0, ""))[1]
            if query.get("ifGenerationMatch", str(present)) != str(present):
                self._say(412, {"error": {"code": 412, "message": "Precondition Failed"}})
                return
            self.server.generation += 1
            now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
            self.server.objects[name] = body, self.server.generation, now
            self._say(200, self._about(name))

    def do_GET(self) -> None:
        key, query = self._asked()
        if not key:
            prefix = query.get("prefix", "")
            names = [name for name in self.server.objects if name.startswith(prefix)]
            deeper = {
                prefix + name.removeprefix(prefix).split("/")[0] + "/" for name in names if "/" in name[len(prefix) :]
            }
            items = [self._about(name) for name in names if "/" not in name[len(prefix) :]]
            self._say(200, {"items": items, "prefixes": sorted(deeper)})
        elif key not in self.server.objects:
            self._say(404, {"error": {"code": 404, "message": "No such object"}})
        else:
            self._say(200, self.server.objects[key][0] if "media" in query.get("alt", "") else self._about(key))

    def do_DELETE(self) -> None:
        key, _ = self._asked()
        self._say(204 if self.server.objects.pop(key, None) else 404)


@pytest.fixture
def gs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URI of a folder that is nobody else's."""
    gcsfs = pytest.importorskip("gcsfs", reason="needs gcsfs")
    store = _Store()
    threading.Thread(target=store.serve_forever, daemon=True).start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{store.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    gcsfs.GCSFileSystem.clear_instance_cache()
    yield f"gs://runs/folder-{next(_numbers)}"
    gcsfs.GCSFileSystem.clear_instance_cache()
    store.shutdown()
