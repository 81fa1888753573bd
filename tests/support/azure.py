"""As much of Azure's storage as a run folder needs, on loopback: blobs with ETags, and conditions on them."""

from collections.abc import Iterator
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from tests.support.object_store import NUMBERS, Handler, below, serving

_KEY = "bm9ib2R5J3M="


class _Handler(Handler):
    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/account/runs").strip("/")

    def _say(self, status: int, content: bytes = b"", code: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if code:
            self.send_header("x-ms-error-code", code)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            present = self.server.objects.get(self._key, (b"", "", ""))[1]
            if self.headers.get("If-None-Match") == "*" and present:
                self._say(409, code="BlobAlreadyExists")
            elif self.headers.get("If-Match", present) != present:
                self._say(412, code="ConditionNotMet")
            else:
                self.server.puts += 1
                etag, date = f'"0x{self.server.puts:X}"', formatdate(usegmt=True)
                self.server.objects[self._key] = body, etag, date
                self._say(201, ETag=etag, Last_Modified=date)

    def do_HEAD(self) -> None:
        self._get(b"")

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if query.get("comp") == "list":
            self._say(200, self._list(query.get("prefix", "")), Content_Type="application/xml")
        else:
            self._get(None)

    def _get(self, content: bytes | None) -> None:
        blob = self.server.objects.get(self._key)
        if blob is None:
            self._say(404, code="BlobNotFound")
            return
        data, etag, date = blob
        about = {"ETag": etag, "Last_Modified": date, "x_ms_blob_type": "BlockBlob", "Content_Type": "a/b"}
        if content is not None:
            self._say(200, **about, Content_Length=str(len(data)))
            return
        asked = self.headers.get("x-ms-range") or self.headers.get("Range") or f"bytes=0-{len(data)}"
        first, last = map(int, asked.removeprefix("bytes=").split("-"))
        if first >= len(data):
            self._say(416, code="InvalidRange") if first else self._say(200, **about)
            return
        part = data[first : last + 1]
        self._say(206, part, **about, Content_Range=f"bytes {first}-{first + len(part) - 1}/{len(data)}")

    def _list(self, prefix: str) -> bytes:
        names, deeper = below(list(self.server.objects), prefix)
        blobs = "".join(map(self._entry, names))
        folders = "".join(f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>" for name in deeper)
        listed = f"<Blobs>{blobs}{folders}</Blobs><NextMarker/>"
        head = '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="runs">'
        return f"{head}{listed}</EnumerationResults>".encode()

    def _entry(self, name: str) -> str:
        data, etag, date = self.server.objects[name]
        about = f"<Last-Modified>{date}</Last-Modified><Etag>{etag}</Etag><Content-Length>{len(data)}</Content-Length>"
        return f"<Blob><Name>{escape(name)}</Name><Properties>{about}<BlobType>BlockBlob</BlobType></Properties></Blob>"

    def do_DELETE(self) -> None:
        if self.server.objects.pop(self._key, None):
            self._say(202)
        else:
            self._say(404, code="BlobNotFound")


@pytest.fixture
def az(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URI of a folder that is nobody else's."""
    adlfs = pytest.importorskip("adlfs", reason="needs adlfs")
    with serving(_Handler, adlfs.AzureBlobFileSystem, monkeypatch) as store:
        where = f"BlobEndpoint=http://127.0.0.1:{store.server_port}/account"
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"AccountName=account;AccountKey={_KEY};{where}")
        yield f"az://runs/folder-{next(NUMBERS)}"
