from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from common.errors import CassandreError
from common.logs import request_id

logger = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Gives each request an id: in the log lines, in the response, on the error pages."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        identity = secrets.token_hex(6)
        request.request_id = identity  # type: ignore[attr-defined]
        token = request_id.set(identity)
        try:
            response = await self.get_response(request)
        finally:
            request_id.reset(token)
        response.headers["X-Request-ID"] = identity
        return response


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
        if not isinstance(error, CassandreError):
            return None
        log = logger.error if error.status >= 500 else logger.info
        log("%s: %s", error.code, error)
        return error_response(request, error)


def error_response(request: HttpRequest, error: CassandreError) -> HttpResponse:
    """JSON for scripts that ask for it, a page for people."""
    if "application/json" in request.headers.get("Accept", ""):
        body = {"code": error.code, "sentence": error.user_sentence}
        return JsonResponse(body, status=error.status)
    template = f"{error.status}.html" if error.status in {400, 403, 404, 413, 429, 503} else None
    context = {"sentence": error.user_sentence}
    return render(request, template or "500.html", context, status=error.status)
