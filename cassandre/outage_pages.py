"""What people see while a service is away: our page, soon, and never a bare error.

a view fails                    common.middleware.ErrorMiddleware
what is around it fails         server_error, e.g. where the session cannot be read
nothing comes at all            SilenceGate: PostgreSQL is frozen, or its network swallows
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.translation import override

from chat.sockets import cookies_of, language_of
from common.errors import CassandreError, Unavailable
from common.later import RETRY_S, retry_later
from common.metrics import ERRORS, HTTP_REQUESTS
from common.middleware import known_method
from common.outage import outage_behind
from common.reachable import is_silent
from theme import views

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Asked by machines, and answered without the database, or by its absence.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
# How soon a request that is under way learns that the database has fallen silent.
LOOK_S = 0.5


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while the exception is being handled. Without context processors, since what
    they ask may be what failed."""
    error = outage_behind(sys.exc_info()[1])
    if error is None:
        return views.server_error(request)
    ERRORS.inc(code=error.code, where="http")
    if "application/json" in request.headers.get("Accept", ""):
        body = {"code": error.code, "sentence": error.user_sentence}
        return retry_later(JsonResponse(body, status=error.status), error)
    context = {"request": request, "sentence": error.user_sentence}
    page = get_template("503.html").render(context)
    return retry_later(HttpResponse(page, status=error.status), error)


class SilenceGate:
    """Answers in place of a database that says neither yes nor no: requests that come are not let
    in, and those that wait wait no longer. Their threads go on when it speaks again."""

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self._inner = inner
        self._left: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        path: str = scope["path"]
        if not settings.DB_HOST or path in _PROBES or path.startswith(settings.STATIC_URL):
            await self._inner(scope, receive, send)
            return
        if is_silent("database"):
            await _refuse(scope, send)
            return
        begun = refused = False

        async def watched(message: dict[str, Any]) -> None:
            nonlocal begun
            begun = True
            if not refused:
                await send(message)

        task = asyncio.ensure_future(self._inner(scope, receive, watched))
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_S))[0]:
                if is_silent("database") and not begun:
                    refused = True
                    self._leave(task)
                    await _refuse(scope, send)
                    return
        except asyncio.CancelledError:
            task.cancel()
            raise
        task.result()

    def _leave(self, task: asyncio.Future[None]) -> None:
        """To its end, which nobody waits for: its thread cannot be called back."""
        self._left.add(task)
        task.add_done_callback(self._note)

    def _note(self, task: asyncio.Future[None]) -> None:
        self._left.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.info("a request that was refused meanwhile ended: %s", type(error).__name__)


async def _refuse(scope: Scope, send: Send) -> None:
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    error = Unavailable(component="PostgreSQL", cause="silent", retry_after=RETRY_S)
    logger.warning("refused: %s", error)
    ERRORS.inc(code=error.code, where="http")
    # Nothing inside counts what does not come there.
    HTTP_REQUESTS.inc(method=known_method(scope.get("method")), route="(none)", status="503")
    body, content_type = _said(error, headers)
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Retry-After": str(RETRY_S),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
        "X-Content-Type-Options": "nosniff",
    }
    encoded = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _said(error: CassandreError, headers: dict[str, str]) -> tuple[bytes, str]:
    with override(language_of(headers, cookies_of(headers))):
        if "application/json" in headers.get("accept", ""):
            body = {"code": error.code, "sentence": error.user_sentence}
            return json.dumps(body).encode(), "application/json"
        page = get_template("503.html").render({"sentence": error.user_sentence})
        return page.encode(), "text/html; charset=utf-8"
