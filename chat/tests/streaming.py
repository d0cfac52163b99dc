"""What the tests of answers share: a corpus that holds an answer, a scripted model, sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from accounts.models import User
from ai.patience import PatientModel, RetryPolicy
from ai.providers.endpoints import ModelEndpoint
from ai.providers.openai_compatible import OpenAICompatible
from bench.mock_model import Serving
from chat import services
from chat.models import Message
from chat.routing import websocket_application

WAIT_S = 10.0

RULES = (
    "# Leave\n\nEmployees have 25 days of annual leave.\n\n"
    "# Telework\n\nTelework is limited to two days a week.\n"
)


class Socket:
    """A browser's socket, signed in as `user` (None: nobody)."""

    def __init__(self, user: User | None, *, origin: str = "http://localhost") -> None:
        self._user = user
        self._origin = origin
        self._communicator: WebsocketCommunicator | None = None
        self.changes: list[dict[str, Any]] = []  # what other tabs did, as far as it was received

    async def connect(self) -> bool:
        headers = [(b"origin", self._origin.encode()), (b"host", b"localhost")]
        if self._user is not None:
            cookie = await sync_to_async(session_cookie)(self._user)
            headers.append((b"cookie", cookie))
        self._communicator = WebsocketCommunicator(
            websocket_application, "/ws/answers/", headers=headers
        )
        connected, _code = await self._communicator.connect(timeout=WAIT_S)
        return connected

    async def __aenter__(self) -> Socket:
        assert await self.connect()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.communicator.disconnect()

    @property
    def communicator(self) -> WebsocketCommunicator:
        assert self._communicator is not None
        return self._communicator

    async def send(self, **frame: Any) -> None:
        await self.communicator.send_to(text_data=json.dumps(frame, default=str))

    async def receive(self) -> dict[str, Any]:
        """The next frame about what this socket asked or reads; the others are put aside."""
        while True:
            frame = json.loads(await self.communicator.receive_from(timeout=WAIT_S))
            if frame["type"] != "conversation":
                return frame
            self.changes.append(frame)

    async def change(self) -> dict[str, Any]:
        """What another tab has done; nothing else may come before it."""
        if not self.changes:
            self.changes.append(json.loads(await self.communicator.receive_from(timeout=WAIT_S)))
        change = self.changes.pop(0)
        assert change["type"] == "conversation", change
        return change

    async def ask(self, text: str, **fields: Any) -> dict[str, Any]:
        """Ask and return the `accepted` frame."""
        return await self.begin("ask", text=text, **fields)

    async def begin(self, verb: str, /, **fields: Any) -> dict[str, Any]:
        """What begins an answer, e.g. `regenerate`; the reply to it."""
        await self.send(type=verb, **{"id": uuid4().hex} | fields)
        return await self.receive()

    async def until(self, *kinds: str) -> list[dict[str, Any]]:
        """The frames up to and including the first of one of `kinds`."""
        frames = []
        while True:
            frames.append(await self.receive())
            if frames[-1]["type"] in kinds:
                return frames

    async def to_the_end(self) -> list[dict[str, Any]]:
        return await self.until("done", "stopped", "failed", "interrupted", "refused")


def session_cookie(user: User) -> bytes:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}".encode()


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["text"] for frame in frames if frame["type"] in {"text", "snapshot"})


async def answer_row(pk: UUID | str) -> Message:
    return await Message.objects.aget(pk=pk)


async def eventually(condition: Any) -> None:
    """Wait for a synchronous or asynchronous condition to hold."""
    async with asyncio.timeout(WAIT_S):
        while True:
            result = condition()
            if asyncio.iscoroutine(result):
                result = await result
            if result:
                return
            await asyncio.sleep(0.01)


def use_model(monkeypatch: Any, model: Any) -> None:
    """Let answers be written by `model`."""
    monkeypatch.setattr(services, "get_chat_model", lambda: model)


def model_on(server: Serving, name: str) -> PatientModel:
    """A mock's model, asked over the wire as a real one is. Close its session at the end."""
    endpoint = ModelEndpoint(name=name, base_url=server.url, model=name, api_key="sk-mock")
    return PatientModel([OpenAICompatible(endpoint)], RetryPolicy())
