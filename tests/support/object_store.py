"""A server on loopback that keeps objects in memory: what the stores of `gcs` and `azure` have in common."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

NUMBERS = count()
"""Of folders, so that none is anybody else's."""


class Store(http.server.ThreadingHTTPServer):
    """Objects by key, each (content, version, time), and how many have been put.

    Args:
        handler: Speaks the protocol.
    """

    daemon_threads = True

    def __init__(self, handler: "type[Handler]") -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.objects: dict[str, tuple[bytes, str, str]] = {}
        self.puts = 0
        self.lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    server: Store
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None: ...


def below(names: list[str], prefix: str) -> tuple[list[str], list[str]]:
    """Objects and folders directly below a prefix, as a store lists them."""
    rest = {name: name.removeprefix(prefix) for name in sorted(names) if name.startswith(prefix)}
    folders = {prefix + end.split("/")[0] + "/" for end in rest.values() if "/" in end}
    return [name for name, end in rest.items() if "/" not in end], sorted(folders)


@contextmanager
def serving(handler: type[Handler], file_system: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store under way; fsspec's class for it is to remember no other."""
    store = Store(handler)
    threading.Thread(target=store.serve_forever, daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file_system.clear_instance_cache()
    yield store
    file_system.clear_instance_cache()
    store.shutdown()
