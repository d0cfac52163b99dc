"""Asking the web for files: guarded, bounded, polite."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from common.outbound import OutboundPolicy
from documents.adapters.guarded_http import GuardedBackend, GuardedTransport
from documents.errors import FileTooLarge
from documents.sources.errors import (
    HttpStatus,
    RobotsRefused,
    TooManyRedirects,
    Unreachable,
)
from documents.sources.ports import UNKNOWN, Beat, Gone, Validators

MAX_REDIRECTS = 5
# From the look-up to the last byte of one address, in seconds.
TIMEOUT_S = 120.0
_WAIT = httpx.Timeout(15.0, connect=5.0)
_ROBOTS_BYTES = 500_000  # RFC 9309, section 2.5
# A site may ask for more time between two requests, up to this.
_LONGEST_DELAY_S = 10.0
# Whoever waits shows life meanwhile.
_BREATH_S = 5.0
# Not the page is at fault, but when it was asked for.
_BUSY = frozenset({429, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_AT_ONCE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class WebManners:
    user_agent: str
    delay_s: float  # between two requests to one host
    limit_mb: int  # of one file, unpacked
    timeout_s: float = TIMEOUT_S

    @property
    def robot(self) -> str:
        """What robots.txt calls it: the product, without version and comment (RFC 9309, 2.2.1)."""
        return self.user_agent.partition("/")[0].split(" ")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    url: str  # where redirects have led
    media_type: str  # as the server says, without parameters
    validators: Validators


class _TooMuch(Exception):
    """The body is larger than it may be."""


@dataclass
class Web:
    """To be closed: it keeps connections."""

    policy: OutboundPolicy
    manners: WebManners
    beat: Beat = lambda: None
    _asked: dict[str, float] = field(default_factory=dict, init=False)
    _robots: dict[str, Protego] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._backend = GuardedBackend(self.policy)
        self._client = httpx.Client(
            transport=GuardedTransport(self._backend),
            headers={"User-Agent": self.manners.user_agent, "Accept-Encoding": "gzip"},
            timeout=_WAIT,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def fetch(
        self, url: str, to: Path, known: Validators = UNKNOWN, *, site: str = ""
    ) -> Answer | None:
        """Write what is at an address into `to`; None where it is as `known` says.

        `site`: redirects may not lead away from this host. Raises AddressRefused, RobotsRefused,
        TooManyRedirects, FileTooLarge, HttpStatus, Unreachable; Gone where it is there no more.
        """
        headers = _conditions(known)
        limit = self.manners.limit_mb * 1_000_000
        with closing(self._answer(url, headers, site=site, heeding=True)) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            _refuse_failures(response, url)
            try:
                _write(response, to, limit, self.beat)
            except _TooMuch as error:
                raise FileTooLarge(file=url, limit=self.manners.limit_mb) from error
            except (httpx.HTTPError, zlib.error) as error:
                raise Unreachable(address=url, cause=str(error)) from error
            return Answer(
                url=str(response.url),
                media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                validators=Validators(
                    response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
                ),
            )

    def _answer(
        self, url: str, headers: dict[str, str], *, site: str = "", heeding: bool
    ) -> httpx.Response:
        """The answer at the end of the redirects, its body not read yet."""
        asked = url
        for _hop in range(MAX_REDIRECTS + 1):
            self.beat()
            asked = self.policy.checked(asked)
            if site and bare_host(asked) != bare_host(site):
                raise TooManyRedirects(address=url, cause=f"leads to {asked}")
            if heeding:
                self._heed_robots(asked)
            self._be_polite(asked)
            response = self._send(asked, headers)
            if response.status_code not in _MOVED or "Location" not in response.headers:
                return response
            response.close()
            asked = urljoin(asked, response.headers["Location"])
        raise TooManyRedirects(address=url)

    def _send(self, url: str, headers: dict[str, str]) -> httpx.Response:
        self._backend.until = time.monotonic() + self.manners.timeout_s
        try:
            request = self._client.build_request("GET", url, headers=headers)
            return self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(address=url, cause=str(error)) from error

    def _be_polite(self, url: str) -> None:
        host = urlsplit(url).netloc
        delay = self.manners.delay_s
        if robots := self._robots.get(_origin(url)):
            asked_for = float(robots.crawl_delay(self.manners.robot) or 0)
            delay = max(delay, min(asked_for, _LONGEST_DELAY_S))
        left = self._asked.get(host, float("-inf")) + delay - time.monotonic()
        while left > 0:
            self._wait(min(left, _BREATH_S))
            self.beat()
            left -= _BREATH_S
        self._asked[host] = time.monotonic()

    def _wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def _heed_robots(self, url: str) -> None:
        origin = _origin(self.policy.checked(url))
        if origin not in self._robots:
            self._robots[origin] = Protego.parse(self._robots_of(origin))
        if not self._robots[origin].can_fetch(url, self.manners.robot):
            raise RobotsRefused(address=url)

    def _robots_of(self, origin: str) -> str:
        """Its rules; none where the site has none. A site that cannot say whether it has some is
        not asked for anything else (RFC 9309, section 2.3.1)."""
        url = f"{origin}/robots.txt"
        with closing(self._answer(url, {}, heeding=False)) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise Unreachable(address=url, cause=f"status {response.status_code}")
            if not response.is_success:
                return ""
            text = bytearray()
            try:
                for block in _unpacked(response):
                    text += block
                    if len(text) > _ROBOTS_BYTES:
                        break
            except (httpx.HTTPError, zlib.error) as error:
                raise Unreachable(address=url, cause=str(error)) from error
        return bytes(text[:_ROBOTS_BYTES]).decode("utf-8", "replace")


def bare_host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().removeprefix("www.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _conditions(known: Validators) -> dict[str, str]:
    wanted = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in wanted.items() if value}


def _refuse_failures(response: httpx.Response, url: str) -> None:
    if response.is_success:
        return
    if response.status_code in _BUSY:
        raise Unreachable(address=url, cause=f"status {response.status_code}")
    failure = HttpStatus(address=url, status=response.status_code)
    if response.status_code in {404, 410}:
        raise Gone(failure)
    raise failure


def _write(response: httpx.Response, to: Path, limit: int, beat: Beat) -> None:
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _TooMuch
    size = 0
    with to.open("wb") as target:
        for block in _unpacked(response):
            size += len(block)
            if size > limit:
                raise _TooMuch
            target.write(block)
            beat()


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The body, a bounded piece at a time: a small one may unpack to any size."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        yield from response.iter_raw()
    elif coding in {"gzip", "x-gzip"}:
        yield from gunzipped(response.iter_raw())
    else:
        raise httpx.DecodingError(f"Content-Encoding {coding}")


def gunzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Raises zlib.error."""
    unpacker = zlib.decompressobj(wbits=31)
    for block in blocks:
        left = block
        while left:
            yield unpacker.decompress(left, _AT_ONCE_BYTES)
            left = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise zlib.error("the end is missing")
