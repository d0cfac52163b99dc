"""Two web processes that share a database and Redis, as behind a load balancer."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.parse
import urllib.request
from contextlib import ExitStack

import psycopg
import pytest
from django.urls import reverse

from bench.client import Reading
from bench.processes import mock_model
from bench.soak.stack import WebProcess, qdrant, seed
from cassandre.tests.web_processes import Tab, environment, logs_of, started, tokens_of
from chat.tests.streaming import eventually

pytestmark = pytest.mark.services

QUESTION = "How many days of annual leave do employees have?"
GAP_MS = 20
TOKENS = 300
TRIES = 5
IN_200_MS = 200 // GAP_MS
# Sent before the stop, and not yet in its reader's hands.
ON_THE_WAY = 10
# After so many tokens the row has been written at least once.
CHECKPOINTED = 2_500 // GAP_MS
# Two seconds of text.
LOST_AT_MOST = 2_000 // GAP_MS
# A dead process is noticed within 15 s; a whole answer takes six.
MARKED_WITHIN_S = 25.0
# Where nothing else runs, a second.
ONLINE_WITHIN_S = 90.0
WHOLE = "".join(f"tok{number} " for number in range(TOKENS))
DATABASE = "two_processes"
ONLINE = (
    "select 1 from documents_documentversion join documents_document"
    " on documents_document.id = document_id where title = %s and live"
)


@pytest.fixture(scope="module")
def database():
    """An empty PostgreSQL database, beside that of the tests which run in this process."""
    if not (os.environ.get("DB_HOST") and os.environ.get("CHANNEL_REDIS")):
        pytest.skip("no PostgreSQL and Redis: make test-services starts them")
    server = {
        "host": os.environ["DB_HOST"],
        "port": os.environ["DB_PORT"],
        "user": os.environ["DB_USER"],
        "password": os.environ["DB_PASSWORD"],
    }
    with psycopg.connect(dbname=os.environ["DB_NAME"], autocommit=True, **server) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
        yield psycopg.conninfo.make_conninfo(dbname=DATABASE, **server)
        connection.execute(f"drop database {DATABASE} with (force)")


class Installation:
    """Both processes, and two people."""

    def __init__(self, web, people, database, model_url) -> None:
        self.a, self.b = web
        self.bob, self.charlie = people
        self.database = database
        self._model = model_url.removesuffix("/v1")

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query, parameters).fetchall()

    async def sent_to_the_last_who_left(self) -> int:
        """Tokens that the model's server sent before its connection broke."""
        while True:
            stats = json.loads(await asyncio.to_thread(_get, f"{self._model}/stats"))
            if stats["active"] == 1:  # this very request: nothing is streamed any more
                return int(stats["aborted_after"][-1])
            await asyncio.sleep(0.05)

    async def upload(self, web, cookie: str, name: str, text: str) -> None:
        """As the page does, into the one corpus, by somebody who is made to curate it."""
        ((corpus,),) = self.rows("select id from documents_corpus limit 1")
        self.rows("update accounts_membership set role = 'admin' returning id")
        parts = {"corpus": str(corpus), 'file"; filename="' + name: text}
        body = "".join(
            f'--part\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in parts.items()
        )
        token = "a" * 32
        headers = {
            "Cookie": f"{cookie}; csrftoken={token}",
            "X-CSRFToken": token,
            "Accept": "application/json",
            "Content-Type": "multipart/form-data; boundary=part",
        }
        url = f"http://127.0.0.1:{web.port}{reverse('backoffice:upload')}"
        data = f"{body}--part--\r\n".encode()
        await asyncio.to_thread(_get, urllib.request.Request(url, data, headers))

    async def page(self, web, cookie: str, name: str) -> str:
        url = f"http://127.0.0.1:{web.port}{reverse(name)}"
        asked = urllib.request.Request(url, headers={"Cookie": cookie})
        return (await asyncio.to_thread(_get, asked)).decode()

    async def rename(self, web, cookie: str, conversation: str, title: str) -> None:
        """As the page does, at one of the processes."""
        url = f"http://127.0.0.1:{web.port}{reverse('chat:rename', args=[conversation])}"
        token = "a" * 32  # any, as long as the cookie and the header agree
        headers = {"Cookie": f"{cookie}; csrftoken={token}", "X-CSRFToken": token}
        data = urllib.parse.urlencode({"title": title}).encode()
        await asyncio.to_thread(_get, urllib.request.Request(url, data, headers))


def _get(asked: str | urllib.request.Request) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=10) as answer:
        return bytes(answer.read())


@pytest.fixture(scope="module")
def two(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as parts:
        model = parts.enter_context(mock_model(folder))
        shared = environment(folder, model_url=model, model=f"mock-{TOKENS}t-{GAP_MS}ms")
        shared |= {name: os.environ[name] for name in ("DB_HOST", "CHANNEL_REDIS")}
        shared |= {"DB_NAME": DATABASE, "QDRANT_URL": parts.enter_context(qdrant(folder))}
        people = seed(shared, 2)
        web = [WebProcess(name, shared, folder) for name in ("web-a", "web-b")]
        parts.enter_context(started(*web))
        yield Installation(web, people, database, model)
        for one in web:
            assert "Traceback" not in logs_of(one), logs_of(one)


async def begun(reading: Reading, tokens: int) -> None:
    """Until so much of its text has been read."""
    await eventually(lambda: tokens_of(reading) >= tokens)


async def ended(*readings: Reading) -> None:
    async with asyncio.timeout(MARKED_WITHIN_S):
        for reading in readings:
            await reading.ended.wait()
    assert not [reading.violations for reading in readings if reading.violations]


async def test_an_answer_is_read_and_stopped_through_the_other_process(two):
    """On a machine that is busy with something else, one of the stops may take longer."""
    late = [await sent_after_the_stop(two)]
    while late[-1] > IN_200_MS + ON_THE_WAY and len(late) < TRIES:
        late.append(await sent_after_the_stop(two))
    assert late[-1] <= IN_200_MS + ON_THE_WAY, late


async def sent_after_the_stop(two) -> int:
    """Tokens that the model sent beyond those that the one who stopped had seen by then."""
    async with Tab(two.a, two.bob) as asking, Tab(two.b, two.bob) as elsewhere:
        first = await asking.ask(QUESTION)
        second = await elsewhere.watch(first.answer)
        await begun(second, 20)
        seen = tokens_of(second)
        await elsewhere.stop(first.answer)
        await ended(first, second)
    ((status, text),) = two.rows(
        "select status, text from chat_message where id = %s", first.answer
    )
    assert (status, text) == ("stopped", first.text)
    assert (second.status, second.text, second.n) == ("stopped", first.text, first.n)
    return await two.sent_to_the_last_who_left() - seen


async def test_the_tabs_of_every_process_are_told_and_nobody_elses(two):
    async with (
        Tab(two.a, two.bob) as one,
        Tab(two.b, two.bob) as other,
        Tab(two.b, two.charlie) as stranger,
    ):
        for tab in (one, other, stranger):
            await eventually(tab.is_open)
        theirs = await stranger.ask(QUESTION)
        mine = await one.ask(QUESTION)
        await eventually(lambda: other.changes)
        await two.rename(two.a, two.bob, mine.conversation, "Holidays")
        await eventually(lambda: len(other.changes) == 2)
        await two.rename(two.b, two.charlie, theirs.conversation, "Mine alone")
        await eventually(lambda: stranger.changes)
        for tab, reading in ((one, mine), (stranger, theirs)):
            await tab.stop(reading.answer)
        await ended(mine, theirs)
    asked, renamed = other.changes
    assert (asked["change"], asked["leaf"]) == ("asked", mine.answer)
    assert (renamed["change"], renamed["title"]) == ("renamed", "Holidays")
    assert [change["title"] for change in stranger.changes] == ["Mine alone"]
    assert {change["conversation"] for change in one.changes} == {mine.conversation}


async def test_a_file_that_one_process_takes_is_seen_on_its_way_and_online_at_the_other(two):
    """Whichever worker reads it: what moves is in the rows, and pages look there."""
    await two.upload(two.a, two.bob, "canteen.txt", "The canteen opens at noon.")
    seen = False
    async with asyncio.timeout(ONLINE_WITHIN_S):
        while True:
            seen = seen or "canteen" in await two.page(two.b, two.bob, "backoffice:work")
            if seen and two.rows(ONLINE, "canteen"):
                break
            await asyncio.sleep(0.05)
    board = await two.page(two.b, two.bob, "backoffice:documents")
    assert "canteen" in board
    assert "canteen" in await two.page(two.a, two.bob, "backoffice:documents")


async def test_what_a_killed_process_wrote_is_marked_told_and_gone_on_with_elsewhere(two):
    async with Tab(two.b, two.bob) as survivor:
        async with Tab(two.a, two.bob) as lost:
            asked = await lost.ask(QUESTION)
            reading = await survivor.watch(asked.answer)
            await begun(reading, CHECKPOINTED)
            await asyncio.to_thread(two.a.kill)
            seen = tokens_of(reading)
        await ended(reading)
        ((status, text),) = two.rows(
            "select status, text from chat_message where id = %s", asked.answer
        )
        assert (reading.status, reading.text) == (status, text) == ("interrupted", text)
        assert WHOLE.startswith(text)
        assert text.count(" ") >= seen - LOST_AT_MOST
        further = await survivor.go_on_with(asked.answer)
        await ended(further)
    assert (further.status, further.text) == ("done", WHOLE)
    assert two.rows("select count(*) from chat_message where status = 'streaming'") == [(0,)]
