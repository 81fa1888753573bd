"""An `alife` command as a process of its own, and the events it has told."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.faults import processes

Event = dict[str, Any]


class Ended(Exception):
    """The command came to its end before what was waited for."""


class Driver:
    """A command that runs.

    Args:
        arguments: After `alife`; `--log-json` is added.
        log: File of events, appended to.
        words: File of what it says on stderr, appended to.

    Attributes:
        events: What it has told so far, since `poll`.
        began: Seconds since 1970 when it was started.
    """

    def __init__(self, arguments: Sequence[str], log: Path, words: Path):
        self._log, self._words = log, words
        self._read = log.stat().st_size if log.exists() else 0
        self._said = words.stat().st_size if words.exists() else 0
        self._rest = ""
        self._generation = -1
        self.events: list[Event] = []
        self.began = time.time()
        command = [sys.executable, "-m", "alife.cli.main", *arguments, "--log-json", str(log)]
        with words.open("ab") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid

    def poll(self) -> list[Event]:
        """Read what it has told since; all of it so far is returned."""
        if self._log.exists() and self._log.stat().st_size > self._read:
            with self._log.open(encoding="utf-8") as file:
                file.seek(self._read)
                text = file.read()
                self._read = file.tell()
            *lines, self._rest = (self._rest + text).split("\n")
            fresh = [json.loads(line) for line in lines]
            self.events += fresh
            complete = [event["generation"] for event in fresh if event["event"] == "generation"]
            self._generation = max(complete, default=self._generation)
        return self.events

    @property
    def generation(self) -> int:
        """The last one that it has told of as complete, -1 before."""
        self.poll()
        return self._generation

    def past(self, generation: int) -> bool:
        """Whether it has told of a generation as complete."""
        return self.generation >= generation

    def until(self, seen: Callable[[], bool], pause: float = 0.002, seconds: float = 240.0) -> None:
        """Return once something is seen.

        Raises:
            Ended: The command ended first, or it took unreasonably long.
        """
        limit = time.monotonic() + seconds
        while not seen():
            if self.process.poll() is not None:
                raise Ended(f"the command ended with {self.process.returncode}: {self.words()[-300:]}")
            if time.monotonic() > limit:
                raise Ended(f"nothing happened for {seconds:.0f} s")
            if pause:
                time.sleep(pause)

    def wait(self, seconds: float = 300.0) -> int:
        """Its exit code, once it has one; one that does not end is killed.

        Raises:
            Ended: It did not end.
        """
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Ended(f"it did not end within {seconds:.0f} s: {self.words()[-300:]}") from None
        self.poll()
        return code

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        processes.kill(self.pid)
        self.process.wait()
        self.poll()

    def words(self) -> str:
        """What it has said."""
        return self._words.read_bytes()[self._said :].decode(errors="replace")
