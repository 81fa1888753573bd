"""A process that watches another one start Ray, and ends what hangs: Ray's native part may hold up all Python threads.

`populations.engine.ray.surroundings` runs it as a script, with a process, seconds and folders of Ray's sessions as
arguments. On its standard input come the numbers of signals that the process gets, and a zero byte once Ray has started
or failed.
"""

import contextlib
import os
import re
import select
import signal
import sys
from pathlib import Path

GRACE_SECONDS = 5.0
"""After a signal, and after each attempt to end what hangs, before the next one."""
_SAID, _GONE, _SILENT = b"\0", b"", b"silent"
_ENTRY = re.compile(r"\[([\d :,.-]+) ([CE]) \d+ \d+\](?: \(\w+\))? \S+:\d+: +(.+)")
"""An entry of Ray's native logs: when, critical or error, what."""


def watch(process: int, seconds: float, folders: list[str]) -> str:
    """Wait until the other process says that it is done; end Ray, and then the process, if it takes too long.

    Args:
        process: Who starts Ray.
        seconds: How long that may take.
        folders: Where Ray's sessions are.

    Returns:
        What to say to the user, if the other process could not.
    """
    why = f"Ray did not start within {seconds:g} s"
    heard = _listen(seconds)
    if heard == _GONE:
        why = "Ray ended this program while it was starting"
    elif heard not in (_SAID, _SILENT):
        why = f"stopped by {signal.Signals(heard[0]).name} while Ray was starting"
        heard = _listen(GRACE_SECONDS)
    for end in (end_ray, _terminate, _kill):
        if heard in (_SAID, _GONE):
            break
        end(process)
        heard = _listen(GRACE_SECONDS)
    last = last_error(folders, process)
    return "" if heard == _SAID else f"{why}: {last}" if last else why


def last_error(folders: list[str], process: int) -> str:
    """The last error that Ray's native part has logged while a process started it, a critical one before others."""
    found = []
    for folder in folders:
        for path in Path(folder).glob(f"session_*_{process}/logs/*"):
            if path.name.startswith(("gcs_server.", "raylet.", "python-core-driver-")):
                with contextlib.suppress(OSError):
                    found += _ENTRY.findall(path.read_text(errors="replace"))
    latest = max(found, key=lambda entry: (entry[1] == "C", entry[0]), default=("", "", ""))
    return latest[2].strip()[:300]


def _listen(seconds: float) -> bytes:
    """What comes next, within so many seconds as this process runs."""
    while seconds > 0:
        if select.select([0], [], [], min(seconds, 1.0))[0]:
            return os.read(0, 1)
        seconds -= 1.0
    return _SILENT


def end_ray(process: int) -> None:
    """Kill the head and the node that a process has started: whoever waits for them goes on."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            if int(rest.split()[1]) == process and name.partition("(")[2] in ("gcs_server", "raylet"):
                os.kill(int(stat.parent.name), signal.SIGKILL)


def _terminate(process: int) -> None:
    os.kill(process, signal.SIGTERM)


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    said = watch(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
    if said:
        print(f"alife: error: {said}", file=sys.stderr)
