"""A conversation as its page shows it: turns of a question and its answer, and the list beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat.approved import approved_view
from chat.branches import Versions
from chat.continuing import is_unfinished
from chat.filters import Filters
from chat.frames import ApprovedView, PassageView, PlaceView
from chat.limits_shown import Limit, answered_as_of, limits_of
from chat.models import Conversation, Message
from chat.passages import difference_notes, reference_of, stood_note
from chat.rendering import answer_html, card_html, with_trail
from chat.selectors import ShownMessages

Status = Message.Status


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a card of the sources panel."""

    number: int
    title: str
    reference: str
    section: str
    html: SafeString
    url: str
    page: int
    stood: str  # of a version that was replaced since, the day it is shown for
    differences: tuple[str, ...]
    also_in: tuple[PlaceView, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    question: Message
    answer: Message
    html: SafeString
    sources: tuple[Source, ...]  # those cited
    also: tuple[Source, ...]  # the others that were found; all where nothing answered
    passages: tuple[PassageView, ...]  # for the script, which goes on where the server stops
    seconds: float | None
    first_text_seconds: float | None
    question_versions: Versions
    answer_versions: Versions
    as_of: str  # what it says of the day that was asked for
    limits: tuple[Limit, ...]

    @property
    def is_streaming(self) -> bool:
        return self.answer.status == Status.STREAMING

    @property
    def ending(self) -> str:
        """How it ended, where there is something to say of it: a status, or “cut”."""
        return "cut" if self.answer.status == Status.DONE and self.goes_on else self.answer.status

    @property
    def approved(self) -> ApprovedView | None:
        return approved_view(self.answer)

    @property
    def goes_on(self) -> bool:
        """Whether it can be continued from where it is."""
        return is_unfinished(self.answer) and bool(self.answer.text)


def turns_of(
    shown: ShownMessages,
    passages: Mapping[UUID, tuple[PassageView, ...]],
    titles: Mapping[UUID, str],
) -> list[Turn]:
    """`titles`: of the documents that questions are limited to, as far as they are open."""
    questions = {m.pk: m for m in shown.messages if m.role == Message.Role.USER}
    return [
        _turn(questions[m.parent_id], m, passages.get(m.pk, ()), shown.versions, titles)
        for m in shown.messages
        if m.role == Message.Role.ASSISTANT and m.parent_id in questions
    ]


def _turn(
    question: Message,
    answer: Message,
    passages: tuple[PassageView, ...],
    versions: Mapping[UUID, Versions],
    titles: Mapping[UUID, str],
) -> Turn:
    filters = Filters.from_json(question.filters)
    cited = {citation.number for citation in answer.citations.all()}
    return Turn(
        question=question,
        answer=answer,
        html=answer_html(answer.text, passages, answer.pk),
        sources=tuple(_source(p, answer.pk) for p in passages if p.number in cited),
        also=tuple(_source(p, answer.pk) for p in passages if p.number not in cited),
        passages=passages,
        seconds=_seconds(answer.timings.get("total")),
        first_text_seconds=_seconds(answer.timings.get("first_text")),
        question_versions=versions[question.pk],
        answer_versions=versions[answer.pk],
        as_of=answered_as_of(filters),
        limits=limits_of(filters, titles),
    )


def _source(passage: PassageView, answer: UUID) -> Source:
    return Source(
        number=passage.number,
        title=passage.title,
        reference=reference_of(passage),
        section=passage.section,
        html=card_html(passage),
        url=with_trail(passage.url, answer),
        page=passage.page,
        stood=stood_note(passage.stood_on) if passage.stood_on else "",
        differences=difference_notes(passage.differs),
        also_in=passage.also_in,
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


@dataclass(frozen=True, slots=True)
class ConversationGroup:
    name: str
    title: str | Promise
    conversations: list[Conversation]


def grouped(
    conversations: Iterable[Conversation], *, now: datetime | None = None
) -> list[ConversationGroup]:
    """Pinned, of today, of the last seven days, older; empty groups are left out."""
    today = timezone.localtime(now).date()
    groups = {
        "pinned": ConversationGroup("pinned", _("Pinned"), []),
        "today": ConversationGroup("today", _("Today"), []),
        "week": ConversationGroup("week", _("This week"), []),
        "older": ConversationGroup("older", _("Older"), []),
    }
    for conversation in conversations:
        day = timezone.localtime(conversation.updated_at).date()
        if conversation.pinned:
            name = "pinned"
        elif day >= today:
            name = "today"
        else:
            name = "week" if day > today - timedelta(days=7) else "older"
        groups[name].conversations.append(conversation)
    return [group for group in groups.values() if group.conversations]
