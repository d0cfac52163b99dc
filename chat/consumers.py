"""One socket per page: it translates frames to services and relays events, and thinks nothing."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.translation import override

from ai.health import failing
from chat import frames, services
from chat.errors import BadFrame, TooManySockets
from chat.live import attach, close_tab, open_tab
from chat.slow_readers import SlowReaderWatch
from chat.sockets import TRY_LATER
from chat.watching import banners_frame
from common import maintenance
from common.errors import CassandreError
from common.maintenance import ClosedForMaintenance
from common.metrics import ERRORS
from common.outage import outage_behind
from common.reachable import while_it_answers

logger = logging.getLogger(__name__)

# A session that ends, or a right that is revoked, ends the reading within this time.
GUARD_INTERVAL_S = 30.0
RETRY_SOCKETS_S = 30
# A reader that takes nothing for so long is let go; it reconnects and reads on from its number.
SEND_TIMEOUT_S = 20.0
# Close codes; 4000 and up are ours.
SIGNED_OUT, TOO_SLOW, TOO_MANY, CLOSED = 4401, 4408, 4429, 4503


class AnswersConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Asks, reads and stops answers. Leaving the socket ends the reading, never the answer."""

    channel_layer_alias = "none"  # chat.live speaks to all sockets of the process

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the hop to a thread that channels takes for each message, to look after database
        connections: none is used in the loop."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Without it either."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        if self.scope["user_id"] is None:
            await self.close(code=SIGNED_OUT)
            return
        self.user_id: UUID = self.scope["user_id"]
        self.language: str = self.scope["language"]
        self.reading: dict[UUID, asyncio.Task[None]] = {}
        self.tab = secrets.token_hex(8)
        self.changes: set[asyncio.Task[None]] = set()
        self.guard = asyncio.create_task(self._guard(self.scope["session_key"]))
        attach()
        tabs = open_tab(self.user_id, self)
        await self.accept()
        if tabs > settings.SOCKETS_PER_USER:
            await self._refuse("", TooManySockets(retry_after=RETRY_SOCKETS_S))
            await self.close(code=TOO_MANY)
            return
        await self._tell_standing()

    async def _tell_standing(self) -> None:
        """What may have changed since the page was made."""
        state = maintenance.known()
        if state is not None and state.is_closed:
            try:
                await services.check_session(self.user_id, self.scope["session_key"])
            except CassandreError as error:
                await self._end(error)
                return
        if state is not None or failing():
            await self.send(text_data=banners_frame(state, failing(), self.language))

    async def disconnect(self, code: int) -> None:
        if not hasattr(self, "guard"):  # refused before it was anybody's
            return
        close_tab(self.user_id, self)
        for task in (self.guard, *self.reading.values(), *self.changes):
            task.cancel()

    def show(self, frame: str) -> None:
        """chat.live tells of a change that another tab has made."""
        task = asyncio.create_task(self._send_in_time(frame))
        self.changes.add(task)
        task.add_done_callback(self.changes.discard)

    async def _guard(self, session_key: str) -> None:
        while True:
            # Sockets that came back together after a restart must not all ask together.
            await asyncio.sleep(GUARD_INTERVAL_S * random.uniform(0.7, 1))  # noqa: S311 (no secret)
            try:
                await services.check_session(self.user_id, session_key)
                for answer in list(self.reading):
                    if await services.has_lost_passages(self.user_id, answer):
                        self._read(answer, after=None)
            except Exception as error:
                # While the database is away nobody can be told to have lost a right.
                if outage_behind(error) is not None:
                    logger.warning("the guard of a socket waits: %s", error)
                elif isinstance(error, CassandreError):
                    await self._end(error)
                    return
                else:
                    raise

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            if text_data is None or len(text_data) > frames.MAX_FRAME_BYTES:
                raise BadFrame(cause="no text, or too long")
            frame = frames.decode(text_data)
        except (BadFrame, msgspec.DecodeError) as error:
            await self._refuse("", BadFrame(cause=str(error)))
            return
        try:
            await while_it_answers("database", self._handle(frame))
        except Exception as error:
            refusal = error if isinstance(error, CassandreError) else outage_behind(error)
            if refusal is None:
                raise
            await self._refuse(_subject(frame), refusal)

    async def _handle(self, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.Ask() | frames.Regenerate() | frames.Edit() | frames.Continue():
                accepted = await services.ask(
                    self.user_id, frame, language=self.language, origin=self.tab
                )
                await self.send(text_data=frames.encode(accepted))
                self._read(accepted.answer, after=0)
            case frames.Watch(answer=answer, after=after):
                await services.check_answer(self.user_id, answer)
                self._read(answer, after=after)
            case frames.Stop(answer=answer):
                await services.stop(self.user_id, answer)
            case frames.Ping():
                await self.send(text_data=frames.encode(frames.Pong()))

    def _read(self, answer: UUID, *, after: int | None) -> None:
        """Relay an answer's events; a new reading of the same answer replaces the old one.

        After None: a snapshot of what may still be read, and no more.
        """
        if (old := self.reading.pop(answer, None)) is not None:
            old.cancel()
        task = asyncio.create_task(self._relay(answer, after))
        self.reading[answer] = task
        task.add_done_callback(lambda done: self._forget(answer, done))

    def _forget(self, answer: UUID, task: asyncio.Task[None]) -> None:
        if self.reading.get(answer) is task:
            del self.reading[answer]

    async def _relay(self, answer: UUID, after: int | None) -> None:
        try:
            if after is None:
                await self.send(text_data=await services.snapshot(self.user_id, answer))
                return
            async with (
                self._taken_in_time() as watch,
                aclosing(services.read_answer(self.user_id, answer, after)) as events,
            ):
                async for event in events:
                    watch.began()
                    await self.send(text_data=event)
                    watch.ended()
        except Exception as error:
            if outage_behind(error) is not None:  # the browser comes back, and reads on
                logger.warning("the reading of an answer was broken off: %s", error)
                await self.close(code=TRY_LATER)
            elif isinstance(error, CassandreError):
                await self._refuse(str(answer), error)
            else:
                raise

    async def _end(self, error: CassandreError) -> None:
        await self._refuse("", error)
        is_closed = isinstance(error, ClosedForMaintenance)
        await self.close(code=CLOSED if is_closed else SIGNED_OUT)

    async def _send_in_time(self, frame: str) -> None:
        async with self._taken_in_time() as watch:
            watch.began()
            await self.send(text_data=frame)

    @asynccontextmanager
    async def _taken_in_time(self) -> AsyncIterator[SlowReaderWatch]:
        """Lets a reader go that takes no more."""
        try:
            with SlowReaderWatch(SEND_TIMEOUT_S) as watch:
                yield watch
        except TimeoutError:
            await self.close(code=TOO_SLOW)
        except OSError:  # the reader has gone; the disconnect follows
            pass

    async def _refuse(self, subject: str, error: CassandreError) -> None:
        logger.info("socket refused: %s", error)
        ERRORS.inc(code=error.code, where="socket")
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
