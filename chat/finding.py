"""What an answer rests on: the question searched as its asker may search, the passages to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from accounts.selectors import active_user
from ai.lexical import detect_language
from ai.ports import ChatModel, ChatRequest, SourcePassage, Turn
from ai.services import understand_question
from ai.understanding import Understood, parse_understood
from chat.passages import place_of
from documents.retrieval import (
    CHARACTERS_PER_TOKEN,
    FoundPassage,
    SearchResult,
    SearchScope,
    passages_to_read,
    search,
)


@dataclass(frozen=True, slots=True)
class Found:
    result: SearchResult
    count: int  # of passages, as the corpora or a replay want them
    kept: tuple[FoundPassage, ...]


async def understand(model: ChatModel, question: str, history: Sequence[Turn]) -> Understood:
    return await understand_question(model, history, question, detect_language(question))


def as_text(understood: Understood) -> str:
    """What was searched for, to be read by people, and by `from_text` for a replay."""
    return "\n".join([understood.question, *(f"- {part}" for part in understood.parts)])


def from_text(searched_for: str) -> Understood:
    return parse_understood(searched_for, searched_for)


def find(
    user: UUID,
    question: str,
    understood: Understood,
    *,
    scope: SearchScope,
    count: int | None,
    is_language_model: bool,
) -> Found:
    """The user's rights are derived anew: the account may have been closed meanwhile.

    `count` of passages; None: as many as the most generous of the corpora says.
    """
    asker = active_user(user)
    result = search(
        asker, understood.question, scope=scope, parts=understood.parts, original=question
    )
    if count is None:
        count = max((corpus.passages_read for corpus in result.corpora), default=0)
    characters = _characters_to_read() if is_language_model else None
    return Found(result, count, passages_to_read(asker, result, count=count, characters=characters))


def request_for(
    question: str,
    found: Found,
    *,
    history: tuple[Turn, ...] = (),
    instructions: str | None = None,
    max_tokens: int,
) -> ChatRequest:
    """What a model is sent. `instructions` None: those of the corpora that the passages are of."""
    used = {passage.corpus for passage in found.kept}
    theirs = [c.instructions for c in found.result.corpora if c.pk in used and c.instructions]
    return ChatRequest(
        question=question,
        language=found.result.language,
        passages=tuple(
            SourcePassage(
                number=number,
                title=passage.title,
                place=place_of(passage),
                text=passage.text,
                section=passage.section,
            )
            for number, passage in enumerate(found.kept, start=1)
        ),
        history=history,
        instructions="\n".join(theirs) if instructions is None else instructions,
        max_tokens=max_tokens,
    )


def _characters_to_read() -> int:
    """Half of what a model reads at once: the other half is for the conversation."""
    room = settings.MODEL_CONTEXT_TOKENS - settings.MODEL_MAX_TOKENS
    return room * CHARACTERS_PER_TOKEN // 2
