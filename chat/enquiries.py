"""Questions that are sent on to people: the asker's side, and the only way to an asker's own."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, UUIDField

from accounts.models import User
from chat.errors import AnswerUnderWay
from chat.live import tell_tabs
from chat.models import Conversation, Enquiry, Message, TurnLog
from chat.selectors import get_answer_for
from common.errors import NotFound
from common.prepared import Prepared
from documents.curators import people_in_charge
from documents.models import Corpus
from documents.selectors import corpora_readable_by
from documents.spans import Span

_UNREAD = Prepared(
    lambda asker: Enquiry.objects.filter(asker=asker, unread=True).only("pk"), asker=UUIDField()
)


def enquiries_of(user: User) -> QuerySet[Enquiry]:
    """A person's own, the latest first."""
    return (
        Enquiry.objects.filter(asker=user, asker__is_active=True)
        .select_related("replied_by", "answer__conversation", "answer__parent")
        .order_by("-created_at")
    )


def recipients_of(user: User, answer: Message) -> list[str]:
    """The names of those to whom the question of the answer would go."""
    return _names(answer.conversation, _searched(user, answer))


def enquiry_about(user: User, answer: UUID) -> Enquiry | None:
    """What the user has sent on about an answer of theirs. Raises NotFound for another's."""
    get_answer_for(user, answer)
    return enquiries_of(user).filter(answer=answer).first()


def unread_replies(user: User) -> int:
    return len(_UNREAD.all(asker=user.pk))


def mark_read(enquiries: Iterable[Enquiry]) -> None:
    """The asker has the replies before their eyes."""
    unread = [enquiry.pk for enquiry in enquiries if enquiry.unread]
    if unread:
        Enquiry.objects.filter(pk__in=unread).update(unread=False)


def send_enquiry(user: User, answer_id: UUID, *, kind: str, note: str) -> Enquiry:
    """Send the question of an answer to the people in charge of what was searched; the one that
    was sent before where there is one.

    Raises NotFound for an answer that is not the user's, AnswerUnderWay before its end.
    """
    answer = get_answer_for(user, answer_id)
    if answer.status == Message.Status.STREAMING:
        raise AnswerUnderWay
    if answer.parent is None:
        raise NotFound(cause=f"answer {answer.pk} has no question")
    if answer.status == Message.Status.NOT_FOUND:
        kind = Enquiry.Kind.UNANSWERED
    corpora = _searched(user, answer)
    with transaction.atomic():
        enquiry, is_new = Enquiry.objects.get_or_create(
            answer=answer,
            defaults={
                "organisation_id": answer.conversation.organisation_id,
                "asker": user,
                "kind": kind,
                "question": answer.parent.text,
                "note": note.strip(),
                "passages": [Span.from_json(passage).to_json() for passage in answer.passages],
                "sent_to": _names(answer.conversation, corpora),
            },
        )
        if is_new:
            enquiry.corpora.set(corpora)
            tell_tabs(answer.conversation, "enquiry", leaf=answer.pk)
    return enquiry


def _searched(user: User, answer: Message) -> list[Corpus]:
    """What was searched for the answer, as far as the asker may read it now."""
    readable = corpora_readable_by(user)
    turn = TurnLog.objects.filter(answer=answer).only("searched").first()
    chosen = turn.searched if turn else []
    if not chosen:
        chosen = list(answer.conversation.corpora.values_list("pk", flat=True))
    return list(readable.filter(pk__in=chosen) if chosen else readable)


def _names(conversation: Conversation, corpora: Iterable[Corpus]) -> list[str]:
    people = people_in_charge(conversation.organisation_id, [corpus.pk for corpus in corpora])
    return [str(person) for person in people]
