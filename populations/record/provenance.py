"""By what a run is made: version and source of this project, packages and class of machine, and who asked for it how.

Call `versions` when a run starts, `check_version` and `check_newborns` before it goes on. A run goes on where births
would be the same. Whoever wants it elsewhere says so.
"""

import hashlib
import os
import platform
import re
import shlex
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alife import siblings
from alife.configuration.keys import RunConfig
from alife.errors import UserError
from alife.evolution.reproduction import Newborns

if TYPE_CHECKING:
    from alife.world.projections import Physics

PROJECT = "alife-quines"
_PACKAGES = (PROJECT, "torch", "numpy", "ray", "pyarrow")
_BEARING = ("alife", "populations")
"""Folders of source from which births come."""


def versions() -> dict[str, str]:
    """Of Python and the packages that decide the births, and a digest of this project's own source.

    The source tells checkouts apart that bear the same version.
    """
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return {**found, "source": _source()}


@cache
def _source() -> str:
    total = hashlib.sha256()
    for path in bearing():
        total.update(f"{path.relative_to(siblings.ROOT).as_posix()}\n".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def bearing() -> list[Path]:
    """The files of source from which births come."""
    return sorted(path for folder in _BEARING for path in Path(siblings.ROOT, folder).rglob("*.py"))


def invocation() -> str:
    """The command line of this process, as a shell takes it."""
    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]] if sys.argv else []
    return shlex.join(words).encode("utf-8", "backslashreplace").decode()


def check_version(manifest: Mapping[str, Any], config: RunConfig) -> str:
    """Make sure that no newer version of this project has written a run, which it may have done by other rules.

    Returns:
        What to say of an older one, or nothing: records of older versions keep their births.

    Raises:
        UserError: It has, and the configuration does not allow that.
    """
    starts = manifest["starts"]
    before = str(starts[-1]["version"] if starts else manifest["versions"].get(PROJECT, "unknown"))
    here = versions()[PROJECT]
    if before == here:
        return ""
    if _numbers(before) > _numbers(here) and not config.ray.allow_mixed:
        raise UserError(
            f"this run was written by version {before}, and this is {here}, which may not know its rules: install "
            f"{before}, or go on with --ray.allow_mixed true if that is acceptable"
        )
    return f"written by version {before}; {here} goes on with it"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:4]]


def check_newborns(
    newborns: Mapping[int, Newborns], meta: Mapping[str, Any], config: RunConfig, physics: "Physics", source: str
) -> float:
    """Make sure that stored newborns can live under a configuration.

    Returns:
        The ‖θ‖ below which an adult of theirs has collapsed.

    Raises:
        UserError: They are of other islands, or other networks, or it is not known when they have collapsed.
    """
    weights = physics.shape.n_weights
    for island, group in newborns.items():
        if island >= config.population.islands:
            raise UserError(
                f"{source}: its checkpoint has an island {island}, and its config.yaml none: restore them from a copy"
            )
        if group.messages.shape[1] != weights:
            raise UserError(
                f"{source}: its checkpoint has genomes of {group.messages.shape[1]} weights, and its config.yaml and "
                f"data networks of {weights}: restore them from a copy"
            )
    norm = meta.get("collapse_norm")
    if not isinstance(norm, float) or not 0 <= norm < float("inf"):
        raise UserError(f"{source}: its checkpoint has no collapse_norm: restore it from a copy")
    return norm
