"""The people of a replay: four who ask, one who searches, one who uploads, one who edits."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from bench.client import Client, Reading, Refused
from bench.faults.diary import GOOD, Diary
from bench.seed import QUESTION
from bench.stack import Stack
from bench.stack.visitor import Failed, Visitor

ACCEPTED_S = 90.0
ENDED_S = 90.0
ASK_EVERY_S, SEARCH_EVERY_S, UPLOAD_EVERY_S, EDIT_EVERY_S = 0.7, 0.8, 1.5, 3.0
# Every fifth file takes a worker seconds, so that a kill falls into its middle.
PARAGRAPHS, MANY_PARAGRAPHS, MANY_EVERY = 3, 120, 5
FIRST_TOKEN = "tok0 "  # of the mock model; else the passages themselves were quoted
QUOTATIONS = "quotations"
KINDS = ("question", "search", "upload", "edit")


class Page(Client):
    """Counts the frames in which a fault shows itself."""

    def __init__(self, stack: Stack, cookie: str, diary: Diary) -> None:
        super().__init__(stack.sockets, cookie=cookie, tls=stack.tls)
        self._diary = diary

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] in {"notice", "refused"}:
            self._diary.frames[f"{frame['type']} {frame['code']}"] += 1
        super()._take(frame)


@asynccontextmanager
async def living(stack: Stack, diary: Diary) -> AsyncIterator[None]:
    """Inside, all of them are at it; at its end each finishes what it has begun."""
    over = asyncio.Event()
    admin = Visitor(stack.url, stack.seeded.admin, stack.tls)
    reader = Visitor(stack.url, stack.seeded.readers[0], stack.tls)
    deeds: list[tuple[Callable[[int], Awaitable[None]], float]] = [
        (_searching(reader, diary), SEARCH_EVERY_S),
        (_uploading(admin, stack.seeded.corpus, diary), UPLOAD_EVERY_S),
        (_editing(admin, stack.seeded.corpus, diary), EDIT_EVERY_S),
    ]
    async with admin, reader:
        tasks = [asyncio.create_task(_again(deed, every, over)) for deed, every in deeds]
        tasks += [
            asyncio.create_task(_ask_on(stack, cookie, diary, over))
            for cookie in stack.seeded.readers
        ]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)


async def _again(
    deed: Callable[[int], Awaitable[None]], every_s: float, over: asyncio.Event
) -> None:
    number = 0
    while not over.is_set():
        await deed(number)
        number += 1
        await asyncio.sleep(every_s)


async def _ask_on(stack: Stack, cookie: str, diary: Diary, over: asyncio.Event) -> None:
    async with Page(stack, cookie, diary) as page:

        async def ask(_number: int) -> None:
            began = time.monotonic()
            diary.note("question", began, await _asked(page, diary))

        await _again(ask, ASK_EVERY_S, over)


async def _asked(page: Page, diary: Diary) -> str:
    try:
        async with asyncio.timeout(ACCEPTED_S):
            reading = await page.ask(QUESTION)
    except Refused as refusal:
        await asyncio.sleep(min(refusal.retry_after, 3))
        return refusal.code
    except TimeoutError:
        return "never accepted"
    diary.answers.append(reading)
    return await ending_of(reading)


async def ending_of(reading: Reading) -> str:
    try:
        async with asyncio.timeout(ENDED_S):
            await reading.ended.wait()
    except TimeoutError:
        return "no end"
    if reading.status == "done":
        return GOOD if reading.text.startswith(FIRST_TOKEN) else QUOTATIONS
    return reading.code or reading.status


def _searching(visitor: Visitor, diary: Diary) -> Callable[[int], Awaitable[None]]:
    path = f"/search/?{urlencode({'q': QUESTION})}"

    async def search(_number: int) -> None:
        began = time.monotonic()
        diary.note("search", began, await _code_of(visitor.get(path)))

    return search


def _uploading(visitor: Visitor, corpus: str, diary: Diary) -> Callable[[int], Awaitable[None]]:
    async def upload(number: int) -> None:
        many = number % MANY_EVERY == MANY_EVERY - 1
        content = made_file(MANY_PARAGRAPHS if many else PARAGRAPHS)
        began = time.monotonic()

        async def sent() -> None:
            pk = await visitor.upload(corpus, f"note-{uuid4().hex[:8]}.md", content)
            diary.documents[pk] = hashlib.sha256(content).hexdigest()

        diary.note("upload", began, await _code_of(sent()))

    return upload


def _editing(visitor: Visitor, corpus: str, diary: Diary) -> Callable[[int], Awaitable[None]]:
    async def edit(_number: int) -> None:
        began, text = time.monotonic(), f"As agreed under {uuid4().hex}."

        async def sent() -> None:
            pk = await visitor.draft(corpus, f"What was agreed on {uuid4().hex}?", text)
            diary.edits[pk] = text

        diary.note("edit", began, await _code_of(sent()))

    return edit


async def _code_of(deed: Awaitable[object]) -> str:
    try:
        await deed
    except Failed as failure:
        return failure.code
    return GOOD


def made_file(paragraphs: int) -> bytes:
    """Markdown that no other file is like."""
    mark = uuid4().hex
    lines = [
        f"## Item {number}\n\nThe file {mark} says under {number} that nothing is to be done about "
        f"{uuid4().hex}. " + "It goes on for a while, as such files do. " * 12
        for number in range(paragraphs)
    ]
    return "\n\n".join([f"# Note {mark}", *lines]).encode()
