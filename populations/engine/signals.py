"""Signals as a wish to stop: call `stop_on_signals` around what is to end well when somebody asks it to."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_on_signals(tell: Callable[[str], None], asked: threading.Event | None = None) -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a wish to stop, which the value yielded asks for; the next kills.

    SIGHUP, which comes when a terminal is closed, is left alone where it is ignored, as under nohup. Outside the main
    thread all signals are.

    Args:
        tell: Told the name of that signal.
        asked: Set by it, where the wish is to be known outside too.
    """
    asked = asked or threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def handler(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        asked.set()
        tell(signal.Signals(number).name)

    caught = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        caught.append(signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in caught}
    try:
        yield asked.is_set
    finally:
        for number, old in before.items():
            signal.signal(number, old)
