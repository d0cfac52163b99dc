"""PostgreSQL and Redis that take a connection and then say nothing, as behind a lost network: the
worst of outages, because nobody is refused."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from bench.processes import mock_model
from bench.soak.stack import WebProcess, qdrant, seed
from cassandre.tests.conftest import free_port
from cassandre.tests.web_processes import Tab, environment, logs_of, started
from scripts import services

pytestmark = pytest.mark.services

QUESTION = "How many days of annual leave do employees have?"
TOKENS = 100
WHOLE = "".join(f"tok{number} " for number in range(TOKENS))
# Many times what is meant, on a machine that does much else.
SOON_S = 60.0


class Frozen:
    """A server and all of its processes."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)

    def _tell(self, number: signal.Signals) -> None:
        for process in [self._server, *self._server.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def __enter__(self) -> None:
        self._tell(signal.SIGSTOP)

    def __exit__(self, *_error: object) -> None:
        self._tell(signal.SIGCONT)


class Installation:
    def __init__(self, web: WebProcess, bob: str, postgres: Frozen, redis: Frozen) -> None:
        self.web, self.bob, self.postgres, self.redis = web, bob, postgres, redis

    async def get(self, path: str) -> tuple[int, str, str]:
        """Status, Retry-After and text."""
        return await asyncio.to_thread(self._get, path)

    def _get(self, path: str) -> tuple[int, str, str]:
        url = f"http://127.0.0.1:{self.web.port}{path}"
        request = urllib.request.Request(url, headers={"Cookie": self.bob, "Accept-Language": "en"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=SOON_S) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Retry-After", ""), error.read().decode()

    async def serves(self) -> bool:
        return (await self.get("/search/"))[0] == 200


async def soon(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110 (a reading tells nobody)
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def installation():
    if not os.environ.get("DB_HOST"):
        pytest.skip("no PostgreSQL and Redis: make test-services starts them")
    with ExitStack() as parts:
        scratch = tempfile.TemporaryDirectory(prefix="cassandre-frozen-")
        folder = Path(parts.enter_context(scratch))
        folder.chmod(0o711)  # the user postgres must be able to pass through
        model = parts.enter_context(mock_model(folder))
        own = environment(folder, model_url=model, model=f"mock-{TOKENS}t-20ms")
        own |= parts.enter_context(services.postgres(folder, free_port()))
        before = {process.pid for process in psutil.Process().children()}
        own |= parts.enter_context(services.redis(folder, free_port()))
        (redis,) = {process.pid for process in psutil.Process().children()} - before
        own["QDRANT_URL"] = parts.enter_context(qdrant(folder))
        (bob,) = seed(own, 1)
        web = WebProcess("web", own, folder)
        parts.enter_context(started(web))
        postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        yield Installation(web, bob, Frozen(postmaster), Frozen(redis))
        assert "Traceback" not in logs_of(web), logs_of(web)


async def test_nobody_waits_for_a_frozen_postgresql_and_nothing_is_lost(installation):
    async with Tab(installation.web, installation.bob) as tab:
        reading = await tab.ask(QUESTION)
        await soon(lambda: reading.text)
        with installation.postgres:
            status, retry, text = await installation.get("/search/?q=leave")
            assert (status, retry) == (503, "10")
            assert "does not answer at the moment" in text
            # From now on nobody waits at all.
            pages = ("/chat/", "/admin/", "/status/", "/account/login/")
            for path in pages:
                assert (await installation.get(path))[0] == 503, path
            assert (await installation.get("/healthz"))[0] == 200
            assert (await installation.get("/readyz"))[0] == 503
            # The model's words go on to their reader, from the memory of the process.
            await soon(lambda: reading.text == WHOLE)
        await asyncio.wait_for(reading.ended.wait(), SOON_S)
        assert (reading.status, reading.text) == ("done", WHOLE)
    assert await installation.serves()
    assert (await installation.get("/readyz"))[0] == 200


async def test_a_frozen_redis_holds_nobody_up(installation):
    async with Tab(installation.web, installation.bob) as tab:
        with installation.redis:
            reading = await tab.ask(QUESTION)
            await asyncio.wait_for(reading.ended.wait(), SOON_S)
            assert (reading.status, reading.text) == ("done", WHOLE)
            assert await installation.serves()
        again = await tab.ask(QUESTION)
        await asyncio.wait_for(again.ended.wait(), SOON_S)
        assert again.status == "done"
