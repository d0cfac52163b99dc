"""The only way to conversations and answers: each function takes the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from accounts.models import User
from chat.branches import Versions, branches_of, shown_leaf
from chat.frames import PassageView
from chat.models import Conversation, Message
from common.errors import NotFound
from documents.selectors import versions_readable_by


def conversations_of(user: User) -> QuerySet[Conversation]:
    return Conversation.objects.filter(user=user, user__is_active=True, deleted_at=None)


def get_conversation_for(user: User, pk: UUID | str) -> Conversation:
    conversation = conversations_of(user).filter(pk=pk).first()
    if conversation is None:
        raise NotFound(cause=f"conversation {pk}")
    return conversation


def get_answer_for(user: User, pk: UUID | str) -> Message:
    answer = (
        Message.objects.filter(
            pk=pk, role=Message.Role.ASSISTANT, conversation__in=conversations_of(user)
        )
        .select_related("conversation", "parent")
        .first()
    )
    if answer is None:
        raise NotFound(cause=f"answer {pk}")
    return answer


def get_question_for(user: User, pk: UUID | str) -> Message:
    question = (
        Message.objects.filter(
            pk=pk, role=Message.Role.USER, conversation__in=conversations_of(user)
        )
        .select_related("conversation")
        .first()
    )
    if question is None:
        raise NotFound(cause=f"question {pk}")
    return question


@dataclass(frozen=True, slots=True)
class ShownMessages:
    """The path of a conversation that is shown, oldest message first."""

    messages: list[Message]
    versions: dict[UUID, Versions]  # of each message


def messages_of(
    user: User, conversation: Conversation, *, through: UUID | None = None
) -> ShownMessages:
    """What is shown of a conversation: the path to its leaf, or the one through a message of it."""
    own = Message.objects.filter(conversation=conversation, conversation__in=conversations_of(user))
    branches = branches_of(conversation)
    leaf = shown_leaf(conversation, branches)
    if through is not None and through in branches and through not in branches.path_to(leaf):
        leaf = branches.end_of(through)
    path = branches.path_to(leaf)
    rows = own.select_related("enquiry__replied_by").prefetch_related("citations").in_bulk(path)
    return ShownMessages(
        messages=[rows[pk] for pk in path if pk in rows],
        versions={pk: branches.versions_of(pk) for pk in path},
    )


def listed_conversations(user: User, *, find: str = "", limit: int) -> list[Conversation]:
    """For the list beside a chat: pinned ones first, then the latest."""
    conversations = conversations_of(user).filter(kind=Conversation.Kind.CHAT)
    if find:
        conversations = conversations.filter(title__icontains=find)
    return list(conversations.order_by("-pinned", "-updated_at")[:limit])


def recent_searches(user: User, *, limit: int) -> list[str]:
    """The latest different questions of the search page."""
    asked = Message.objects.filter(
        conversation__in=conversations_of(user),
        conversation__kind=Conversation.Kind.SEARCH,
        role=Message.Role.USER,
    ).order_by("-created_at")
    # The same question is often asked several times in a row.
    texts = asked.values_list("text", flat=True)[: limit * 5]
    return list(dict.fromkeys(texts))[:limit]


def citations_of(user: User, answer: Message) -> list[PassageView]:
    """The passages that the answer cites, as far as the user may read them now, by number."""
    cited = set(answer.citations.values_list("number", flat=True))
    return [view for view in passages_for(user, [answer])[answer.pk] if view.number in cited]


def passages_for(user: User, answers: Iterable[Message]) -> dict[UUID, tuple[PassageView, ...]]:
    """The passages of each answer, as far as the user may read them now: a revoked right or a
    deleted document also hides the quotes in old answers, and where else they stood."""
    views = {
        answer.pk: msgspec.convert(answer.passages, tuple[PassageView, ...]) for answer in answers
    }
    shown = [view for group in views.values() for view in group]
    wanted = {view.version for view in shown}
    wanted |= {place.version for view in shown for place in view.also_in}
    readable = set(versions_readable_by(user).filter(pk__in=wanted).values_list("pk", flat=True))
    return {pk: tuple(_open_part_of(group, readable)) for pk, group in views.items()}


def _open_part_of(views: Iterable[PassageView], readable: set[UUID]) -> Iterator[PassageView]:
    """Without the places and the differences that would tell of what is closed."""
    shown = [view for view in views if view.version in readable]
    numbers = {view.number for view in shown}
    for view in shown:
        yield msgspec.structs.replace(
            view,
            also_in=tuple(place for place in view.also_in if place.version in readable),
            differs=tuple(other for other in view.differs if other.number in numbers),
        )
