"""aiohttp's connections, without what they do in vain for each token."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import TCPConnector
from aiohttp.client_proto import ResponseHandler


class _Handler(ResponseHandler):
    def resume_reading(self, resume_parser: bool = True) -> None:
        # aiohttp 3.14 says so after each piece that is read, and goes through parser and transport
        # each time: a sixth of what a token costs. It means something to a paused reading alone.
        if self._reading_paused:
            super().resume_reading(resume_parser)


class TokenConnector(TCPConnector):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._factory: Any = partial(_Handler, loop=self._loop)
