"""One HTTP session per event loop, shared by all questions.

A session of its own for each question would make a TLS context and a connection each time, and
an aiohttp session must not cross event loops.
"""

from __future__ import annotations

import asyncio
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import aiohttp

# Idle connections are kept this long: shorter than the usual 60 to 75 s after which servers and
# proxies drop them, so that a question rarely meets a connection that has just died.
_KEEP_ALIVE_S = 50
_DNS_CACHE_S = 60

_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


def current_session() -> aiohttp.ClientSession:
    """The running loop's session, made at its first use."""
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        session = _sessions[loop] = _new_session()
    return session


async def close_session() -> None:
    """Closes the running loop's session, if there is one."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for a URL (HTTPS_PROXY, NO_PROXY).

    aiohttp's own `trust_env` reads it, and ~/.netrc on a thread, for every single request.
    """
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _new_session() -> aiohttp.ClientSession:
    # Heavy: only a process that asks a model loads it.
    import aiohttp  # noqa: PLC0415

    from ai.providers.connector import TokenConnector  # noqa: PLC0415

    return aiohttp.ClientSession(
        # No limit: waiting answers are bounded by whoever starts them, and each needs a stream.
        connector=TokenConnector(
            limit=0, keepalive_timeout=_KEEP_ALIVE_S, ttl_dns_cache=_DNS_CACHE_S
        ),
        timeout=aiohttp.ClientTimeout(total=None),  # the provider bounds each phase itself
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent",),
        headers={"User-Agent": "cassandre", "Accept-Encoding": "identity"},
    )
