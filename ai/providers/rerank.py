"""A server that judges passages against a question: the `/rerank` wire that Cohere, Jina, vLLM and
Infinity share, and the one of text-embeddings-inference.

    POST {model, query, documents, top_n}  ->  {results: [{index, relevance_score}]}
    POST {query, texts, truncate}          ->  [{index, score}]
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

from ai.errors import ModelError, ModelRequestRefused, ModelTimedOut, ModelUnavailable
from ai.health import observed
from ai.providers.endpoints import RerankEndpoint, host_of
from ai.providers.faults import error_for, read_refusal
from ai.providers.resting import Rest

if TYPE_CHECKING:
    import httpx

# Of one text. Servers read some hundred tokens; some refuse more instead of cutting it off.
MAX_CHARACTERS = 4_000

# A server that drips its answer stays within each of the client's own bounds: the whole is
# bounded by leaving it alone in a thread.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="rerank")


class HttpReranker:
    def __init__(self, endpoint: RerankEndpoint) -> None:
        self.model = endpoint.model
        self._endpoint = endpoint
        self._server = host_of(endpoint.url)
        self._rest = Rest(self._server)
        self._says_texts = False  # text-embeddings-inference; found out by a refusal
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, in their order, on the server's own scale; minus infinity
        where it did not say. Raises ModelError, after `timeout_s` at the latest."""
        if not texts:
            return []
        cut = [text[:MAX_CHARACTERS] for text in texts]
        with self._rest.observed(), observed("reranker", self.model):
            return self._ask_in_time(question, cut)

    def probe(self) -> None:
        self._ask_in_time("leave", ["leave"])

    def _ask_in_time(self, question: str, texts: list[str]) -> list[float]:
        waiting = _threads.submit(self._ask, question, texts)
        try:
            return waiting.result(timeout=self._endpoint.timeout_s)
        except TimeoutError:
            waiting.cancel()
            raise ModelTimedOut(cause=f"{self._server} did not answer in time") from None

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, question: str, texts: list[str]) -> list[float]:
        try:
            return self._post(question, texts, says_texts=self._says_texts)
        except ModelRequestRefused:
            if self._says_texts:
                raise
            scores = self._post(question, texts, says_texts=True)
            self._says_texts = True
            return scores

    def _post(self, question: str, texts: list[str], *, says_texts: bool) -> list[float]:
        import httpx  # noqa: PLC0415 (heavy: only a process that reranks loads it)

        body: dict[str, Any] = {"query": question}
        if says_texts:
            body |= {"texts": texts, "truncate": True}
        else:
            body |= {"model": self.model, "documents": texts, "top_n": len(texts)}
        try:
            with self._connected().stream("POST", self._endpoint.url, json=body) as answer:
                content = self._read(answer)
        except httpx.TimeoutException:
            raise ModelTimedOut(cause=f"{self._server} did not answer in time") from None
        except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: closed meanwhile
            raise ModelUnavailable(cause=f"{self._server}: {type(error).__name__}") from None
        if not answer.is_success:
            raise self._error_of(answer, content)
        return self._scores(content, len(texts))

    def _read(self, answer: httpx.Response) -> bytes:
        """The asker has gone by then; but a thread must not be held for ever."""
        end = time.monotonic() + self._endpoint.timeout_s
        content = b""
        for part in answer.iter_bytes():
            content += part
            if time.monotonic() > end:
                raise ModelTimedOut(cause=f"{self._server} did not come to an end")
        return content

    def _scores(self, content: bytes, count: int) -> list[float]:
        try:
            return scores_of(msgspec.json.decode(content), count)
        except (msgspec.MsgspecError, ValueError) as error:
            cause = f"{self._server} gave no ranking: {error}"
            raise ModelUnavailable(cause=cause) from None

    def _error_of(self, answer: httpx.Response, content: bytes) -> ModelError:
        refusal = read_refusal(content)
        return error_for(answer.status_code, answer.headers, refusal, server=self._server)

    def _connected(self) -> httpx.Client:
        import httpx  # noqa: PLC0415 (as above)

        with self._lock:
            if self._client is None:
                key = self._endpoint.api_key
                self._client = httpx.Client(
                    headers={"Authorization": f"Bearer {key}"} if key else {},
                    timeout=self._endpoint.timeout_s,
                )
            return self._client


def scores_of(answer: Any, count: int) -> list[float]:
    """Out of any of the known shapes. Raises ValueError, which holds nothing of the texts."""
    if isinstance(answer, Mapping):
        found = (answer[name] for name in ("results", "data") if name in answer)
        answer = next(found, None)
    if not isinstance(answer, list) or not answer:
        raise ValueError("no list of results")
    scores = [-math.inf] * count
    for item in answer:
        index, score = _ranked(item)
        if not 0 <= index < count or scores[index] != -math.inf:
            raise ValueError(f"index {index} of {count} texts")
        scores[index] = score
    return scores


def _ranked(item: object) -> tuple[int, float]:
    if not isinstance(item, Mapping):
        raise ValueError("a result that is no object")
    index, score = item.get("index"), item.get("relevance_score", item.get("score"))
    if not isinstance(index, int) or not isinstance(score, int | float) or not math.isfinite(score):
        raise ValueError("a result without index and score")
    return index, float(score)
