"""Dense vectors of an OpenAI-compatible server, through the `openai` package."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ai.errors import ModelError, ModelRequestRefused, ModelTimedOut, ModelUnavailable
from ai.health import observed
from ai.providers.endpoints import EmbeddingEndpoint, host_of
from ai.providers.faults import Refusal, error_for, read_refusal
from ai.providers.prefixes import prefixes_of
from ai.providers.resting import Rest

if TYPE_CHECKING:
    import openai

# What servers take in one request at least (text-embeddings-inference's default is 32 to 64).
BATCH_TEXTS = 64
# A batch of passages may take its time; a question has somebody waiting for it.
_PASSAGES_TIMEOUT_S = 60.0
_QUERY_TIMEOUT_S = 10.0
_PROBE, _PROBE_TIMEOUT_S = "leave", 5.0
# The package waits as Retry-After says; a question is answered without vectors instead.
_PASSAGES_RETRIES = 3


class OpenAICompatibleEmbedder:
    def __init__(self, endpoint: EmbeddingEndpoint) -> None:
        self.model = endpoint.model
        self._endpoint = endpoint
        self._server = host_of(endpoint.base_url)
        self._query_prefix, self._passage_prefix = prefixes_of(
            endpoint.model, endpoint.query_prefix, endpoint.passage_prefix
        )
        self._rest = Rest(self._server)
        self._dimensions = endpoint.dimensions
        # Sent only where configured, and no more once the server has refused to shorten.
        self._dimensions_wanted = endpoint.dimensions > 0
        self._client: openai.OpenAI | None = None
        self._lock = threading.Lock()  # used by ingestion's threads and the search's

    @property
    def dimensions(self) -> int:
        if not self._dimensions:
            self._embed(["dimensions"], timeout_s=_QUERY_TIMEOUT_S, retries=0)
        return self._dimensions

    def embed_passages(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        vectors: list[tuple[float, ...]] = []
        for start in range(0, len(texts), BATCH_TEXTS):
            batch = [self._passage_prefix + text for text in texts[start : start + BATCH_TEXTS]]
            vectors += self._embed(batch, timeout_s=_PASSAGES_TIMEOUT_S, retries=_PASSAGES_RETRIES)
        return vectors

    def embed_query(self, text: str) -> tuple[float, ...]:
        """At once, or not at all: after a failure the server is not asked for a while."""
        with self._rest.observed():
            asked = [self._query_prefix + text]
            return self._embed(asked, timeout_s=_QUERY_TIMEOUT_S, retries=0)[0]

    def probe(self) -> None:
        self._embed_anyhow([_PROBE], timeout_s=_PROBE_TIMEOUT_S, retries=0)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _embed(
        self, texts: list[str], *, timeout_s: float, retries: int
    ) -> list[tuple[float, ...]]:
        with observed("embedding", self.model):
            return self._embed_anyhow(texts, timeout_s=timeout_s, retries=retries)

    def _embed_anyhow(
        self, texts: list[str], *, timeout_s: float, retries: int
    ) -> list[tuple[float, ...]]:
        client = self._connected().with_options(timeout=timeout_s, max_retries=retries)
        try:
            vectors = self._call(
                lambda: self._ask(client, texts, shortened=self._dimensions_wanted)
            )
        except ModelRequestRefused:
            if not self._dimensions_wanted:
                raise
            vectors = self._call(lambda: self._ask(client, texts, shortened=False))
            self._dimensions_wanted = False
        self._check(vectors, len(texts))
        return vectors

    def _ask(
        self, client: openai.OpenAI, texts: list[str], *, shortened: bool
    ) -> list[tuple[float, ...]]:
        if shortened:
            answer = client.embeddings.create(
                model=self.model, input=texts, dimensions=self._endpoint.dimensions
            )
        else:
            answer = client.embeddings.create(model=self.model, input=texts)
        ordered = sorted(answer.data, key=lambda item: item.index)
        return [tuple(item.embedding) for item in ordered]

    def _check(self, vectors: list[tuple[float, ...]], asked: int) -> None:
        lengths = {len(vector) for vector in vectors}
        if len(vectors) != asked or len(lengths) != 1:
            cause = f"{self._server} gave {len(vectors)} vectors for {asked} texts"
            raise ModelUnavailable(cause=cause)
        length = lengths.pop()
        self._dimensions = self._dimensions or length
        if length != self._dimensions:
            cause = f"{self._server} gives {length} dimensions, expected {self._dimensions}"
            raise ModelRequestRefused(cause=cause)

    def _connected(self) -> openai.OpenAI:
        import openai  # noqa: PLC0415 (heavy: only a process that embeds loads it)

        with self._lock:
            if self._client is None:
                self._client = openai.OpenAI(
                    base_url=self._endpoint.base_url,
                    # The package insists on a key; servers without one ignore it.
                    api_key=self._endpoint.api_key or "none",
                )
            return self._client

    def _call(self, ask: Callable[[], list[tuple[float, ...]]]) -> list[tuple[float, ...]]:
        import openai  # noqa: PLC0415 (as above)

        try:
            return ask()
        except openai.APIStatusError as error:
            raise self._error_of(error) from None
        except openai.APITimeoutError:
            raise ModelTimedOut(cause=f"{self._server} did not answer in time") from None
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            # An answer without data, or with text that is no vector; or no JSON, but a page of
            # something in between, which the package hands on as text.
            cause = f"{self._server}: {type(error).__name__}"
            raise ModelUnavailable(cause=cause) from None

    def _error_of(self, error: openai.APIStatusError) -> ModelError:
        response = error.response
        refusal = read_refusal(response.content) if response.is_closed else Refusal()
        return error_for(response.status_code, response.headers, refusal, server=self._server)
