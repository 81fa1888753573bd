"""Small file systems of their own, so that a disk can be full: call `small`, or `mount` and `unmount`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small(path: Path, size: str) -> Iterator[Path]:
    """A file system of so many bytes (16k, 24m) at `path`; the test is skipped where mounting one is not permitted."""
    if not mount(path, size):
        pytest.skip("mounting a small file system is not permitted here")
    try:
        yield path
    finally:
        unmount(path)


def mount(folder: Path, size: str) -> bool:
    """Make a folder a small file system of its own; False where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    try:
        return not subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        return False


def unmount(folder: Path) -> None:
    """Undo `mount`."""
    subprocess.run(["umount", "--lazy", str(folder)], check=False, stderr=subprocess.DEVNULL)
