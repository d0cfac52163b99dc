"""Going on with an answer that has not come to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ai.errors import AnswerCut
from ai.lexical import detect_language
from ai.ports import ChatRequest, SourcePassage, Turn
from chat.frames import PassageView
from chat.models import Message
from chat.passages import reference_of

Status = Message.Status

_WORD_START = re.compile(r"(?<!\S)\S")
# What the next word follows without a space.
_OPEN = "([{-–'’/*_\"“«`#|"


@dataclass(frozen=True, slots=True)
class Begun:
    """What there is of an answer, and what it rests on; numbers stay those of its citations."""

    text: str
    passages: tuple[PassageView, ...]
    instructions: str = ""


def is_unfinished(answer: Message) -> bool:
    """Whether there is something to go on with: stopped, interrupted, failed or cut off."""
    if answer.status in {Status.STOPPED, Status.INTERRUPTED, Status.FAILED}:
        return True
    return answer.status == Status.DONE and answer.error_code == AnswerCut.code


def request_to_go_on(
    question: str, begun: Begun, *, history: tuple[Turn, ...], max_tokens: int
) -> ChatRequest:
    passages = (
        SourcePassage(
            number=view.number,
            title=view.title,
            place=reference_of(view),
            text=view.text,
            section=view.section,
        )
        for view in begun.passages
    )
    return ChatRequest(
        question=question,
        language=detect_language(question),
        passages=tuple(passages),
        history=history,
        instructions=begun.instructions,
        begun=begun.text,
        max_tokens=max_tokens,
    )


class Seam:
    """Joins what a model writes on to what was begun.

    A stop may fall into the middle of a word, so the model is asked to write the last word again
    (ai.prompts), and some begin further back: what it repeats is left out. Feed it text as it
    comes; it holds back only what may still be a repetition.
    """

    def __init__(self, begun: str) -> None:
        self._begun = begun
        self._held = ""
        self._places = [match.start() for match in _WORD_START.finditer(begun)]
        self._joined = not begun

    def feed(self, text: str) -> str:
        if self._joined:
            return text
        self._held += text
        new = self._held.lstrip()
        if not new:
            return ""
        self._places = [place for place in self._places if self._may_repeat(place, new)]
        if any(len(self._begun) - place > len(new) for place in self._places):
            return ""
        self._joined = True
        if self._places:
            return new[len(self._begun) - self._places[0] :]
        return self._spaced(self._held)

    def _may_repeat(self, place: int, new: str) -> bool:
        length = min(len(self._begun) - place, len(new))
        return self._begun[place : place + length] == new[:length]

    def _spaced(self, new: str) -> str:
        if self._begun[-1].isspace():
            return new.lstrip(" ")
        return f" {new}" if new[0].isalnum() and self._begun[-1] not in _OPEN else new
