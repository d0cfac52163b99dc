from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from common import context, metrics, tracing
from common.errors import CassandreError
from common.later import retry_later
from common.logs import route_of
from common.outage import outage_behind

logger = logging.getLogger(__name__)

access = logging.getLogger("cassandre.access")

_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
# Asked again and again by machines, or by the dozen: not worth a line each.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz", "/static/"})


class RequestIdMiddleware:
    """Gives each request an id: in the log lines, in the response, on the error pages; and says
    in one line what became of it."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        identity = _given_id(request) or secrets.token_hex(6)
        request.request_id = identity  # type: ignore[attr-defined]
        with context.carrying({"request": identity}):
            started = time.perf_counter()
            with tracing.span(
                "request", kind="server", http__request__method=request.method
            ) as span:
                response = await self.get_response(request)
                _name(span, request, response)
            _note(request, response, time.perf_counter() - started)
        response.headers["X-Request-ID"] = identity
        return response


def _given_id(request: HttpRequest) -> str:
    if not settings.TRUST_REQUEST_ID:
        return ""
    given = request.headers.get("X-Request-ID", "")
    return given if _GIVEN.fullmatch(given) else ""


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Where the response streams, `seconds` are those until it begins."""
    route = "/static/" if request.path.startswith(settings.STATIC_URL) else route_of(request)
    status = str(response.status_code)
    metrics.HTTP_REQUESTS.inc(method=known_method(request.method), route=route, status=status)
    metrics.HTTP_SECONDS.observe(seconds, route=route)
    level = logging.DEBUG if route in _PROBES else logging.INFO
    if access.isEnabledFor(level):
        fields = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "bytes": _size_of(response),
        }
        access.log(level, "request", extra={"fields": fields})


def _size_of(response: HttpResponseBase) -> int | None:
    """None where it streams and does not say."""
    if isinstance(response, HttpResponse):
        return len(response.content)
    said = response.headers.get("Content-Length", "")
    return int(said) if said.isdigit() else None


def _span(request: HttpRequest) -> AbstractContextManager[Any]:
    return tracing.span(
        "request", kind="server", http__request__method=known_method(request.method)
    )


def _name(span: Any, request: HttpRequest, response: HttpResponseBase) -> None:
    if span is not None:
        span.update_name(f"{request.method} {route_of(request)}")
        span.set_attribute("http.route", route_of(request))
        span.set_attribute("http.response.status_code", response.status_code)


def known_method(method: str | None) -> str:
    """A label of few values."""
    return method if method in _METHODS else "other"


class ErrorMiddleware:
    """Turns a CassandreError into its page, its fragment or its JSON, in the user's language."""

    async_capable = False
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, RequestDataTooBig):
            return render(request, "413.html", status=413)
        if (outage := outage_behind(error)) is not None:
            error = outage
        if not isinstance(error, CassandreError):
            return None
        log = logger.error if error.status >= 500 else logger.info
        log("refused: %s", error)
        metrics.ERRORS.inc(code=error.code, where="http")
        return error_response(request, error)


def error_response(request: HttpRequest, error: CassandreError) -> HttpResponse:
    """JSON for scripts that ask for it, a page for people."""
    if "application/json" in request.headers.get("Accept", ""):
        body = {"code": error.code, "sentence": error.user_sentence}
        return retry_later(JsonResponse(body, status=error.status), error)
    template = f"{error.status}.html" if error.status in {400, 403, 404, 413, 429, 503} else None
    context = {"sentence": error.user_sentence}
    response = render(request, template or "500.html", context, status=error.status)
    return retry_later(response, error)
