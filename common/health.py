"""/healthz says that the process lives; /readyz names each component and its state.

Apps register their components at start, so that the floor knows none of its tenants.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)

# A check returns a short word about the state, and raises where the component does not work.
Check = Callable[[], str]
_checks: dict[str, Check] = {}
_needed: set[str] = set()
_under_way: dict[str, Future[str]] = {}
_beginning = threading.Lock()
CHECK_TIMEOUT_S = 3.0


def register_component(name: str, check: Check, *, needed: bool = False) -> None:
    """`needed`: without it this process can do nothing for anybody."""
    _checks[name] = check
    if needed:
        _needed.add(name)


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


register_component("database", _check_database, needed=True)


def _release_after(check: Check) -> str:
    """A probe's thread must not keep a connection of the pool."""
    try:
        return check()
    finally:
        connections.close_all()


async def healthz(request: HttpRequest) -> HttpResponse:
    """Asks no service: an outage is not cured by starting this process again."""
    return HttpResponse("ok", content_type="text/plain")


def _begin(name: str, check: Check) -> Future[str]:
    """One look at a component at a time: while it hangs, each probe waits for the same one."""
    with _beginning:
        if name not in _under_way or _under_way[name].done():
            found: Future[str] = Future()
            _under_way[name] = found
            arguments = (found, partial(_release_after, check))
            threading.Thread(
                target=_look, args=arguments, name=f"probe {name}", daemon=True
            ).start()
        return _under_way[name]


def _look(found: Future[str], check: Check) -> None:
    try:
        found.set_result(check())
    except Exception as error:  # noqa: BLE001 (a probe reports every failure, whatever it is)
        found.set_exception(error)


async def _state_of(name: str, check: Check) -> tuple[str, bool, str]:
    looking = asyncio.wrap_future(_begin(name, check))
    try:
        state = await asyncio.wait_for(asyncio.shield(looking), CHECK_TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 (as above)
        looking.add_done_callback(lambda done: done.cancelled() or done.exception())
        logger.warning("readyz: %s: %s", name, error)
        return name, False, type(error).__name__
    return name, True, state


async def readyz(request: HttpRequest) -> JsonResponse:
    """503 where this process can do nothing for people. What only limits it is named: to send
    people elsewhere for it would help none, since every other process has the same limits."""
    states = await asyncio.gather(*(_state_of(name, check) for name, check in _checks.items()))
    ready = all(ok for name, ok, _state in states if name in _needed)
    body = {
        "ready": ready,
        "components": {name: state for name, _ok, state in states},
        "failing": sorted(name for name, ok, _state in states if not ok),
    }
    return JsonResponse(body, status=200 if ready else 503)
