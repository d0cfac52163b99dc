"""ASGI middleware around the sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class LanguageMiddleware:
    """Puts the reader's language into the scope: cookie, then browser, then the default."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        await self.inner({**scope, "language": language_of(scope)}, receive, send)


def language_of(scope: Scope) -> str:
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    cookie = SimpleCookie(headers.get("cookie", "")).get(settings.LANGUAGE_COOKIE_NAME)
    wishes = [cookie.value] if cookie else []
    wishes += [
        code for code, _weight in parse_accept_lang_header(headers.get("accept-language", ""))
    ]
    for wish in wishes:
        try:
            return get_supported_language_variant(wish)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
