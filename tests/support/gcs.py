"""As much of Google's storage as a run folder needs, on loopback: objects with generations, and conditions on them."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.support.object_store import NUMBERS, Handler, below, serving


class _Handler(Handler):
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
        about = {"name": key, "bucket": "runs", "size": str(len(data)), "generation": generation}
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
            present = self.server.objects.get(name, (b"", "0", ""))[1]
            if query.get("ifGenerationMatch", present) != present:
                self._say(412, {"error": {"code": 412, "message": "Precondition Failed"}})
                return
            self.server.puts += 1
            now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
            self.server.objects[name] = body, str(1000 + self.server.puts), now
            self._say(200, self._about(name))

    def do_GET(self) -> None:
        key, query = self._asked()
        if not key:
            names, folders = below(list(self.server.objects), query.get("prefix", ""))
            self._say(200, {"items": list(map(self._about, names)), "prefixes": folders})
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
    with serving(_Handler, gcsfs.GCSFileSystem, monkeypatch) as store:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{store.server_port}")
        yield f"gs://runs/folder-{next(NUMBERS)}"
