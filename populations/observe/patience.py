"""A sink or a callback in a thread of its own: it is waited for until it is late, then the run goes on without it.

`listeners.py` makes a `Patient` of each sink, which hears of one event at a time, in their order; `asking.py` makes an
`Aside` of each callback, which has to answer.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from alife.words import count
from populations.observe.events import Event

T = TypeVar("T")

LATE_SECONDS = 10.0
"""How long one event may take until nobody waits any more."""
MOST_WAITING = 1000
"""Events kept for a sink that is late; those beyond are not told."""


class _News(Generic[T]):
    """A thing, whether it has been told, and what was answered."""

    def __init__(self, thing: T | None):
        self.thing = thing
        self.told = threading.Event()
        self.answer: object = None


class Aside(Generic[T]):
    """A function in a thread of its own: told of one thing after the other, in the caller's context (contextvars).

    What it does may come from a signal handler amid itself: the queue is one that can be put into twice at once.

    Args:
        do: Told of every thing.

    Attributes:
        error: What it raised; it is told nothing after that.
    """

    def __init__(self, do: Callable[[T], object]):
        self.do = do
        self.error: BaseException | None = None
        self._queue: SimpleQueue[_News[T]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def ask(self, thing: T, seconds: float, hurry: Callable[[], bool]) -> object:
        """What it answers.

        Args:
            thing: Told of it.
            seconds: How long that may take.
            hurry: While it is true, no longer than `LATE_SECONDS`.

        Raises:
            TimeoutError: It has not answered.
            BaseException: What it raised.
        """
        news, began = self._put(thing), time.monotonic()
        while not news.told.wait(0.1):
            most = min(seconds, LATE_SECONDS) if hurry() else seconds
            if time.monotonic() - began > most:
                raise TimeoutError(f"no answer within {most:g} s")
        if self.error is not None:
            raise self.error
        return news.answer

    def dismiss(self) -> None:
        """Let the thread end once it has nothing more to do."""
        if self._thread is not None:
            self._put(None)
        self._thread = None

    def _put(self, thing: T | None) -> _News[T]:
        news = _News(thing)
        self._queue.put(news)
        if self._thread is None:
            run = contextvars.copy_context().run
            self._thread = threading.Thread(target=run, args=(self._work,), name="alife-aside", daemon=True)
            self._thread.start()
        return news

    def _work(self) -> None:
        while True:
            news = self._queue.get()
            try:
                if news.thing is not None and self.error is None:
                    news.answer = self.do(news.thing)
            except BaseException as error:  # rich raises SystemExit when the reader of its output has gone
                self.error = error
            finally:
                news.told.set()
            if news.thing is None:
                return


class Patient(Aside[Event]):
    """Tells one sink of events.

    Args:
        sink: Told of every event.
        say: Told, once, that the sink is late, and in the end what it was not told.

    Attributes:
        late: Whether an event has taken longer than `LATE_SECONDS`.
    """

    def __init__(self, sink: Callable[[Event], object], say: Callable[[str], None]):
        super().__init__(sink)
        self.sink, self._say = sink, say
        self.late = False
        self._lost = 0

    def tell(self, event: Event) -> None:
        """Tell of an event; returns once it is told, or at once if the sink is late."""
        if self._queue.qsize() >= MOST_WAITING:
            self._lost += 1
            return
        news = self._put(event)
        if not self.late and not news.told.wait(LATE_SECONDS):
            self.late = True
            self._say(f"takes more than {LATE_SECONDS:g} s for one event ({event.kind}): the run goes on without it")

    def close(self) -> None:
        """Wait for what is still to be told, as long as one event after the other is, and say what is not."""
        if self._thread is None:
            return
        last, left = self._put(None), self._queue.qsize()
        while not last.told.wait(LATE_SECONDS):
            before, left = left, self._queue.qsize()
            if left == before:  # the event that it hangs in, and those that wait, but for `last`
                self._lost += left
                break
        if self._lost and self.error is None:
            self._say(f"was too slow: {count(self._lost, 'event')} never told")
        self._thread = None
