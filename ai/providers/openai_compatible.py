"""Any server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, Paradigm, ...

The token path does not use the `openai` package, whose stream costs ten times the CPU: one
shared session, and a reader of its own that decodes only what is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import aiohttp
import msgspec

from ai.errors import ModelConnectionLost, ModelTimedOut, ModelUnavailable
from ai.ports import ChatRequest, Finished, ModelEvent, TextDelta
from ai.prompts import build_messages
from ai.providers.completions import StreamedAnswer, text_of
from ai.providers.endpoints import ModelEndpoint, host_of
from ai.providers.faults import Refusal, error_for, read_refusal
from ai.providers.sessions import current_session, proxy_for
from ai.providers.watchdog import Watchdog

logger = logging.getLogger(__name__)

# After finish_reason only usage and [DONE] are to come; nobody waits longer for them than this.
_TRAILER_S = 2.0
# The end of the body often follows [DONE] in a packet of its own: reading it lets the next
# question use the connection again, which is worth a TLS handshake.
_DRAIN_S = 0.2
_MAX_REFUSAL_BYTES = 65_536
# Whether a server lives, and whether its model says a word.
_PROBE_S, _PROBE_WORD_S, _PROBE_TOKENS = 5.0, 15.0, 16
# What arrives meanwhile is read together: to wake for a token costs more than to parse ten, and
# readers get a frame as seldom (chat.writing).
_READ_INTERVAL_S = 0.04
# For servers that take no notice of max_tokens: twice what tokens of prose and tables have.
_MAX_CHARACTERS_PER_TOKEN = 10


class OpenAICompatible:
    is_language_model = True

    def __init__(
        self,
        endpoint: ModelEndpoint,
        session: Callable[[], aiohttp.ClientSession] = current_session,
    ) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._session = session
        self._url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
        self._server = host_of(endpoint.base_url)
        self._proxy = proxy_for(endpoint.base_url)
        self._headers = {"Content-Type": "application/json"}
        if endpoint.api_key:
            self._headers["Authorization"] = f"Bearer {endpoint.api_key}"
        # What this server has refused once is not asked of it again.
        self._usage_wanted = True
        self._limit_field = "max_tokens"

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        response = await self._open(build_messages(request), request.max_tokens, stream=True)
        watchdog = Watchdog(
            response.content,
            first_s=max(started + self._endpoint.first_token_timeout_s - loop.time(), 0),
            gap_s=self._endpoint.gap_timeout_s,
            whole_s=max(started + self._endpoint.max_answer_s - loop.time(), 0),
        )
        answer = StreamedAnswer(room=request.max_tokens * _MAX_CHARACTERS_PER_TOKEN)
        try:
            while not answer.over:
                text = await self._next_text(response, answer, watchdog)
                if text is None:
                    break
                if text:
                    watchdog.pause()
                    yield TextDelta(text)
                    if not answer.complete:
                        await asyncio.sleep(_READ_INTERVAL_S)
                    watchdog.resume()
            watchdog.stop()
            if answer.error:
                raise answer.error
            if answer.usage:
                yield answer.usage
            yield Finished(answer.finish or "stop")
            if not answer.cut:
                await _drain(response)
        finally:
            watchdog.stop()
            # Whatever was not read to its end is cut here, and not put back into the pool.
            response.close()
            if answer.unreadable:
                logger.warning("%s sent %d unreadable events", self.name, answer.unreadable)

    async def complete(self, prompt: str, *, max_tokens: int) -> str:
        messages = [{"role": "user", "content": prompt}]
        with _network_errors(self._server):
            async with asyncio.timeout(self._endpoint.first_token_timeout_s):
                response = await self._open(messages, max_tokens, stream=False)
                try:
                    return text_of(await response.read())
                finally:
                    response.close()

    async def probe(self, *, is_whole: bool) -> None:
        """Ask for the list of models, which costs no token, and where `is_whole` for a word too.
        A server without such a list lives. Raises ModelError."""
        with _network_errors(self._server):
            async with asyncio.timeout(_PROBE_S):
                response = await self._session().get(
                    f"{self._endpoint.base_url.rstrip('/')}/models",
                    headers=self._headers,
                    proxy=self._proxy,
                    allow_redirects=False,
                )
                refusal = await _refusal_in(response)
        if response.status in (401, 403, 429) or response.status >= 500:
            raise error_for(response.status, response.headers, refusal, server=self._server)
        if is_whole:
            with _network_errors(self._server):
                async with asyncio.timeout(_PROBE_WORD_S):
                    await self.complete("Say: ok", max_tokens=_PROBE_TOKENS)

    async def _next_text(
        self, response: aiohttp.ClientResponse, answer: StreamedAnswer, watchdog: Watchdog
    ) -> str | None:
        """The text of the next network read, perhaps empty; None at the answer's end."""
        try:
            data = await response.content.readany()
        except (aiohttp.ClientError, OSError, ModelTimedOut) as error:
            if not isinstance(error, ModelTimedOut) and (left := _left_in(response.content)):
                return answer.take(left)
            if answer.complete:  # only usage or [DONE] was still to come
                return None
            if watchdog.ran_out and answer.has_text:
                answer.cut_off()
                return None
            if isinstance(error, ModelTimedOut):
                raise
            cause = f"{self._server}: {type(error).__name__}"
            raise ModelConnectionLost(cause=cause) from None
        if not data:
            text = answer.end()
            if text or answer.complete or answer.error:
                return text or None
            raise ModelConnectionLost(cause=f"{self._server} ended without a finish_reason")
        text = answer.take(data)
        if answer.finish:
            watchdog.bound(_TRAILER_S)
        elif answer.lively:
            watchdog.alive()
        return text

    async def _open(
        self, messages: list[dict[str, str]], max_tokens: int, *, stream: bool
    ) -> aiohttp.ClientResponse:
        """A response with status 200 whose body is not yet read."""
        with _network_errors(self._server):
            async with asyncio.timeout(self._endpoint.first_token_timeout_s):
                while True:
                    body = self._body(messages, max_tokens, stream=stream)
                    response = await self._session().post(
                        self._url,
                        data=msgspec.json.encode(body),
                        headers=self._headers,
                        proxy=self._proxy,
                        # A redirect would send the user's question where nobody configured it.
                        allow_redirects=False,
                    )
                    if response.status == 200 and _is_answer(response, stream=stream):
                        return response
                    refusal = await _refusal_in(response)
                    if not (response.status in (400, 422) and self._adapt(body, refusal)):
                        raise error_for(
                            response.status, response.headers, refusal, server=self._server
                        )

    def _body(
        self, messages: list[dict[str, str]], max_tokens: int, *, stream: bool
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": messages,
            self._limit_field: max_tokens,
            "stream": stream,
        }
        if stream and self._usage_wanted:
            body["stream_options"] = {"include_usage": True}
        return body

    def _adapt(self, body: dict[str, Any], refusal: Refusal) -> bool:
        """Whether to ask again without a field that this server refuses; each at most once."""
        if "stream_options" in body and _names(refusal, "stream_options", "include_usage"):
            self._usage_wanted = False
            return True
        if "max_tokens" in body and _names(refusal, "max_completion_tokens"):
            self._limit_field = "max_completion_tokens"
            return True
        return False


def _names(refusal: Refusal, *fields: str) -> bool:
    return any(field in refusal.message for field in fields)


def _is_answer(response: aiohttp.ClientResponse, *, stream: bool) -> bool:
    """Some servers say 200 and give an error as JSON where a stream was asked for."""
    return not (stream and response.content_type == "application/json")


async def _refusal_in(response: aiohttp.ClientResponse) -> Refusal:
    body = b""
    try:
        while len(body) < _MAX_REFUSAL_BYTES and (data := await response.content.readany()):
            body += data
    except aiohttp.ClientError:  # the status alone says enough
        pass
    finally:
        response.close()
    return read_refusal(body)


def _left_in(content: aiohttp.StreamReader) -> bytes:
    """What came while nobody read, before the connection broke: aiohttp would not give it."""
    left = b"".join(content._buffer)  # noqa: SLF001
    content._buffer.clear()  # noqa: SLF001
    return left


async def _drain(response: aiohttp.ClientResponse) -> None:
    with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError, ModelTimedOut):
        async with asyncio.timeout(_DRAIN_S):
            while not response.content.at_eof():
                await response.content.readany()


@contextlib.contextmanager
def _network_errors(server: str) -> Iterator[None]:
    """Errors before the first byte of an answer, in the vocabulary of ai.errors."""
    try:
        yield
    except TimeoutError:
        raise ModelTimedOut(cause=f"{server} did not answer in time") from None
    except (aiohttp.ClientError, OSError) as error:
        raise ModelUnavailable(cause=f"{server}: {type(error).__name__}") from None
