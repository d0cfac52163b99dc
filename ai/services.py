"""The one place to get a model from. At rest neither aiohttp nor openai is loaded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, cast
from urllib.parse import urlsplit

from django.conf import settings

from ai.errors import ModelError
from ai.health import Key, failing
from ai.patience import PatientModel, RetryPolicy
from ai.ports import ChatModel, Embedder, Probed, Reranker, Turn
from ai.prompts import understand_prompt
from ai.providers.embeddings import OpenAICompatibleEmbedder
from ai.providers.endpoints import EmbeddingEndpoint, ModelEndpoint, RerankEndpoint
from ai.providers.local_embeddings import LocalEmbedder, LocalModel, fetch
from ai.providers.quoting import QuotingAssistant
from ai.providers.rerank import HttpReranker
from ai.providers.sessions import close_session
from ai.understanding import Understood, may_ask_several, parse_understood

logger = logging.getLogger(__name__)

_OPENAI_URL = "https://api.openai.com/v1"
_PARADIGM_URL = "https://paradigm.lighton.ai"
_PARADIGM_PATH = "/api/v2"  # where Paradigm speaks OpenAI's protocol

_UNDERSTAND_TIMEOUT_S = 5
_UNDERSTAND_MAX_TOKENS = 300

_LOCAL = "fastembed:"  # before the name of a model that is run here

# One per endpoint, for its connections; it connects at its first use. A local one loads then.
_embedders: dict[EmbeddingEndpoint | LocalModel, OpenAICompatibleEmbedder | LocalEmbedder] = {}
_rerankers: dict[RerankEndpoint, HttpReranker] = {}


def get_chat_model(name: str | None = None) -> ChatModel:
    """The model of that name, the first configured one where it is None or no longer there;
    behind it the others of MODEL_FALLBACKS. The quoting assistant while all of them are known to
    fail: nobody waits for what does not come."""
    chain = _chain(name)
    if not chain:
        return QuotingAssistant()
    if {endpoint.name for endpoint in chain} <= _failing_chat_models():
        return QuotingAssistant(stands_in=True)
    return _patient_model(chain, _retry_policy())


def answering_models() -> list[str]:
    """Who answers a question, in order; none where no language model is configured."""
    return [endpoint.name for endpoint in _chain(None)]


def configured_models() -> list[Key]:
    """All that are asked over the network, or run here."""
    keys = [Key("chat", name) for name in _chat_endpoints()]
    if settings.EMBEDDING_MODEL:
        keys.append(Key("embedding", settings.EMBEDDING_MODEL))
    if settings.RERANK_URL:
        keys.append(Key("reranker", settings.RERANK_MODEL))
    return keys


async def probe_model(key: Key, *, is_whole: bool) -> bool:
    """Ask a configured model. True: it has done its work; False: its server lives, which is all
    that was asked of a chat model without `is_whole`. Raises ModelError, within seconds."""
    if key.kind == "chat":
        endpoint = _chat_endpoints().get(key.name)
        if endpoint is None:
            return False
        model = _language_model(endpoint)
        await model.probe(is_whole=is_whole)  # type: ignore[attr-defined]  # providers have it
        return is_whole
    served = get_embedder() if key.kind == "embedding" else get_reranker()
    # One that runs here is only loaded where it is needed.
    if served is None or (key.name.startswith(_LOCAL) and not is_whole):
        return False
    await asyncio.to_thread(cast(Probed, served).probe)
    return True


def chat_model_names() -> list[str]:
    """The configured models, the default first; the quoting assistant where there is none."""
    return list(_chat_endpoints()) or [QuotingAssistant().name]


def get_embedder() -> Embedder | None:
    """None: no embedding model is configured, search goes by words alone."""
    if not settings.EMBEDDING_MODEL:
        return None
    return _embedder(settings.EMBEDDING_MODEL, settings.EMBEDDING_DIMENSIONS)


def fetch_embedding_model() -> str:
    """Downloads the configured model and says where to; "" where none is to be run here.

    Raises EmbedderNotInstalled, and EmbeddingModelMissing where it is not to be had."""
    if not settings.EMBEDDING_MODEL.startswith(_LOCAL):
        return ""
    local = _local_model(settings.EMBEDDING_MODEL, settings.EMBEDDING_DIMENSIONS)
    fetch(local)
    return str(local.folder)


def get_embedder_named(model: str, dimensions: int) -> Embedder | None:
    """Another model than the configured one, here or on the configured server, for vectors that
    were made with it; None where there is no server that was meant to be asked."""
    is_local = model.startswith(_LOCAL)
    if not settings.EMBEDDING_MODEL or not (is_local or _has_embedding_server()):
        return None
    return _embedder(model, dimensions)


def get_reranker() -> Reranker | None:
    """None: no server is configured that judges passages, they stay in the search's order."""
    if not settings.RERANK_URL:
        return None
    url = settings.RERANK_URL
    endpoint = RerankEndpoint(
        url=url if url.endswith("/rerank") else f"{url}/rerank",
        model=settings.RERANK_MODEL,
        api_key=settings.RERANK_API_KEY,
        timeout_s=settings.RERANK_TIMEOUT_S,
    )
    return _rerankers.setdefault(endpoint, HttpReranker(endpoint))


async def close_clients() -> None:
    """Closes what the running loop and this process hold open towards models."""
    await close_session()
    while _embedders:
        _embedders.popitem()[1].close()
    while _rerankers:
        _rerankers.popitem()[1].close()


async def understand_question(
    model: ChatModel, history: Sequence[Turn], question: str, language: Literal["fr", "en"]
) -> Understood:
    """What to search for: a follow-up made to stand alone, and the parts of a question that asks
    several things. The question as it is where that cannot be done, or is not wanted."""
    plain = Understood(question)
    if not settings.QUESTION_UNDERSTANDING or not model.is_language_model:
        return plain
    if not history and not may_ask_several(question):
        return plain
    prompt = understand_prompt(history, question, language)
    try:
        async with asyncio.timeout(_UNDERSTAND_TIMEOUT_S):
            answer = await model.complete(prompt, max_tokens=_UNDERSTAND_MAX_TOKENS)
    except (ModelError, TimeoutError) as error:
        logger.warning("the question was searched as it is: %s", error or "too slow")
        return plain
    understood = parse_understood(answer, question)
    # Without a conversation there is nothing that its own words leave out.
    return understood if history else understood._replace(question=question)


def _chain(name: str | None) -> tuple[ModelEndpoint, ...]:
    endpoints = _chat_endpoints()
    if not endpoints:
        return ()
    first = endpoints.get(name or "") or next(iter(endpoints.values()))
    fallbacks = (endpoints[fallback] for fallback in settings.MODEL_FALLBACKS)
    # A dictionary: the first model may be its own fallback, and a name may be there twice.
    return tuple(dict.fromkeys([first, *fallbacks]))


def _failing_chat_models() -> set[str]:
    return {model.name for model in failing() if model.kind == "chat"}


def _chat_endpoints() -> dict[str, ModelEndpoint]:
    """By the models' names: the default first, the fallbacks last."""
    endpoints = {}
    if settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL:
        endpoints[settings.OPENAI_MODEL] = _openai_endpoint(settings.OPENAI_MODEL)
    if settings.PARADIGM_API_KEY or settings.PARADIGM_HOST:
        host = settings.PARADIGM_HOST or _PARADIGM_URL
        url = host if urlsplit(host).path else host + _PARADIGM_PATH
        endpoints.setdefault(
            settings.PARADIGM_MODEL,
            _endpoint(settings.PARADIGM_MODEL, url, settings.PARADIGM_API_KEY),
        )
    if endpoints:
        for name in settings.MODEL_FALLBACKS:
            endpoints.setdefault(name, _openai_endpoint(name))
    return endpoints


def _openai_endpoint(model: str) -> ModelEndpoint:
    return _endpoint(model, settings.OPENAI_BASE_URL or _OPENAI_URL, settings.OPENAI_API_KEY)


def _endpoint(model: str, url: str, key: str) -> ModelEndpoint:
    return ModelEndpoint(
        name=model,
        base_url=url,
        model=model,
        api_key=key,
        first_token_timeout_s=settings.MODEL_FIRST_TOKEN_TIMEOUT_S,
        gap_timeout_s=settings.MODEL_TOKEN_GAP_TIMEOUT_S,
        max_answer_s=settings.MODEL_MAX_SECONDS,
    )


def _retry_policy() -> RetryPolicy:
    return RetryPolicy(
        context_tokens=settings.MODEL_CONTEXT_TOKENS,
        tries=settings.MODEL_TRIES,
        max_wait_s=settings.MODEL_MAX_WAIT_S,
        patience_s=settings.MODEL_MAX_SECONDS,
    )


def _embedder(model: str, dimensions: int) -> Embedder:
    if model.startswith(_LOCAL):
        local = _local_model(model, dimensions)
        return _embedders.setdefault(local, LocalEmbedder(local, model=model))
    endpoint = _embedding_endpoint(model, dimensions)
    return _embedders.setdefault(endpoint, OpenAICompatibleEmbedder(endpoint))


def _has_embedding_server() -> bool:
    """False where the configured model runs here, and no address says that questions may leave."""
    is_local = settings.EMBEDDING_MODEL.startswith(_LOCAL)
    return not is_local or bool(settings.EMBEDDING_BASE_URL)


def _local_model(model: str, dimensions: int) -> LocalModel:
    return LocalModel(
        name=model.removeprefix(_LOCAL).strip(),
        folder=settings.EMBEDDING_MODELS_PATH,
        dimensions=dimensions,
        query_prefix=_prefix(settings.EMBEDDING_QUERY_PREFIX),
        passage_prefix=_prefix(settings.EMBEDDING_PASSAGE_PREFIX),
    )


def _embedding_endpoint(model: str, dimensions: int) -> EmbeddingEndpoint:
    openai_url = settings.OPENAI_BASE_URL or _OPENAI_URL
    url = settings.EMBEDDING_BASE_URL or openai_url
    # OpenAI's key goes to OpenAI's server alone.
    key = settings.EMBEDDING_API_KEY or (settings.OPENAI_API_KEY if url == openai_url else "")
    return EmbeddingEndpoint(
        base_url=url,
        model=model,
        api_key=key,
        dimensions=dimensions,
        query_prefix=_prefix(settings.EMBEDDING_QUERY_PREFIX),
        passage_prefix=_prefix(settings.EMBEDDING_PASSAGE_PREFIX),
    )


def _prefix(configured: str) -> str | None:
    """The blank before the text, which a variable cannot end with, is added; `\\n` is a line's
    end, `none` no prefix at all."""
    if not configured:
        return None
    if configured.lower() == "none":
        return ""
    prefix = configured.replace("\\n", "\n")
    return prefix if prefix.endswith("\n") else f"{prefix} "


@lru_cache(maxsize=32)
def _patient_model(endpoints: tuple[ModelEndpoint, ...], policy: RetryPolicy) -> ChatModel:
    """One for all questions, because it remembers which models have just failed."""
    return PatientModel([_language_model(endpoint) for endpoint in endpoints], policy)


@lru_cache(maxsize=32)
def _language_model(endpoint: ModelEndpoint) -> ChatModel:
    """One per endpoint, because it remembers which fields its server refuses."""
    # Here because it brings aiohttp, which a process that asks no model does without.
    from ai.providers.openai_compatible import OpenAICompatible  # noqa: PLC0415

    return OpenAICompatible(endpoint)
