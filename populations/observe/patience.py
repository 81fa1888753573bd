"""One sink in a thread of its own: it is waited for until it is late, and from then on the run goes on without it.

`listeners.py` makes a `Patient` of each sink. A sink hears of one event at a time, in their order.
"""

import contextvars
import threading
from collections.abc import Callable
from queue import SimpleQueue

from alife.words import count
from populations.observe.events import Event

LATE_SECONDS = 10.0
"""How long one event may take until nobody waits any more."""
MOST_WAITING = 1000
"""Events kept for a sink that is late; those beyond are not told."""


class _News:
    """An event, and whether it has been told."""

    def __init__(self, event: Event | None):
        self.event = event
        self.told = threading.Event()


class Patient:
    """Tells one sink, in the caller's context (contextvars) and in order.

    What it does may come from a signal handler amid itself: the queue is one that can be put into twice at once.

    Args:
        sink: Told of every event.
        say: Told, once, that the sink is late, and in the end what it was not told.

    Attributes:
        error: What it raised; it is told nothing after that.
        late: Whether an event has taken longer than `LATE_SECONDS`.
    """

    def __init__(self, sink: Callable[[Event], object], say: Callable[[str], None]):
        self.sink, self._say = sink, say
        self.error: BaseException | None = None
        self.late = False
        self._lost = 0
        self._queue: SimpleQueue[_News] = SimpleQueue()
        self._thread: threading.Thread | None = None

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

    def _put(self, event: Event | None) -> _News:
        news = _News(event)
        self._queue.put(news)
        if self._thread is None:
            run = contextvars.copy_context().run
            self._thread = threading.Thread(target=run, args=(self._work,), name="alife-sink", daemon=True)
            self._thread.start()
        return news

    def _work(self) -> None:
        while True:
            news = self._queue.get()
            try:
                if news.event is not None and self.error is None:
                    self.sink(news.event)
            except BaseException as error:  # rich raises SystemExit when the reader of its output has gone
                self.error = error
            finally:
                news.told.set()
            if news.event is None:
                return
