"""Processes from outside: what one is doing, stopping it there, and what it holds. Linux, by /proc."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_DEAD = ("", "Z", "X")


def title(pid: int) -> str:
    """What a process calls itself, "" if it is gone; Ray's workers say which method they are in."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0].decode(errors="replace")
    except OSError:
        return ""


def doing(pid: int) -> frozenset[str]:
    """What its threads that are named "alife …" say that a process does, without that word."""
    names = (_read(f"{thread}/comm").strip() for thread in _threads(pid))
    return frozenset(name.removeprefix("alife ") for name in names if name.startswith("alife "))


def files(pid: int, folder: Path) -> list[str]:
    """Files in a folder that a process has open, by their names below it."""
    found = []
    with suppress(OSError):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                path = Path(os.readlink(handle))
                if path.is_relative_to(folder) and path != folder and not path.is_dir():
                    found.append(str(path.relative_to(folder)))
    return found


def sees(pid: int, path: Path) -> bool:
    """Whether there is a file or folder for a process, which may have file systems of its own."""
    return Path(f"/proc/{pid}/root{path.absolute()}").exists()


def children(pid: int) -> list[int]:
    """Processes that a process has started, by any of its threads."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    return _state(f"/proc/{pid}/stat") not in _DEAD


def maps(pid: int, library: str) -> bool:
    """Whether a process has mapped a file with this in its name."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return False


def running(pid: int) -> bool:
    """Whether a process is there, has not ended and does not stand still."""
    return _state(f"/proc/{pid}/stat") not in (*_DEAD, "T")


def busy(pid: int) -> bool:
    """Whether a thread of a process computes or wants to, or waits for a disk."""
    return any(_state(f"{thread}/stat") in ("R", "D") for thread in _threads(pid))


def freeze(pid: int) -> bool:
    """Stop a process and return once every thread of it stands still; False if it has ended.

    From then on whatever one reads of it stays true until `thaw` or a kill.
    """
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    while True:
        states = [_state(f"{thread}/stat") for thread in _threads(pid)]
        if not states or states[0] in _DEAD:
            return False
        if all(state in ("T", "t", *_DEAD) for state in states):
            return True
        time.sleep(0.0002)


def gone(pid: int, seconds: float) -> bool:
    """Whether a process has ended, or does within some seconds."""
    limit = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def thaw(pid: int) -> None:
    """Let a frozen process go on; one that is gone is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def kill(pid: int) -> None:
    """SIGKILL; a process that is gone is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def memory(pid: int) -> float:
    """Proportional set size in MiB: a page shared by k processes counts 1/k. NaN if the process is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return float("nan")


def handles(pid: int) -> int:
    """Open file handles, 0 if the process is gone."""
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0


def _threads(pid: int) -> list[Path]:
    """The main thread first."""
    with suppress(OSError):
        return sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda path: path.name != str(pid))
    return []


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _state(stat: str) -> str:
    """The letter after the name in parentheses, which may hold anything; "" if there is no such process."""
    try:
        return Path(stat).read_bytes().rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return ""
