"""What is arranged around Ray's start: a guard, its silence, the signals and the addresses that it is to keep to.

`populations.engine.ray.start` starts Ray within `guarded`, `quiet` and `signals_kept`.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from populations.engine.ray import guard as start_guard
from populations.engine.signals import NOTICES

_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


@contextlib.contextmanager
def guarded(seconds: float, folders: list[str]) -> Iterator[None]:
    """What is done inside is ended, with Ray, if it takes longer than so many seconds, or soon after a signal.

    Args:
        seconds: How many.
        folders: Where Ray's sessions are, for its last error.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    command = [sys.executable, "-I", "-S", start_guard.__file__, str(os.getpid()), str(seconds), *folders]
    try:
        guard = subprocess.Popen(command, stdin=reader, stdout=subprocess.DEVNULL, start_new_session=True)
    except OSError:
        guard = None
    os.close(reader)
    main = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False) if main else -1
    try:
        yield
    finally:
        if main:
            signal.set_wakeup_fd(before)
        with contextlib.suppress(OSError):
            os.write(writer, b"\0")
        os.close(writer)
        if guard:
            guard.wait()


@contextlib.contextmanager
def loopback(wanted: bool) -> Iterator[None]:
    """Ray started inside binds to 127.0.0.1 only, on Linux too, whether or not it was imported before."""
    if not wanted:
        yield
        return
    from ray._private import ray_constants

    before, known = os.environ.get(_LOOPBACK), ray_constants.ENABLE_RAY_CLUSTER
    os.environ[_LOOPBACK] = "0"
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = known
        if before is None:
            del os.environ[_LOOPBACK]
        else:
            os.environ[_LOOPBACK] = before


class Told(BaseException):
    """Raised amid Ray's start by a signal after which `stopping()` is true."""


@contextlib.contextmanager
def signals_kept(stopping: Callable[[], bool]) -> Iterator[None]:
    """Ray takes SIGTERM for itself, in Python and below it; what this process has arranged stays, or is put back.

    What is started meanwhile inherits that SIGUSR1 and SIGUSR2 are blocked: sent to all processes of a job, they are
    this one's to hear.

    Raises:
        Told: What this process has arranged for a signal made `stopping()` true.
    """
    from ray._private import utils

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: Any) -> None:
        handler = before[number := signal.Signals(number)]
        assert callable(handler)
        handler(number, frame)
        before[number] = signal.getsignal(number)  # a second one may mean something else
        if stopping():
            raise Told

    takes, utils.set_sigterm_handler = utils.set_sigterm_handler, lambda _: None
    for number in [number for number, handler in before.items() if callable(handler)]:
        signal.signal(number, handle)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, NOTICES)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        utils.set_sigterm_handler = takes
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """What Ray's native part writes to stderr is dropped: warnings by the second, and traces; its logs have it too."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Ray logs a banner and warnings while it starts; errors still come as exceptions."""
    loggers = [logging.getLogger(name) for name in ("ray", "ray._private.worker")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
