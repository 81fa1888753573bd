"""Signals as a wish to stop: call `stop_on_signals` around what is to end well when somebody asks it to."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

NOTICES: Final = (signal.SIGUSR1, signal.SIGUSR2)
"""What schedulers send before they end a process, as Slurm's `--signal=B:USR1@120`, perhaps more than once."""


@contextmanager
def stop_on_signals(tell: Callable[[str], None], asked: threading.Event | None = None) -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a wish to stop, which the value yielded asks for; the next kills.

    A notice, SIGUSR1 or SIGUSR2, is the same wish, and however often it comes it kills nobody. SIGHUP, which comes when
    a terminal is closed, is left alone where it is ignored, as under nohup; notices are where anything else has been
    arranged for them. Outside the main thread all signals are.

    Args:
        tell: Told the name of that signal.
        asked: Set by it, where the wish is to be known outside too.
    """
    asked = asked or threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    heard: deque[str] = deque()

    def handler(number: int, frame: Any) -> None:
        if number not in NOTICES:
            signal.signal(number, signal.SIG_DFL)
        elif asked.is_set():
            return
        asked.set()
        alone = not heard
        heard.append(signal.Signals(number).name)
        while alone and heard:  # one that comes meanwhile waits for its turn, and is told of here
            try:
                tell(heard[0])
            finally:
                heard.popleft()

    caught = [signal.SIGINT, signal.SIGTERM]
    caught += [number for number in (signal.SIGHUP, *NOTICES) if signal.getsignal(number) is signal.SIG_DFL]
    caught = [number for number in caught if number not in NOTICES or not _caught_below(number)]
    before = {number: signal.signal(number, handler) for number in caught}
    try:
        yield asked.is_set
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _caught_below(number: int) -> bool:
    """Whether a handler that Python does not know of catches a signal, as `faulthandler.register` installs one."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        mask = next(line for line in lines if line.startswith("SigCgt:")).split()[1]
        return bool(int(mask, 16) >> (number - 1) & 1)
    return False
