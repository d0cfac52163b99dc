"""One socket per page: it translates frames to services and relays events, and thinks nothing."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import Any
from uuid import UUID

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import override

from chat import frames, services
from chat.errors import BadFrame
from common.errors import CassandreError

logger = logging.getLogger(__name__)


class AnswersConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Asks, reads and stops answers. Leaving the socket ends the reading, never the answer."""

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(code=4401)
            return
        self.user_id: UUID = user.pk
        self.language: str = self.scope.get("language", "fr")
        self.reading: dict[UUID, asyncio.Task[None]] = {}
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for task in getattr(self, "reading", {}).values():
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            if text_data is None or len(text_data) > frames.MAX_FRAME_BYTES:
                raise BadFrame(cause="no text, or too long")
            frame = frames.decode(text_data)
        except (BadFrame, msgspec.DecodeError) as error:
            await self._refuse("", BadFrame(cause=str(error)))
            return
        try:
            await self._handle(frame)
        except CassandreError as error:
            await self._refuse(_subject(frame), error)

    async def _handle(self, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.Ask():
                accepted = await services.ask(self.user_id, frame, language=self.language)
                await self.send(text_data=frames.encode(accepted))
                self._read(accepted.answer, after=0)
            case frames.Watch(answer=answer, after=after):
                await services.check_answer(self.user_id, answer)
                self._read(answer, after=after)
            case frames.Stop(answer=answer):
                await services.stop(self.user_id, answer)
            case frames.Ping():
                await self.send(text_data=frames.encode(frames.Pong()))

    def _read(self, answer: UUID, *, after: int) -> None:
        """Relay an answer's events; a new reading of the same answer replaces the old one."""
        if (old := self.reading.pop(answer, None)) is not None:
            old.cancel()
        task = asyncio.create_task(self._relay(answer, after))
        self.reading[answer] = task
        task.add_done_callback(lambda done: self._forget(answer, done))

    def _forget(self, answer: UUID, task: asyncio.Task[None]) -> None:
        if self.reading.get(answer) is task:
            del self.reading[answer]

    async def _relay(self, answer: UUID, after: int) -> None:
        try:
            async with aclosing(services.read_answer(self.user_id, answer, after)) as events:
                async for event in events:
                    await self.send(text_data=event)
        except CassandreError as error:
            await self._refuse(str(answer), error)

    async def _refuse(self, subject: str, error: CassandreError) -> None:
        logger.info("socket of %s: %s: %s", self.user_id, error.code, error)
        with override(self.language):
            refusal = frames.Refused(
                id=subject,
                code=error.code,
                sentence=error.user_sentence,
                retry_after=int(error.params.get("retry_after", 0)),
            )
        await self.send(text_data=frames.encode(refusal))


def _subject(frame: Any) -> str:
    return str(getattr(frame, "id", "") or getattr(frame, "answer", ""))
