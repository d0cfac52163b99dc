"""From a document back to the answer that cites it: what documents.trails asks for."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from chat.facets import Chosen
from chat.filters import Filters
from chat.models import Conversation, Message
from chat.passages import cited_words, reference_of
from chat.rendering import with_trail
from chat.selectors import citations_of, get_answer_for
from documents.trails import CitedPassage, Trail


def trail_of(user: User, answer_id: UUID) -> Trail:
    """Raises NotFound for an answer that is not the user's."""
    answer = get_answer_for(user, answer_id)
    return Trail(
        question=_question(answer),
        url=answer_url(answer),
        passages=tuple(
            CitedPassage(
                number=view.number,
                document=view.document,
                version=view.version,
                title=view.title,
                page=view.page,
                reference=reference_of(view),
                section=view.section,
                quote=cited_words(view) or view.text,
                spans=((view.start, view.end),) if view.cited is None else view.cited,
                url=with_trail(view.url, answer.pk),
            )
            for view in citations_of(user, answer)
        ),
    )


def answer_url(answer: Message) -> str:
    """Where the answer is shown to whoever asked for it."""
    conversation = answer.conversation
    if conversation.kind == Conversation.Kind.SEARCH:
        # What it was limited to, too: the page knows its answer by all that was asked.
        filters = Filters.from_json(answer.parent.filters) if answer.parent else Filters()
        return Chosen.of(_question(answer), conversation.corpora.all(), filters).address()
    # By its id, because another version of it may be the one that is shown.
    query = urlencode({"answer": str(answer.pk)})
    return f"{reverse('chat:conversation', args=[conversation.pk])}?{query}#answer-{answer.pk}"


def _question(answer: Message) -> str:
    return answer.parent.text if answer.parent else ""
