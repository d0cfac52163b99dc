"""ASGI middleware around the sockets."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.models import User
from accounts.selectors import user_of_session
from common.context import carrying
from common.outage import outage_behind
from common.reachable import while_it_answers
from common.threads import in_thread

logger = logging.getLogger(__name__)

# Close code: what is needed does not answer; reconnect after a while.
TRY_LATER = 1013

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
        cookies = cookies_of(headers)
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        try:
            user = await _user_of(session_key) if session_key else None
        except Exception as error:
            if (outage := outage_behind(error)) is None:
                raise
            logger.warning("a socket was refused: %s", outage)
            await send({"type": "websocket.close", "code": TRY_LATER})
            return
        known = {
            "user_id": user.pk if user else None,
            "session_key": session_key,
            "language": language_of(headers, cookies),
        }
        # The socket's own id: what is asked through it, and the answers to that, are its work.
        with carrying({"request": secrets.token_hex(6), "user": str(user.pk) if user else ""}):
            await self.inner({**scope, **known}, receive, send)


async def _user_of(session_key: str) -> User | None:
    return await while_it_answers("database", in_thread(user_of_session, session_key))


def cookies_of(headers: dict[str, str]) -> dict[str, str]:
    try:
        found = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}


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
