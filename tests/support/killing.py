"""Processes that end by SIGKILL at a chosen step of what they write: for tests of what is left behind."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from populations.record.storage import LocalFolder, RemoteFolder, disk

_MODULES = [
    "pytest",
    "hypothesis",
    "s3fs",
    "tests.populations.record.test_storage",
    "tests.populations.record.test_lease",
    "tests.populations.record.test_record_faults",
    "tests.populations.studies.test_paper_parts",
]


def run(work: Callable[..., None], *args: Any, kill_at: int | None = None) -> int | None:
    """Run `work(*args)` in a process of its own.

    Args:
        work: A function of a test module.
        args: For it.
        kill_at: Step of writing at which the process kills itself; None lets it live.

    Returns:
        The step at which it was killed, or None if it came to its end before.

    Raises:
        AssertionError: It ended in any other way.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    process = context.Process(target=_main, args=(work, args, kill_at, dict(os.environ)))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"ended with {process.exitcode}"
    return kill_at if process.exitcode else None


def _main(work: Callable[..., None], args: tuple[Any, ...], kill_at: int | None, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    if kill_at is not None:
        _arm(kill_at)
    work(*args)


def _arm(kill_at: int) -> None:
    """Count steps: amid each write to a disk, and after each write, replacement and removal anywhere.

    What other threads do, such as renewing a lease, is not counted.
    """
    steps = 0

    def step() -> None:
        nonlocal steps
        if threading.current_thread() is not threading.main_thread():
            return
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

    def stepping(function: Callable[..., Any], *args: Any) -> Any:
        out = function(*args)
        step()
        return out

    def write_half(function: Callable[..., Any], folder: LocalFolder, name: str, data: bytes) -> None:
        path = folder.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data[: len(data) // 2])
        step()
        function(folder, name, data)

    local, remote = LocalFolder, RemoteFolder
    local.write = _method(partial(write_half, local.write))
    disk.os = _Module(os, replace=partial(stepping, os.replace))
    for kind, names in ((local, ("write", "delete")), (remote, ("write", "replace", "delete"))):
        for name in names:
            setattr(kind, name, _method(partial(stepping, getattr(kind, name))))


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args: function(self, *args)


class _Module:
    """A module with some of its functions replaced, for the one that imports it."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self._module = module
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
