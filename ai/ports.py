"""What the ai app offers and what its providers implement. Frozen values in and out.

A chat model gets a whole request (question, history, passages) rather than raw messages,
so that the quoting assistant answers through the very same port as a language model.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Disjoint dimensions and their weights; `len(indices) == len(values)`, indices unique."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """A passage that may be cited as [number]. Its text is untrusted data, never instructions."""

    number: int  # 1-based
    title: str
    place: str  # in it, as readers call it: “p. 12”, “§ 3”
    text: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    question: str
    language: Literal["fr", "en"]
    passages: tuple[SourcePassage, ...] = ()
    history: tuple[Turn, ...] = ()
    instructions: str = ""  # the corpus's own, written by its curators
    begun: str = ""  # of the answer, which the model takes up by its last word written again
    max_tokens: int = 1_500


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text that arrived together: one or many tokens."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    reason: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model is asked again after `seconds`; `code` is that of the error which came."""

    seconds: int
    code: str


@dataclass(frozen=True, slots=True)
class Switched:
    """From now on another model answers; `code` is that of the error of the one before."""

    model: str
    code: str


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How much of the request, all told, is not sent: the last passages and the oldest turns."""

    passages: int
    turns: int


ModelEvent = TextDelta | Usage | Finished | Waiting | Switched | Trimmed


class ChatModel(Protocol):
    name: str
    is_language_model: bool  # False: the quoting assistant, which cannot rewrite or translate

    def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yields text as it comes and ends with Finished; closing the iterator (`aclosing`)
        closes the connection to the model. Raises ai.errors.ModelError subclasses.

        Waiting, Switched and Trimmed come before the first text alone."""

    async def complete(self, prompt: str, *, max_tokens: int) -> str:
        """A short answer without streaming, e.g. a rewritten question."""


class Embedder(Protocol):
    model: str

    @property
    def dimensions(self) -> int:
        """Asked of the server once where the configuration does not say."""

    def embed_passages(self, texts: Sequence[str]) -> list[tuple[float, ...]]: ...

    def embed_query(self, text: str) -> tuple[float, ...]: ...


class Reranker(Protocol):
    model: str

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, in their order: the greater the better, on a
        scale of its own. Within seconds, or raises ai.errors.ModelError."""


class Probed(Protocol):
    def probe(self) -> None:
        """Do a word's work, also while it rests after a failure. Raises ai.errors.ModelError,
        within seconds."""
