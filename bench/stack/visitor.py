"""Somebody's browser as far as HTTP goes, over nginx and TLS. What fails is told by a code."""

from __future__ import annotations

import re
import ssl
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

PATIENCE_S = 30.0
NO_CONNECTION, TIME_OUT = "no connection", "time-out"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_OWNER = re.compile(r'<select name="owner".*?<option value="([0-9a-f-]+)" selected', re.DOTALL)


class Failed(Exception):
    """`code`: that of the application's JSON, else the HTTP status, else what the network did."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Visitor(AbstractAsyncContextManager["Visitor"]):
    def __init__(self, url: str, cookie: str, tls: ssl.SSLContext, *, address: str = "") -> None:
        """`address`: that of this machine to come from; 127.0.0.0/8 is all its own."""
        self._url = url
        self._token = ""
        self._owner = ""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # an address of numbers has cookies too
            connector=aiohttp.TCPConnector(
                ssl=tls, local_addr=(address, 0) if address else None, limit=4
            ),
            headers={"Accept-Language": "en"},
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        )
        name, _, value = cookie.partition("=")
        self._session.cookie_jar.update_cookies({name: value}, URL(url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(self, path: str) -> bytes:
        """Raises Failed."""
        return (await self._ask("GET", path, 200))[0]

    async def upload(self, corpus: str, name: str, content: bytes) -> str:
        """The id of the document that was made. Raises Failed."""
        form = aiohttp.FormData()
        form.add_field("corpus", corpus)
        form.add_field("csrfmiddlewaretoken", await self._csrf())
        form.add_field("file", content, filename=name)
        path = "/admin/documents/upload/"
        body, _to = await self._ask("POST", path, 201, form, accept="application/json")
        return str(re.findall(rb'"document": "([^"]+)"', body)[0].decode())

    async def draft(self, corpus: str, question: str, text: str) -> str:
        """The id of an approved answer, kept as a draft. Raises Failed."""
        fields = {
            "csrfmiddlewaretoken": await self._csrf(),
            "question": question,
            "text": text,
            "corpus": corpus,
            "language": "en",
            "owner": self._owner,
            "review_on": "2099-01-01",
            "action": "save",
        }
        _body, to = await self._ask("POST", "/admin/approved/new/", 302, fields)
        return to.rstrip("/").rsplit("/", 1)[-1]

    async def _csrf(self) -> str:
        if not self._token:
            page = (await self.get("/admin/approved/new/")).decode()
            token, owner = _TOKEN.search(page), _OWNER.search(page)
            if token is None or owner is None:
                raise Failed("a page without its form")
            self._token, self._owner = token[1], owner[1]
        return self._token

    async def _ask(
        self,
        method: str,
        path: str,
        wanted: int,
        data: aiohttp.FormData | dict[str, str] | None = None,
        *,
        accept: str = "text/html",
    ) -> tuple[bytes, str]:
        url = f"{self._url}{path}"
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers={"Accept": accept, "Referer": url},
                allow_redirects=False,
            ) as response:
                body = await response.read()
                if response.status != wanted:
                    raise Failed(_code_of(response.status, body))
                return body, response.headers.get("Location", "")
        except TimeoutError:
            raise Failed(TIME_OUT) from None
        except (aiohttp.ClientError, OSError):
            raise Failed(NO_CONNECTION) from None


def _code_of(status: int, body: bytes) -> str:
    found = re.match(rb'\{"code": "([^"]+)"', body)
    return found[1].decode() if found else str(status)
