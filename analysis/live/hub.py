"""Who watches what: each topic is looked at once for all who watch it, and each is told of what has changed.

A `Hub` lives in an event loop; topics are looked at in one thread beside it. Who reads slowly, or not at all, is kept
the last of each part only. After a look the same is not done again for so long that looks of its kind take `SHARE` of
one core; a topic has two kinds at most.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

from alife.errors import UserError, plain
from analysis.live.topics import Topic, dump

P = ParamSpec("P")
T = TypeVar("T")

Key = tuple[str, str]
"""Kind and name of a topic."""

SHARE: Final = 0.002
"""Of one core, for all looks."""
SECONDS: Final = 2.0
"""Between two looks, at least."""
REMOTE_SECONDS: Final = 10.0
"""The same, where each look is a request to somebody else's store."""
KEPT: Final = 8
"""Topics that are remembered though nobody watches."""


class Viewer:
    """Somebody who watches a topic."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._news = asyncio.Event()

    def tell(self, pieces: dict[str, str]) -> None:
        """Keep the last of each part until it is taken."""
        self._waiting |= pieces
        self._news.set()

    async def take(self, seconds: float) -> dict[str, str]:
        """What is new; nothing if that takes longer."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
        taken, self._waiting = self._waiting, {}
        return taken


class _Watched:
    """A topic, what is known of it, and who watches."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.known: dict[str, str] = {}
        self.viewers: set[Viewer] = set()
        self.task: asyncio.Task[None] | None = None
        self.due = [0.0] * len(topic.looks)


class Hub:
    """All who watch.

    Args:
        make: A topic by its kind and name; None if there is none.
        seconds: Between two looks at a topic, at least.
        share: Of one core, for all looks.
    """

    def __init__(
        self, make: Callable[[str, str], Topic | None], seconds: float = SECONDS, share: float = SHARE
    ) -> None:
        self._make, self._seconds, self._share = make, seconds, share
        self._watched: OrderedDict[Key, _Watched] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "looking")

    @property
    def viewers(self) -> int:
        """How many watch."""
        return sum(len(each.viewers) for each in self._watched.values())

    async def ask(self, kind: str, name: str) -> bool:
        """Whether there is such a topic.

        Raises:
            UserError: The folder cannot be read.
        """
        return (kind, name) in self._watched or await self._beside(self._make, kind, name) is not None

    async def join(self, kind: str, name: str) -> Viewer | None:
        """Watch from now on; None if there is no such topic.

        Raises:
            UserError: The folder cannot be read.
        """
        watched = self._watched.get((kind, name))
        if watched is None:
            topic = await self._beside(self._make, kind, name)
            if topic is None:
                return None
            watched = self._watched.setdefault((kind, name), _Watched(topic))
        self._watched.move_to_end((kind, name))
        viewer = Viewer()
        viewer.tell(dict(watched.known))
        watched.viewers.add(viewer)
        if watched.task is None:
            watched.task = asyncio.create_task(self._follow(watched))
        return viewer

    def leave(self, kind: str, name: str, viewer: Viewer) -> None:
        """Watch no more."""
        if watched := self._watched.get((kind, name)):
            watched.viewers.discard(viewer)
        idle = [key for key, each in self._watched.items() if not each.viewers]
        for key in idle[: max(0, len(self._watched) - KEPT)]:
            if task := self._watched.pop(key).task:
                task.cancel()

    async def close(self) -> None:
        """Look at nothing any more."""
        for each in self._watched.values():
            if each.task:
                each.task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, watched: _Watched) -> None:
        """Look at a topic as long as somebody watches it."""
        topic, due = watched.topic, watched.due
        while watched.viewers:
            which = due.index(min(due))
            await asyncio.sleep(max(0.0, due[which] - time.monotonic()))
            pieces, took = await self._beside(_looked, topic.looks[which])
            active = sum(bool(each.viewers) for each in self._watched.values())
            due[which] = time.monotonic() + max(self._seconds, took / self._share * active)
            if topic.hurry:
                watched.due = due = [0.0] * len(due)
                topic.hurry = False
            news = {name: text for name, text in pieces.items() if watched.known.get(name) != text}
            watched.known |= news
            for viewer in watched.viewers if news else ():
                viewer.tell(news)
        watched.task = None

    async def _beside(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: do(*args, **kwargs))


def _looked(look: Callable[[], dict[str, str]]) -> tuple[dict[str, str], float]:
    """What is known now, and the CPU time that it took; what is wrong is a part too."""
    began = time.thread_time()
    try:
        pieces = {**look(), "wrong": dump("")}
    except UserError as error:
        pieces = {"wrong": dump(str(error))}
    except Exception as error:  # a fault of one topic is shown there, and costs no other
        pieces = {"wrong": dump(plain(f"{type(error).__name__}: {error}"))}
    return pieces, time.thread_time() - began
