"""The end of the time that many runs have: each stops before the generation that would be too late, and then all do."""

import math
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from populations.observe.callbacks import MaxHours, within
from populations.studies.jobs import OutOfTime, Stopped

OUT_OF_TIME: Final = "max-hours"
"""What stands first in the reason where no signal but the clock has stopped what was under way."""


@dataclass(frozen=True)
class Deadline:
    """When the runs of a call are to have stopped, wherever they live.

    Attributes:
        hours: From the call on; infinity for no deadline.
        at: The moment, seconds since 1970: clocks of machines that share runs are taken to agree.
    """

    hours: float = math.inf
    at: float = math.inf

    @classmethod
    def after(cls, hours: float | None) -> Self:
        """So many hours from now on, or none.

        Raises:
            UserError: It is no positive number.
        """
        return cls(float(hours), time.time() + 3600 * hours) if within(hours) and hours else cls()

    @property
    def why(self) -> str:
        """What to say that has stopped what did not end in time."""
        return f"{OUT_OF_TIME} {self.hours:g}"

    def callbacks(self) -> list[MaxHours]:
        """What stops a run that begins, or goes on, now."""
        return [] if math.isinf(self.at) else [MaxHours(self.hours, spent=self.hours - (self.at - time.time()) / 3600)]

    def told(self, name: str) -> str:
        """What has stopped all: the signal that was heard, or this."""
        return self.why if time.time() >= self.at else name

    def stopped(self, signals: Sequence[str]) -> Stopped:
        """What a job raises whose run was interrupted, with the signals that it has heard."""
        if signals or math.isinf(self.at):
            return Stopped(*map(self.told, signals[:1]))
        return OutOfTime(self.why)

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """In the end, what is done inside is stopped as by Ctrl-C; enter it where that is heard."""
        if math.isinf(self.at) or threading.current_thread() is not threading.main_thread():
            yield
            return
        left = min(max(0.0, self.at - time.time()), threading.TIMEOUT_MAX)
        timer = threading.Timer(left, os.kill, (os.getpid(), signal.SIGINT))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


NEVER: Final = Deadline()
