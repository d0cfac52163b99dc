"""/healthz says that the process lives; /readyz names each component and its state.

Apps register their components at start, so that the floor knows none of its tenants.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)

# A check returns a short word about the state, and raises where the component does not work.
Check = Callable[[], str]
_checks: dict[str, Check] = {}
CHECK_TIMEOUT_S = 3.0


def register_component(name: str, check: Check) -> None:
    _checks[name] = check


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


register_component("database", _check_database)


def _release_after(check: Check) -> str:
    """A probe's thread must not keep a connection of the pool."""
    try:
        return check()
    finally:
        connections.close_all()


async def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


async def _state_of(name: str, check: Check) -> tuple[str, bool, str]:
    try:
        state = await asyncio.wait_for(
            sync_to_async(_release_after, thread_sensitive=False)(check), CHECK_TIMEOUT_S
        )
    except Exception as error:  # noqa: BLE001 (a probe reports every failure, whatever it is)
        logger.warning("readyz: %s: %s", name, error)
        return name, False, type(error).__name__
    return name, True, state


async def readyz(request: HttpRequest) -> JsonResponse:
    states = await asyncio.gather(*(_state_of(name, check) for name, check in _checks.items()))
    ready = all(ok for _name, ok, _state in states)
    body = {"ready": ready, "components": {name: state for name, _ok, state in states}}
    return JsonResponse(body, status=200 if ready else 503)
