"""What maintenance closes: every request passes here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from common import maintenance
from common.later import retry_later
from common.maintenance import Maintenance
from common.middleware import error_response
from documents.index_selectors import may_manage_index

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What tells of the installation, the way in for those who work on it, and the switch itself.
ALWAYS = frozenset(
    {
        *("healthz", "readyz", "metrics", "set_language"),
        *("account_login", "account_logout", "admin:login", "admin:logout"),
        *("backoffice:maintenance", "backoffice:maintenance_end"),
    }
)


class MaintenanceMiddleware:
    """Read-only: no request changes anything, whoever sends it. Closed: only who looks after the
    installation gets in, as documents.selectors.standing_of says.

    Before the sign-in is asked for, and behind what knows who is signed in.
    """

    async_capable = False
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is not None and match.view_name in ALWAYS:
            return None
        state = maintenance.current()
        if state is None or not state.is_on:
            return None
        if state.is_closed and not _may_enter(request):
            return _closed(request, state)
        if request.method in SAFE:
            return None
        return _refused(request, state)


def _may_enter(request: HttpRequest) -> bool:
    return request.user.is_authenticated and may_manage_index(request.user)


def _closed(request: HttpRequest, state: Maintenance) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return _refused(request, state)
    response = render(request, "theme/maintenance.html", {"state": state}, status=503)
    return _expected(retry_later(response, state.refusal))


def _refused(request: HttpRequest, state: Maintenance) -> HttpResponse:
    return _expected(retry_later(error_response(request, state.refusal), state.refusal))


def _expected(response: HttpResponse) -> HttpResponse:
    """Django logs every 503 as an error; these are meant."""
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response
