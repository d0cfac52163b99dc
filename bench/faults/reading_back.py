"""What the installation holds when a fault is over, read from its rows and over its pages."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable

import psycopg

from bench.client import Client, Refused
from bench.faults.accounting import Answer, Document, Kept, unfinished
from bench.faults.diary import GOOD, Diary
from bench.faults.people import QUOTATIONS, ending_of
from bench.stack import Stack
from bench.stack.visitor import Failed, Visitor

# A killed worker's file is taken up within a minute, a file that waited for a service within 40 s.
SETTLED_S = 100.0
_ONLINE = """
    select d.id::text, v.state, v.live from documents_document d
    join documents_documentversion v on v.document_id = d.id where d.id = any(%s::uuid[])
"""
_ANSWERS = """
    select id::text, status, text, model from chat_message where id = any(%s::uuid[])
"""
_ONLINE_AFTER = """
    select coalesce(bool_and(live), true),
           coalesce(max(extract(epoch from finished_at) - %s), 0)
    from documents_documentversion
    where document_id = any(%s::uuid[]) and created_at <= to_timestamp(%s)
"""
_UNDER_WAY = """
    select (select count(*) from chat_message
            where status = 'streaming' and id = any(%s::uuid[]))
         + (select count(*) from documents_documentversion
            where not live and state in ('queued', 'running') and document_id = any(%s::uuid[]))
"""


async def settle(stack: Stack, diary: Diary) -> None:
    """Until every acknowledged answer has ended and every document is online or given up, for
    SETTLED_S at most."""
    deadline = time.monotonic() + SETTLED_S
    wanted = [[reading.answer for reading in diary.answers], list(diary.documents)]
    while time.monotonic() < deadline:
        async with await psycopg.AsyncConnection.connect(stack.database) as connection:
            row = await (await connection.execute(_UNDER_WAY, wanted)).fetchone()
        if row is not None and not row[0]:
            return
        await asyncio.sleep(0.3)


async def online_after(stack: Stack, diary: Diary, over: float) -> float | None:
    """Seconds from the fault's end, at `over` (of time.time), until all that had been received by
    then was online; None: not all of it is."""
    values: list[object] = [over, list(diary.documents), over]
    async with await psycopg.AsyncConnection.connect(stack.database) as connection:
        row = await (await connection.execute(_ONLINE_AFTER, values)).fetchone()
    if row is None or not row[0]:
        return None
    return max(0.0, round(float(row[1]), 1))


async def kept(stack: Stack, diary: Diary) -> Kept:
    async with await psycopg.AsyncConnection.connect(stack.database) as connection:
        ids = [reading.answer for reading in diary.answers]
        rows = await (await connection.execute(_ANSWERS, [ids])).fetchall()
        answers = {pk: Answer(*values) for pk, *values in rows}
        online = await (await connection.execute(_ONLINE, [list(diary.documents)])).fetchall()
        query = "select id::text, text from documents_approvedanswer where id = any(%s::uuid[])"
        texts = await (await connection.execute(query, [list(diary.edits)])).fetchall()
    hashes = await _hashes(stack, [pk for pk, _state, live in online if live])
    documents = {pk: Document(state, live, hashes.get(pk, "")) for pk, state, live in online}
    return Kept(answers, documents, dict(texts))


async def _hashes(stack: Stack, documents: Iterable[str]) -> dict[str, str]:
    found = {}
    async with Visitor(stack.url, stack.seeded.readers[0], stack.tls) as reader:
        for pk in documents:
            try:
                found[pk] = hashlib.sha256(await reader.get(f"/documents/{pk}/file")).hexdigest()
            except Failed as failure:
                found[pk] = failure.code
    return found


async def not_gone_on_with(stack: Stack, diary: Diary, kept: Kept, *, at_most: int) -> list[str]:
    """A sentence for each unfinished answer whose reader cannot have it continued to its end."""
    wanted = unfinished(diary.answers, kept, at_most=at_most)
    found = []
    for pk in wanted:
        outcome = "not of any reader"
        for cookie in stack.seeded.readers:
            async with Client(stack.sockets, cookie=cookie, tls=stack.tls) as client:
                try:
                    outcome = await ending_of(await client.go_on_with(pk))
                except Refused as refusal:
                    outcome = refusal.code
            if outcome != "not-found":
                break
        if outcome not in {GOOD, QUOTATIONS, "answer-complete"}:
            found.append(f"answer {pk}: cannot be continued ({outcome})")
    return found
