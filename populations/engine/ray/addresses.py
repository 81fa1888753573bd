"""Where Ray is to be: on this machine, or a cluster at an address that a run or the environment names.

Call `place` for where, `check_answers` before anybody waits for it.
"""

import contextlib
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alife.configuration.keys import Ray, RunConfig
from alife.errors import UserError

CONNECT_SECONDS = 10.0
LOCAL = "local"
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How a client of the head begins: a preface, and settings, which are answered by settings."""
_SETTINGS = 4
_HEAD = "--gcs-address="
"""How a node of Ray is told the address of its head."""


@dataclass(frozen=True)
class Place:
    """Where Ray is to be.

    Attributes:
        address: Of a cluster's head, or "auto"; empty for this machine.
        named: By whom, for the user to read.
        remedy: How to have it on this machine instead.
    """

    address: str = ""
    named: str = ""
    remedy: str = ""


def place(ray: Ray) -> Place:
    """`ray.address`, or RAY_ADDRESS if that is null; "local" is this machine."""
    given, inherited = ray.address, os.environ.get("RAY_ADDRESS", "")
    if given and not (given == "auto" and inherited):
        address, named = given, f"ray.address: {given!r}"
        remedy = "give --ray.address local to run on this machine"
    else:
        address, named = inherited, f"RAY_ADDRESS: {inherited!r}"
        remedy = "unset RAY_ADDRESS, or give --ray.address local, to run on this machine"
    return Place() if address in ("", LOCAL) else Place(address, named, remedy)


def untold(stored: RunConfig, given: Mapping[str, Any], run: str, backend: str) -> RunConfig:
    """A stored configuration without the address that it names: a run folder may be somebody else's.

    Who joins a cluster is handed code by it, so that an address is dialled only if it is given anew.

    Args:
        stored: Of the run that goes on, or is forked.
        given: Keys of the `ray` section that are given this time.
        run: The run folder, for the error.
        backend: Where it is to live; "local" dials nothing.

    Raises:
        UserError: The run was on a cluster, and neither `given` nor RAY_ADDRESS says where it is to go on.
    """
    address = stored.ray.address
    if address in (None, LOCAL) or "address" in given:
        return stored
    if backend != "local" and not os.environ.get("RAY_ADDRESS"):
        raise UserError(
            f"{run}: was on the Ray at {address}: give --ray.address {address} to go on there, or --ray.address local "
            "to go on here"
        )
    return stored.model_copy(update={"ray": stored.ray.model_copy(update={"address": None})})


def located(place: Place) -> Place:
    """The same place, with the address that "auto" means: that of a Ray on this machine.

    It is the one that 'ray start' has started last, or the only one there is, of this user before others'. Ray's own
    "auto" takes any, and waits for two minutes where it is not let in.

    Raises:
        UserError: There are several, or it is of another version of Ray.
    """
    if place.address != "auto" or not (rays := _running()):
        return place
    import ray
    from ray._private import services

    last = services.find_bootstrap_address(None)
    own = {address for address, node in rays.items() if node.user == os.geteuid()}
    chosen = {last} & rays.keys() or own or rays.keys()
    if len(chosen) > 1:
        raise UserError(
            f"{place.named}: there are several Rays on this machine: name one of {', '.join(sorted(chosen))}, or "
            f"{place.remedy}"
        )
    (address,) = chosen
    version = rays[address].version
    if version not in ("", ray.__version__):
        raise UserError(
            f"{place.named}: the Ray on this machine, at {address}, is of version {version}, and here it is "
            f"{ray.__version__}: {place.remedy}"
        )
    return replace(place, address=address, named=f"{place.named} (at {address})")


@dataclass(frozen=True)
class _Node:
    """A node of Ray on this machine: whose process it is, and which version of Ray, if that can be seen."""

    user: int
    version: str


def _running() -> dict[str, _Node]:
    """Nodes of Ray on this machine by the address of their head; none where there is no /proc."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            program, *words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            address = next((word for word in words if word.startswith(_HEAD)), "").removeprefix(_HEAD)
            if address and os.path.basename(program) == "raylet":
                found[address] = _Node(folder.stat().st_uid, _version(program))
    return found


def _version(raylet: str) -> str:
    """The version of the Ray that a program is part of: RAY/core/src/ray/raylet/raylet."""
    with contextlib.suppress(OSError, IndexError):
        found = re.search(r'version = "([^"]+)"', (Path(raylet).parents[4] / "_version.py").read_text())
        return found[1] if found else ""
    return ""


def check_answers(place: Place) -> None:
    """Find out at once whether a cluster's head answers: Ray waits long for one that is not there.

    Raises:
        UserError: It does not.
    """
    if place.address == "auto":
        return
    if "://" in place.address:
        raise UserError(
            f"{place.named}: expected HOST:PORT of the head, as seen on a machine of the cluster; from elsewhere send "
            "the command there with 'ray job submit'"
        )
    try:
        with socket.create_connection(_parts(place.address), CONNECT_SECONDS) as connection:
            reason = "" if _is_head(connection) else "what answers is not Ray's"
    except (ValueError, OverflowError):
        reason = "expected HOST:PORT"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise UserError(
            f"{place.named}: no cluster answers there ({reason}); start one with 'ray start --head', or {place.remedy}"
        )


def same(address: str, other: str) -> bool:
    """Whether two addresses are of the same head."""
    try:
        (host, port), (other_host, other_port) = _parts(address), _parts(other)
        return port == other_port and bool(_numbers(host) & _numbers(other_host))
    except (OSError, ValueError):
        return address == other


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _numbers(host: str) -> set[str]:
    """A host's addresses; all that are of this machine count as one."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    return found | {"here"} if any(map(_is_here, found)) else found


def _is_here(number: str) -> bool:
    """Whether an address is of this machine: one can listen there."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in number else socket.AF_INET) as listener:
            listener.bind((number, 0))
    except OSError:
        return False
    return True


def _is_head(connection: socket.socket) -> bool:
    """Whether what answers speaks as a head does; encrypted, it is taken for one."""
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("", "0", "false"):
        return True
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.sendall(_HTTP2)
        answer = connection.recv(9)
    except OSError:
        return False
    return len(answer) > 3 and answer[3] == _SETTINGS
