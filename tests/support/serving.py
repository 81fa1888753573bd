"""The page of `alife serve`, served in a thread of the test's process."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from alife.cli.serve import overview_of
from analysis.live import server


@dataclass
class Served:
    """What is served.

    Attributes:
        address: Of the folder's page, with a slash at its end.
        app: What answers.
        loop: In which it does.
    """

    address: str
    app: Any
    loop: asyncio.AbstractEventLoop

    def connection(self, seconds: float = 20) -> http.client.HTTPConnection:
        """A new one."""
        return http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=seconds)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of an answer; the path is sent as it is."""
        connection = self.connection()
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.headers)
        finally:
            connection.close()

    @contextmanager
    def stream(self, kind: str, name: str = "", **headers: str) -> Iterator[Iterator[tuple[str, Any]]]:
        """(part, what it is) of a stream, as they come."""
        connection = self.connection(60)
        try:
            connection.request("GET", f"/live?kind={kind}&name={quote(name, safe='')}", headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            yield _events(answer)
        finally:
            connection.close()

    def first(self, kind: str, name: str = "", part: str = "wrong") -> dict[str, Any]:
        """All parts up to the first of one kind."""
        with self.stream(kind, name) as stream:
            return taken(stream, lambda known: part in known)


def taken(stream: Iterator[tuple[str, Any]], enough: Any) -> dict[str, Any]:
    """The last of each part, as soon as they are enough."""
    known: dict[str, Any] = {}
    for name, piece in stream:
        known[name] = piece
        if enough(known):
            return known
    raise AssertionError(f"the stream ended with {known}")


def _events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


@contextmanager
def serving(folder: Path | str, token: str = "", **options: Any) -> Iterator[Served]:
    """Serve a folder on loopback."""
    app = server.application(overview_of(str(folder)), token, **options)
    loop, started, port = asyncio.new_event_loop(), threading.Event(), [0]

    def ready(number: int) -> None:
        port[0] = number
        started.set()

    task: list[asyncio.Task[None]] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        task.append(loop.create_task(server.serve(app, "127.0.0.1", 0, ready)))
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task[0])
        left = asyncio.all_tasks(loop)
        for each in left:
            each.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield Served(f"http://127.0.0.1:{port[0]}/", app, loop)
    finally:
        loop.call_soon_threadsafe(task[0].cancel)
        thread.join(20)
