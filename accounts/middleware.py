from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from common.context import user_id

# Everything that a visitor without an account may reach. Decorators cannot add to it, so that
# this list is the whole answer. Static files are served by a middleware, before any view.
PUBLIC_URL_NAMES = frozenset(
    {
        *("account_login", "healthz", "readyz", "set_language"),
        *("account_reset_password", "account_reset_password_done"),
        "account_reset_password_from_key",
    }
)
# Answered also while nobody can say who asks.
PROBES = frozenset({"healthz", "readyz"})


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Denies by default: sends the anonymous to the sign-in page, except from the public list."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match and match.view_name in PROBES:
            return None
        if request.user.is_authenticated:
            user_id.set(str(request.user.pk))  # until RequestIdMiddleware leaves the request
        if request.user.is_authenticated or (match and match.view_name in PUBLIC_URL_NAMES):
            return None
        response = self.handle_no_permission(request, view_func)
        if request.headers.get("HX-Request") == "true" and isinstance(
            response, HttpResponseRedirect
        ):
            # A fragment must not be replaced by the sign-in page: the whole page goes there.
            return HttpResponse(status=401, headers={"HX-Redirect": response.url})
        return response
