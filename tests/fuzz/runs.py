"""Run folders that somebody else made, looked at: `python -m tests.fuzz.runs [--each N] [--seed S]`.

Every harm of `tests.support.foreign` is done N times to a copy of a sound run, and the commands that take a run folder
are called on it. Each ends well or with exit code 2 and one line, in bounded time and memory; none prints what steers a
terminal; nothing outside the folder is read or written.
"""

import argparse
import contextlib
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alife.cli.main import main as alife
from tests import GOLDEN
from tests.support.foreign import HARMS, Harm

SOUND = GOLDEN / "format-1"
SECRET = "what nobody else is to read"
SECONDS = 60
"""That a command may take."""
MEGABYTES = 2_000
"""That the process may have grown to."""

LOOKS: tuple[tuple[str, ...], ...] = (
    ("show", "RUN"),
    ("show", "RUN", "--digest"),
    ("compare", "RUN"),
    ("export", "RUN", "--format", "alife", "--out", "TREE"),
)
"""Commands that take well under a second."""

REST: tuple[tuple[str, ...], ...] = (
    ("plot", "RUN", "traits"),
    ("plot", "RUN", "plane", "muller"),
    ("report", "RUN"),
    ("report", "ABOVE"),
    ("resume", "RUN", "--generations", "7", "--backend", "local", "--no-figures"),
    ("fork", "RUN", "--generation", "5", "--backend", "local", "--no-figures", "--out", "FORK"),
    ("assay", "RUN", "garden", "--sample", "3", "--replicates", "3"),
)


class Fault(AssertionError):
    """A command did what none may do."""


def check(command: Sequence[str], folder: Path) -> int:
    """Call a command on a folder.

    Returns:
        Its exit code.

    Raises:
        Fault: It raised something, took too long, said more than a line, or printed what steers a terminal.
    """
    places = {
        "RUN": folder,
        "ABOVE": folder.parent / "runs",
        "TREE": folder.parent / "tree.csv",
        "FORK": folder.parent / "fork",
    }
    words = [str(places.get(word, word)) for word in command]
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _limited(SECONDS):
            code = alife(words)
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException as error:
        raise Fault(f"{' '.join(command)}: {type(error).__name__}: {error}") from error
    said = out.getvalue() + err.getvalue()
    problems = {
        "a traceback": "Traceback" in said,
        "exit code": code not in (0, 1, 2),
        "no line, or more": code == 2 and [line[:7] for line in err.getvalue().splitlines()].count("alife: ") != 1,
        "escapes": any(not (char.isprintable() or char == "\n") for char in said),
        "the secret": SECRET in said,
    }
    if wrong := [name for name, there in problems.items() if there]:
        raise Fault(f"{' '.join(command)}: {wrong[0]}: exit code {code}: {said[-2000:]!r}")
    return code


def attack(harm: Harm, seed: int, commands: Sequence[Sequence[str]]) -> tuple[str, list[int]]:
    """Harm a copy of a sound run and look at it.

    Returns:
        (what was done, exit codes).

    Raises:
        Fault: As `check`, or something outside was read or written.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        folder, outside = home / "runs" / "run", home / "outside"
        shutil.copytree(SOUND, folder)
        (home / "digits").symlink_to(SOUND.parent / "digits")
        outside.mkdir()
        (outside / "secret.txt").write_text(SECRET)
        before = os.getcwd()
        os.chdir(home)
        # harms expect what is outside beside the folder
        (folder.parent / "outside").symlink_to(outside)
        try:
            what = harm(folder, random.Random(seed))
            codes = [check(command, folder) for command in commands]
        except Fault as fault:
            raise Fault(f"{harm.__name__}, seed {seed}: {locals().get('what', '')}: {fault}") from fault
        finally:
            os.chdir(before)
        _check_outside(home, f"{harm.__name__}, seed {seed}: {what}")
        return what, codes


def _check_outside(home: Path, what: str) -> None:
    outside = home / "outside"
    if [path.name for path in outside.iterdir()] != ["secret.txt"] or (outside / "secret.txt").read_text() != SECRET:
        raise Fault(f"{what}: something was written outside: {[path.name for path in outside.iterdir()]}")
    for path in (home / "runs").rglob("*"):
        plain = path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 30
        if plain and SECRET.encode() in path.read_bytes():
            raise Fault(f"{what}: {path} holds what lies outside")


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def grown() -> int:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=20, help="times that each harm is done (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="only commands that take no time")
    parser.add_argument("--only", help="one harm")
    options = parser.parse_args()
    faults = 0
    for harm in HARMS:
        if options.only not in (None, harm.__name__):
            continue
        count: Counter[int] = Counter()
        for seed in range(options.seed, options.seed + options.each):
            rest = [] if options.quick else random.Random(seed).sample(REST, 2)
            try:
                count.update(attack(harm, seed, [*LOOKS, *rest])[1])
            except Fault as fault:
                faults += 1
                print(f"FAULT {fault}", file=sys.stderr)
        print(f"{harm.__name__:32} {count[0]:5} ended well, {count[2]:5} refused; {grown():,} MB")
    if grown() > MEGABYTES:
        print(f"FAULT: {grown():,} MB", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
