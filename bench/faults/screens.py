"""What a fault looks like: a question and a search in headless Chromium while it lasts."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from bench.seed import QUESTION
from bench.stack import Stack

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

AFTER_S = 4.0
LOOK_S = 9.0


class Screens(AbstractAsyncContextManager["Screens"]):
    """None are taken without a folder for them."""

    def __init__(self, stack: Stack, name: str, folder: Path | None) -> None:
        self.names: list[str] = []
        self._stack, self._name, self._folder = stack, name, folder
        self._ending = AsyncExitStack()
        self._context: BrowserContext | None = None

    async def __aenter__(self) -> Self:
        if self._folder is not None:
            self._context = await self._opened()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._ending.aclose()

    async def take(self) -> None:
        """Two pages, a few seconds into the fault; a page that does not come is shown as it is."""
        if self._context is None:
            return
        from playwright.async_api import Error

        chat, search = await self._context.new_page(), await self._context.new_page()
        for page, path in ((chat, "/chat/"), (search, f"/search/?{urlencode({'q': QUESTION})}")):
            try:
                await page.goto(f"{self._stack.url}{path}", timeout=LOOK_S * 1000)
                if page is chat:
                    await page.locator("textarea").first.fill(QUESTION, timeout=2000)
                    await page.keyboard.press("Enter")
                await asyncio.sleep(AFTER_S)
            except Error:
                continue
            finally:
                await self._shoot(page, "chat" if page is chat else "search")

    async def _shoot(self, page: object, what: str) -> None:
        assert self._folder is not None
        name = f"{self._name}-{what}.png"
        await page.screenshot(path=self._folder / name)  # type: ignore[attr-defined]
        self.names.append(name)

    async def _opened(self) -> BrowserContext:
        from playwright.async_api import async_playwright

        playwright = await self._ending.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        self._ending.push_async_callback(browser.close)
        context = await browser.new_context(
            ignore_https_errors=True, viewport={"width": 1280, "height": 800}, locale="en-GB"
        )
        name, _, value = self._stack.seeded.readers[0].partition("=")
        await context.add_cookies(
            [{"name": name, "value": value, "url": self._stack.url, "secure": True}]
        )
        return context
