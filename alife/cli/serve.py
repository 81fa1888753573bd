"""`alife serve`: a local page that shows runs and sweeps while they live."""

import argparse
import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from alife.cli import paths
from alife.cli.common import Command
from alife.cli.logs import say
from alife.errors import UserError

if TYPE_CHECKING:
    from analysis.live.topics import Overview

PORT: Final = 8642
TOKEN: Final = "ALIFE_TOKEN"
"""The variable of the environment that a token may be set in."""


def add(command: Command) -> None:
    """Add it to the parser."""
    serve = command(
        "serve",
        _serve,
        "Show runs and sweeps below a folder on a page in the browser, while they live and afterwards.",
        "  alife serve runs                          prints the address; Ctrl-C ends it, and the runs go on\n"
        "  alife serve s3://bucket/study             from another machine than the one that writes\n"
        "  alife serve runs --host 0.0.0.0           for other machines: the address has a token, which they need\n"
        f"Nothing is written in the folder. A token of your own goes into the variable {TOKEN}.",
    )
    serve.add_argument("folder", metavar="DIR", type=paths.folder, help="a path or an fsspec URI")
    serve.add_argument(
        "--host", default="127.0.0.1", help="the address to bind (default 127.0.0.1: this machine alone)"
    )
    serve.add_argument("--port", type=_port, default=PORT, help=f"0 is any that is free (default {PORT})")
    serve.add_argument("--token", action="store_true", help="ask for a token on this machine, too")


def _port(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text}: a port from 0 to {(1 << 16) - 1}")
    return value


def _serve(arguments: argparse.Namespace) -> None:
    from analysis.live import access, server

    overview = overview_of(arguments.folder)
    overview.entries()  # that there is such a folder, before anything is said
    host, local = arguments.host, access.is_loopback(arguments.host)
    token = os.environ.get(TOKEN, "")
    if token and len(token) < access.LEAST:
        raise UserError(f"{TOKEN}: a token of {access.LEAST} characters or more: unset it, and one is made")
    if not token and (arguments.token or not local):
        token = access.new_token()

    def ready(port: int) -> None:
        name = f"[{host}]" if ":" in host else host
        print(f"http://{name}:{port}/{f'?token={token}' if token else ''}", flush=True)
        if not local:
            say("without encryption: on a network that others share, tunnel it: ssh -L, or a proxy that has TLS")
        say("Ctrl-C ends it; nothing that it shows is changed by that")

    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # what is started in the background may not hear of Ctrl-C
    with suppress(KeyboardInterrupt):
        asyncio.run(server.serve(server.application(overview, token), host, arguments.port, ready))


def overview_of(uri: str) -> "Overview":
    """What the page asks of what lies below a folder."""
    from analysis.live.topics import Overview
    from populations.overview.again import Again, stamp
    from populations.overview.run import run_status
    from populations.overview.sweep import sweep_status

    again = Again(uri)
    return Overview(uri, again.find, again.entries, run_status, sweep_status, stamp)
