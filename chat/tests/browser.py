"""A real server for browser tests: pages, sockets and static files over uvicorn in a thread.

The same application as cassandre.asgi composes, but for the life around it: no worker runs, and
the test process itself ingests what a test needs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from functools import cached_property
from typing import Any

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page

from accounts.models import User
from ai.providers.scripted import ScriptedModel
from bench.front import nginx_before
from chat import services
from chat.routing import websocket_application
from chat.runs import runs
from documents.models import Corpus
from documents.tests.pdf_writer import pdf
from documents.tests.pipeline import bring_online

WAIT_S = 15

FIRST_PAGE = "General rules of the house"
SECOND_PAGE = (
    "Annual leave\n"
    "Every employee has twenty-five days of annual leave, which are\n"
    "carried over until the end of May.\n"
    "Telework is limited to two days a week."
)


class Site:
    """A running server, and what a test says to it from outside its loop."""

    def __init__(self) -> None:
        application = ProtocolTypeRouter(
            {
                "http": ASGIStaticFilesHandler(get_asgi_application()),
                "websocket": websocket_application,
            }
        )
        config = uvicorn.Config(
            application,
            host="127.0.0.1",
            port=0,
            lifespan="off",
            ws="websockets-sansio",
            log_level="error",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="site", daemon=True)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._started.set()
            await self._server.serve()

        asyncio.run(serve())

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(WAIT_S)
        for _ in range(WAIT_S * 100):
            if self._server.started:
                return
            threading.Event().wait(0.01)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        self.run(runs.drain(grace_s=0.1))
        runs.closing = False
        self._server.should_exit = True
        self._thread.join(WAIT_S)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """In the server's own loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WAIT_S)

    def open_gate(self, gate: asyncio.Event) -> None:
        """Let a script of the model go on."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(gate.set)

    @property
    def port(self) -> int:
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @cached_property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def site(transactional_db: None, through_nginx: bool, settings: Any) -> Iterator[Site]:
    site = Site()
    site.start()
    with ExitStack() as stack:
        stack.callback(site.stop)
        if through_nginx:
            settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
            site.url = stack.enter_context(nginx_before(site.port))
        yield site


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Answers are written by this script."""
    scripted = ScriptedModel()
    monkeypatch.setattr(services, "get_chat_model", lambda: scripted)
    return scripted


@pytest.fixture
def rules(transactional_db: None, erin: User, handbook: Corpus) -> Corpus:
    """A PDF of two pages, online; its second one answers."""
    bring_online(erin, handbook, "rules.pdf", pdf(FIRST_PAGE, SECOND_PAGE))
    return handbook


def sign_in(page: Page, site: Site, user: User) -> None:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": site.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # playwright's TypedDict


@pytest.fixture
def visit(page: Page, site: Site, bob: User) -> Iterator[Page]:
    """bob's browser at the site; fails where a page complains, e.g. of the content policy."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # Chromium says so of a page that is left while its socket is being opened.
        if "closed before the connection is established" in message.text:
            return
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.context.on("console", heard)
    page.context.on("weberror", lambda failed: complaints.append(str(failed.error)))
    sign_in(page, site, bob)
    yield page
    page.context.close()
    assert not complaints, complaints
