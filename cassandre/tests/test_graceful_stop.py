"""A web process that is told to end, as a deployment does: real process, real sockets."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing

import pytest

from bench import client
from bench.processes import mock_model
from bench.soak.stack import WebProcess, seed
from cassandre.tests.web_processes import Tab, environment, logs_of, started, tokens_of
from chat.tests.streaming import eventually

QUESTION = "How many days of annual leave do employees have?"
TOKENS, GAP_MS = 75, 20  # one second and a half
GRACE_S = 2
END_S = 20.0


class Deployed:
    """One embedded process with a database of its own."""

    def __init__(self, folder, model_url: str, model: str) -> None:
        values = environment(folder, model_url=model_url, model=model)
        values["ANSWER_GRACE_S"] = str(GRACE_S)
        (self.cookie,) = seed(values, 1)
        self.web = WebProcess("web", values, folder)
        self._database = folder / "data" / "cassandre.sqlite3"

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self._database)) as connection:
            return connection.execute(query).fetchall()

    async def told_to_end(self) -> None:
        """Returns when it has."""
        process = self.web.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, END_S)


@pytest.fixture
def deployed(tmp_path):
    def deploy(model: str) -> Deployed:
        return Deployed(tmp_path, url, model)

    with mock_model(tmp_path) as url:
        yield deploy


class Closed(Tab):
    """A tab that does not come back, and knows why it was closed."""

    async def _hear(self) -> None:
        self.code = None
        try:
            await super()._hear()
        finally:
            if self._socket is not None and self._life is not None:
                await self._socket.wait_closed()
                self.code = self._socket.close_code
                self._life.cancel()


async def test_answers_finish_while_their_readers_are_sent_elsewhere(deployed):
    deployment = deployed(f"mock-{TOKENS}t-{GAP_MS}ms")
    with started(deployment.web):
        async with Closed(deployment.web, deployment.cookie) as tab:
            reading = await tab.ask(QUESTION)
            await eventually(lambda: tokens_of(reading) >= 5)
            ending = asyncio.create_task(deployment.told_to_end())
            await eventually(lambda: tab.code)
            assert not reading.ended.is_set()
            assert not ending.done()
            await ending
        assert tab.code == 1012
    ((status, text),) = deployment.rows(
        "select status, text from chat_message where role = 'assistant'"
    )
    assert status == "done"
    assert text == "".join(f"tok{number} " for number in range(TOKENS))
    assert "Traceback" not in logs_of(deployment.web)


async def test_what_does_not_finish_in_time_is_interrupted_and_kept_and_can_go_on(
    deployed, monkeypatch
):
    monkeypatch.setattr(client, "LONGEST_WAIT_S", 0.5)
    deployment = deployed("mock-9999999t-20ms")
    with started(deployment.web):
        async with Tab(deployment.web, deployment.cookie) as tab:
            reading = await tab.ask(QUESTION)
            await eventually(lambda: tokens_of(reading) >= 5)
            await deployment.told_to_end()
            ((status, text),) = deployment.rows(
                "select status, text from chat_message where role = 'assistant'"
            )
            assert status == "interrupted"
            assert text.startswith(reading.text)
            assert text.count(" ") > tokens_of(reading)  # it was written on in its grace
            deployment.web.end()
            await asyncio.to_thread(deployment.web.start)
            # The tab has come back by itself, and is told how it ended.
            await asyncio.wait_for(reading.ended.wait(), END_S)
            assert (reading.status, reading.text) == (status, text)
            further = await tab.go_on_with(reading.answer)
            await eventually(lambda: further.text.startswith(text))
            await tab.stop(further.answer)
            await asyncio.wait_for(further.ended.wait(), END_S)
    assert reading.violations == further.violations == []
    assert "Traceback" not in logs_of(deployment.web)
    assert deployment.rows("select count(*) from chat_message where status = 'streaming'") == [(0,)]
