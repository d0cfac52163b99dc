"""Where a model is found: values built at the edge from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    name: str  # how people and rows name it
    base_url: str  # up to and without /chat/completions
    model: str  # how the server names it
    api_key: str = field(default="", repr=False)
    first_token_timeout_s: float = 60
    gap_timeout_s: float = 30  # silence between two tokens
    max_answer_s: float = 300  # from the question to the last token


@dataclass(frozen=True, slots=True)
class EmbeddingEndpoint:
    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    dimensions: int = 0  # 0: ask the server once
    # What the model was trained to read before a text; None: as its name says.
    query_prefix: str | None = None
    passage_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class RerankEndpoint:
    url: str  # with its path, which ends in /rerank
    model: str = ""
    api_key: str = field(default="", repr=False)
    timeout_s: float = 2  # of the whole exchange


def host_of(url: str) -> str:
    """For the log: without the credentials that a URL may carry."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
