"""uvicorn, ending as a deployment needs it."""

from __future__ import annotations

import asyncio
from socket import socket

import uvicorn
from django.conf import settings

from chat.runs import runs


class Server(uvicorn.Server):
    """Told to end, it takes no new connection, closes its sockets with 1012 (come back, to
    another), and lets answers and requests finish side by side; uvicorn alone would think of the
    answers only after the last request."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        draining = asyncio.create_task(runs.drain(settings.ANSWER_GRACE_S))
        await asyncio.sleep(0)  # from here on questions are refused
        await super().shutdown(sockets)
        await draining
