"""ASGI middleware around the sockets."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.selectors import user_of_session
from common.context import carrying
from common.threads import in_thread

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class SignedIn:
    """Puts into the scope who opens the socket, by which session, and in which language they read.

    One hop to the database, where channels.auth takes four and leaves the session in memory for
    as long as the socket is open.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        cookies = {name: morsel.value for name, morsel in _cookies(headers).items()}
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        user = await in_thread(user_of_session, session_key) if session_key else None
        known = {
            "user_id": user.pk if user else None,
            "session_key": session_key,
            "language": language_of(headers, cookies),
        }
        # The socket's own id: what is asked through it, and the answers to that, are its work.
        with carrying({"request": secrets.token_hex(6), "user": str(user.pk) if user else ""}):
            await self.inner({**scope, **known}, receive, send)


def _cookies(headers: dict[str, str]) -> SimpleCookie:
    try:
        return SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return SimpleCookie()


def language_of(headers: dict[str, str], cookies: dict[str, str]) -> str:
    """Cookie, then browser, then the default."""
    wishes = (
        [cookies[settings.LANGUAGE_COOKIE_NAME]] if settings.LANGUAGE_COOKIE_NAME in cookies else []
    )
    wishes += [
        code for code, _weight in parse_accept_lang_header(headers.get("accept-language", ""))
    ]
    for wish in wishes:
        try:
            return get_supported_language_variant(wish)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
