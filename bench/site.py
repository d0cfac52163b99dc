"""A scratch Cassandre on embedded defaults, and its administrator's browser."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import psutil

from bench.processes import free_port, running

EMAIL, PASSWORD = "bench@example.org", "a-passphrase-for-benchmarks"
_SERVICES = ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL")
_MODELS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PARADIGM_HOST", "EMBEDDING_MODEL")


@contextmanager
def site(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """The process and the address of a Cassandre whose data is in `folder`/data."""
    port = free_port()
    environment = {
        **dict.fromkeys((*_SERVICES, *_MODELS), ""),
        "CASSANDRE_DATA": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "DJANGO_SUPERUSER_EMAIL": EMAIL,
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "SECRET_KEY": "a-secret-for-the-length-of-one-benchmark",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cassandre.serve"]
    log = folder / "site.log"
    with running(command, environment=environment, url=f"{url}/healthz", log=log) as process:
        yield process, url


class Browser:
    """Enough of a browser to sign in, make a corpus, upload and search."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def get(self, path: str) -> str:
        async with self._session.get(f"{self._url}{path}") as response:
            response.raise_for_status()
            return await response.text()

    async def post(self, path: str, fields: dict[str, str]) -> None:
        token = self._token(await self.get(path))
        async with self._session.post(
            f"{self._url}{path}",
            data={**fields, "csrfmiddlewaretoken": token},
            headers={"Referer": f"{self._url}{path}"},
        ) as response:
            response.raise_for_status()

    async def new_corpus(self, name: str, language: str) -> str:
        """Make a corpus that everybody reads; returns its id."""
        fields = {"name": name, "language": language, "passages_read": "6", "visibility": "all"}
        await self.post("/admin/corpora/new/", fields)
        page = await self.get("/admin/documents/")
        options = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>\s*([^<]+?)\s*</option>', page)
        return str(next(pk for pk, shown in options if shown == name))

    async def upload(self, corpus: str, name: str, content: bytes, token: str) -> None:
        form = aiohttp.FormData()
        form.add_field("corpus", corpus)
        form.add_field("csrfmiddlewaretoken", token)
        form.add_field("file", content, filename=name)
        async with self._session.post(
            f"{self._url}/admin/documents/upload/",
            data=form,
            headers={"Accept": "application/json", "Referer": self._url},
        ) as response:
            if response.status != 201:
                raise RuntimeError(f"{name}: {response.status} {await response.text()}")

    async def token(self) -> str:
        return self._token(await self.get("/admin/documents/"))

    async def documents(self, state: str) -> list[dict[str, str]]:
        """The rows of the board's CSV in a state: online, working, failed."""
        text = await self.get(f"/admin/documents/export/?state={state}")
        return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))

    async def until_ingested(self) -> None:
        while await self.documents("working"):  # noqa: ASYNC110 (another process tells nobody)
            await asyncio.sleep(0.25)

    @staticmethod
    def _token(page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError("the page holds no form")
        return found[1]


def _delimiter(text: str) -> str:
    return max(",;\t", key=text.split("\n")[0].count)


@asynccontextmanager
async def signed_in(url: str) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)  # an address of numbers may have cookies too
    headers = {"Accept-Language": "en", "Accept": "text/html"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session:
        browser = Browser(session, url)
        await browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        yield browser
