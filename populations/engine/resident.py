"""A worker that lives on by itself: one thread lives its islands, another writes what they came to.

Make a `Resident`, `tell` it what there is to do, and ask for a `report`; nobody waits for it and it waits for nobody
but its islands' neighbours. What it is told takes effect between two lives.
"""

import ctypes
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from alife import traits
from alife.errors import UserError
from alife.evolution.island import Part
from alife.evolution.reproduction import Newborns
from populations.engine.islands import Islands
from populations.engine.messages import Entry, Failed, Horizon, Merged, Message, News, Order, Resend
from populations.engine.pieces import Help
from populations.engine.sharing import Sharing
from populations.engine.tasks import Book, Files, Merge, Place, Report, RunFolder, Task, Term, urgent
from populations.engine.worker import Worker
from populations.record import shards
from populations.record.reader import fetch_manifest, kept
from populations.record.storage import Folder, explained, open_folder


class Resident:
    """Keeps islands.

    Args:
        worker: Lives them.
        send: Hands messages on: whom to, what.
        guard: Put around all work.
    """

    def __init__(
        self,
        worker: Worker,
        send: Callable[[Any, Sequence[Task | Help]], None],
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ):
        self._worker, self._send, self._guard = worker, send, guard
        worker.doing, worker.live_parts = name_thread, self._live_parts
        self._sharing, self._told_something = Sharing(send), threading.Condition(threading.RLock())
        self._tasks: deque[Task] = deque()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._changed = threading.Condition()
        self._report = Report()
        self._error: BaseException | None = None
        self._since: tuple[int, int, float] | None = None
        self._book: dict[int, tuple[int, Any]] = {}
        self._told, self._waits = 0.0, False

    def begin(self, folder: RunFolder, watched: bool) -> bool:
        """Start to live.

        Args:
            folder: The run's.
            watched: Whether births of each generation are reported.

        Returns:
            Whether files can be written and read here; else they are handed on with reports.
        """
        traits.enter({"columns": folder.columns, "task": folder.task})
        self._folder, self._access = folder, _seen(folder)
        self._islands = Islands(self._worker.config, partial(self._live, watched))
        threading.Thread(target=self._go, name="islands", daemon=True).start()
        return self._access is not None

    def tell(self, tasks: Sequence[Task | Help]) -> None:
        """Have something done, after what was told before; whoever asks for a piece is answered at once."""
        with self._told_something:
            for task in tasks:
                if isinstance(task, Help):
                    self._sharing.hear(task)
                else:
                    self._tasks.append(task)
            self._told_something.notify_all()

    def report(self, most: float, least: float) -> Report:
        """What has happened.

        Args:
            most: Seconds to wait for something to happen.
            least: Seconds between two reports, unless something is `urgent`.

        Raises:
            BaseException: What has ended the worker.
        """
        with self._changed:
            self._changed.wait_for(self._is_urgent, max(0.0, min(most, self._told + least - time.monotonic())))
            self._changed.wait_for(lambda: self._error or self._report.news, most)
            self._told = time.monotonic()
            if self._error:
                raise self._error
            report = self._report
            self._report = Report(report.term)
        if since := self._since:
            report.busy = (*since[:2], time.monotonic() - since[2])
        return report

    def _is_urgent(self) -> bool:
        return self._error is not None or urgent(self._report.news, self._waits)

    def _go(self) -> None:
        try:
            with self._guard():
                while True:
                    while self._tasks:
                        self._do(self._tasks.popleft())
                    lived = self._stepped()
                    self._hand_on()
                    if not lived:
                        self._live_a_piece(lambda: self._tasks)
        except BaseException as error:
            self._fail(error)

    def _stepped(self) -> bool:
        """Let an island live; one on which something of the user's own fails stays where it is, and others live on."""
        try:
            return self._islands.step()
        except UserError as error:
            self._tell([Failed(error)], self._report.term)
            return True

    def _do(self, task: Task) -> None:
        match task:
            case Place():
                self._place(task)
            case Book(addresses=addresses):
                self._book |= addresses
                self._islands.order(Resend(list(addresses)))
            case Merge(kind=kind, entries=entries):
                self._write(partial(self._merged, kind, entries))
            case Term(term=term):
                with self._changed:
                    self._report.term, self._report.news, self._report.files = term, [], []
            case _ if isinstance(task, Order):
                self._islands.order(task)
            case _:
                self._islands.receive(task)

    def _place(self, task: Place) -> None:
        settle, news = self._worker.settle(task.islands, task.source, self._read, self._folder.uri)
        self._tell(news, self._report.term)
        self._islands.order(settle)
        self._islands.order(Resend(task.islands))

    def _read(self, name: str, size: int) -> bytes:
        assert self._access is not None
        with explained(self._access, f"reading {name}"):
            return self._access.read(name, size)

    def _live(self, watched: bool, island: int, generation: int, *args: Any) -> Any:
        self._hand_on()  # guests are waited for elsewhere
        name_thread("living")
        self._since = island, generation, time.monotonic()
        outcome = self._worker.live_one(watched, island, generation, *args)
        self._since = None
        return outcome

    def _live_parts(self, island: int, generation: int, newborns: Newborns, horizon: Horizon) -> list[Part]:
        """Live an island, with those that help where there are any; until all is there, help others."""
        least = self._worker.habitat.together
        if not self._sharing.shares or len(newborns) <= least:
            return [self._worker.live_part(island, generation, newborns, horizon)]
        with self._told_something:
            self._sharing.open(island, generation, newborns, horizon, least)
        while (parts := self._sharing.whole()) is None:
            self._live_a_piece(self._sharing.whole)
        name_thread("living")
        self._since = island, generation, time.monotonic()
        return parts

    def _live_a_piece(self, until: Callable[[], object]) -> None:
        """Live a piece of whoever's island, as soon as there is one; but nothing if something else comes first."""
        with self._told_something:
            while not until():
                if piece := self._sharing.take():
                    break
                name_thread("waiting")
                self._since = None
                self._be_idle()
                self._told_something.wait()
                self._waits = False
            else:
                return
        name_thread("helping" if piece.of else "living")
        self._since = piece.island, piece.generation, time.monotonic()
        part: Part | Exception
        try:
            part = self._worker.live_part(piece.island, piece.generation, piece.newborns, piece.horizon, piece.first)
        except UserError as error:
            part = error
        self._since = None
        with self._told_something:
            self._sharing.answer(piece, part)

    def _be_idle(self) -> None:
        """There is nothing to live: what can be told is told now."""
        with self._changed:
            self._waits = True
            self._changed.notify_all()

    def _hand_on(self) -> None:
        """Give away what has come of it: messages to islands elsewhere, news, and what is to be written."""
        islands = self._islands
        by_address: dict[int, tuple[Any, list[Message]]] = {}
        for message in islands.outbox:
            if message.receiver in self._book:
                number, to = self._book[message.receiver]
                by_address.setdefault(number, (to, []))[1].append(message)
        islands.outbox.clear()
        for to, messages in by_address.values():
            self._send(to, messages)
        if islands.news:
            self._tell(list(islands.news), self._report.term)
            islands.news.clear()
        for unwritten in islands.seals:
            self._write(partial(self._sealed, unwritten))
        islands.seals.clear()

    def _write(self, job: Callable[[shards.Put], News]) -> None:
        self._writer.submit(self._written, job, self._report.term)

    def _written(self, job: Callable[[shards.Put], News], term: int) -> None:
        name_thread("writing")
        try:
            files: Files = []
            if self._access is None:
                news = job(lambda name, data: files.append((name, data)))
            else:
                there = self._access
                with explained(there, "writing", lambda: f"; {kept(there)}"):
                    news = job(there.write)
            self._tell([news], term, files)
        except BaseException as error:
            self._fail(error)
        name_thread("written")

    def _sealed(self, unwritten: Any, put: shards.Put) -> News:
        return self._worker.write(put, self._mark(), self._folder.columns, unwritten)

    def _merged(self, kind: str, entries: Sequence[Entry], put: shards.Put) -> News:
        config, columns = self._worker.config, self._folder.columns
        entry = shards.merge(put, self._read, self._mark(), config, columns, kind, entries, self._folder.uri)
        return Merged(kind, [each["name"] for each in entries], entry)

    def _mark(self) -> str:
        return f"{self._folder.epoch}-{secrets.token_hex(4)}"

    def _tell(self, news: Sequence[News], term: int, files: Sequence[tuple[str, bytes]] = ()) -> None:
        with self._changed:
            if term == self._report.term:
                self._report.news += news
                self._report.files += files
                self._changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()


def _seen(folder: RunFolder) -> Folder | None:
    """The run folder, if this machine sees it and not another one of that name."""
    try:
        there = open_folder(folder.uri)
        content = fetch_manifest(there)[0]
        there.check_writable()
    except (UserError, OSError):
        return None
    return there if (content["epoch"], content["created"]) == (folder.epoch, folder.created) else None


def name_thread(doing: str) -> None:
    """Let the thread that calls be named after what it does, as `top -H` shows it on Linux."""
    if sys.platform == "linux":
        _LIBC.prctl(15, f"alife {doing}"[:15].encode(), 0, 0, 0)


_LIBC = ctypes.CDLL(None)
