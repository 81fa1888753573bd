"""The page and its stream over HTTP, for `alife serve`: reads alone, answers GET alone, and asks for nothing elsewhere.

`/` is the folder's page, `/run?name=…` and `/sweep?name=…` are those of what lies in it, `/live?kind=…&name=…` is the
stream of server-sent events of each. A name is compared with those that were found; no path is made of one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from alife.errors import UserError, plain
from alife.format import files
from analysis.live import access, document
from analysis.live.hub import REMOTE_SECONDS, SECONDS, SHARE, Hub, Viewer
from analysis.live.topics import Overview, topic

try:
    from aiohttp import web
except ImportError:
    raise UserError("alife serve: the package aiohttp is not installed: pip install 'alife-quines[serve]'") from None

MOST: Final = 64
"""Who may watch at once."""
PATIENCE: Final = 20.0
"""Seconds that somebody may take to read what he is told."""
BEAT: Final = 15.0
"""Seconds after which something is sent though there is no news, by which one who has gone is noticed."""
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_HUB = web.AppKey("hub", Hub)
_PAGES: Final = {"/": "folder", "/run": "run", "/sweep": "sweep"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(
    overview: Overview, token: str = "", patience: float = PATIENCE, share: float = SHARE
) -> web.Application:
    """What answers.

    Args:
        overview: Of the folder that is shown.
        token: That has to be shown; "" if this machine alone is served.
        patience: Seconds that somebody may take to read what he is told.
        share: Of one core, for looking.
    """
    app = web.Application(middlewares=[_guarded(access.Access(token))], client_max_size=1 << 10)
    seconds = REMOTE_SECONDS if files.is_remote(overview.uri) else SECONDS
    app[_HUB] = Hub(partial(topic, overview), seconds, share)
    for path, kind in _PAGES.items():
        app.router.add_get(path, partial(_page, overview.uri, kind))
    app.router.add_get("/live", partial(_live, patience))
    app.on_shutdown.append(_close)
    return app


def _guarded(allowed: access.Access) -> Any:
    """What each request goes through: who may look, and headers that hold for every answer."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.query.get("token")
        host, cookie, told = (request.headers.get(name, "") for name in ("Host", "Cookie", "Authorization"))
        status, why = allowed.refused(host, cookie, told, shown)
        foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        if foreign and not status and request.path not in _PAGES:
            status, why = 403, "Asked for by a page from elsewhere."
        if status:
            return web.Response(status=status, text=why, headers=HEADERS)
        if shown is not None and allowed.token:
            return _with_cookie(request, allowed.token)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=f"{error.status}: {error.reason}", headers=HEADERS)
        except UserError as error:
            return web.Response(status=404, text=str(error), headers=HEADERS)

    return middleware


def _with_cookie(request: web.Request, token: str) -> web.Response:
    """To the same address without the token, which the browser then keeps."""
    where = request.rel_url.without_query_params("token")
    answer = web.Response(status=303, headers={**HEADERS, "Location": str(where)})
    answer.set_cookie(access.COOKIE, token, httponly=True, samesite="Strict", path="/")
    return answer


async def _page(uri: str, kind: str, request: web.Request) -> web.Response:
    name = request.query.get("name", "")
    if kind != "folder" and not await request.app[_HUB].ask(kind, name):
        return web.Response(status=404, text=f"There is no {kind} of that name here.", headers=HEADERS)
    text, policy = document.page(kind, name, uri)
    headers = {**HEADERS, "Content-Security-Policy": policy}
    body = text.encode(errors="backslashreplace")
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


async def _live(patience: float, request: web.Request) -> web.StreamResponse:
    hub, kind, name = request.app[_HUB], request.query.get("kind", ""), request.query.get("name", "")
    if hub.viewers >= MOST:
        return web.Response(status=503, text=f"{MOST} are watching already.", headers=HEADERS)
    viewer = await hub.join(kind, name)
    if viewer is None:
        return web.Response(status=404, text="There is nothing of that name here.", headers=HEADERS)
    answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
    try:
        await answer.prepare(request)
        await _tell(answer, viewer, patience)
    except (TimeoutError, ConnectionError, asyncio.CancelledError):
        if request.transport is not None:
            request.transport.abort()
    finally:
        hub.leave(kind, name, viewer)
    return answer


async def _tell(answer: web.StreamResponse, viewer: Viewer, patience: float) -> None:
    while True:
        news = await viewer.take(BEAT)
        text = "".join(f"event: {name}\ndata: {piece}\n\n" for name, piece in news.items()) or ": still here\n\n"
        await asyncio.wait_for(answer.write(text.encode()), patience)


async def _close(app: web.Application) -> None:
    await app[_HUB].close()


async def serve(app: web.Application, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Answer until it is cancelled.

    Args:
        app: As of `application`.
        host: To bind.
        port: Likewise; 0 is any that is free.
        ready: Told of the port once somebody may come.

    Raises:
        UserError: It cannot be bound.
    """
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # what strangers send is no news
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, keepalive_timeout=30)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            why = plain(error.strerror or str(error)).lower()
            raise UserError(f"--host {host} --port {port}: {why}: name another port, or 0 for any") from None
        ready(int(runner.addresses[0][1]))
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    finally:
        await runner.cleanup()
