"""A reader's correction of an answer, for the curators."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.errors import AnswerUnderWay
from chat.forms import CorrectionForm
from chat.models import Conversation, Message
from chat.selectors import get_answer_for, passages_for
from chat.trails import answer_url
from documents.approved_selectors import corrections_by
from documents.approved_services import ApprovedDraft, propose_correction
from documents.models import ApprovedAnswer, Corpus
from documents.selectors import corpora_readable_by
from documents.spans import ReadSpan, Span, read_spans


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: AuthenticatedRequest, answer: UUID) -> HttpResponseBase:
    found = get_answer_for(request.user, answer)
    if found.status == Message.Status.STREAMING:
        raise AnswerUnderWay
    earlier = corrections_by(request.user).filter(source=answer).first()
    is_open = earlier is None or earlier.status == ApprovedAnswer.Status.DRAFT
    passages = _passages(request.user, found)
    corpora = _corpora(request.user, found, list(passages.values()))
    initial: dict[str, Any] = {"text": found.text}
    if earlier is not None:
        initial = {"text": earlier.text, "note": earlier.note, "corpus": earlier.corpus_id}
    data = request.POST if request.method == "POST" else None
    form = CorrectionForm(corpora, data, initial=initial)
    if is_open and request.method == "POST" and form.is_valid():
        draft = ApprovedDraft(
            corpus=form.cleaned_data["corpus"],
            question=found.parent.text if found.parent else "",
            text=form.cleaned_data["text"],
            passages={number: read.span for number, read in passages.items()},
            source=found.pk,
        )
        propose_correction(by=request.user, draft=draft, note=form.cleaned_data["note"])
        messages.success(request, _("Your correction is with the curators."))
        is_search = found.conversation.kind == Conversation.Kind.SEARCH
        return redirect("chat:enquiries" if is_search else answer_url(found))
    context = {
        "answer": found,
        "form": form,
        "earlier": earlier,
        "is_open": is_open and bool(corpora),
        "back": answer_url(found),
        "sources": sorted(passages.items()),
    }
    return render(request, "chat/correct.html", context)


def _passages(user: User, answer: Message) -> dict[int, ReadSpan]:
    """What the answer cites, by number, as far as the user may read it now."""
    cited = set(answer.citations.values_list("number", flat=True))
    views = [view for view in passages_for(user, [answer])[answer.pk] if view.number in cited]
    numbers = {Span(v.version, v.page, v.start, v.end): v.number for v in views}
    return {numbers[read.span]: read for read in read_spans(user, numbers)}


def _corpora(user: User, answer: Message, passages: list[ReadSpan]) -> list[Corpus]:
    """Whose curators could take it up: those of its passages, the most cited first, else those
    that the conversation is limited to, else all."""
    readable = corpora_readable_by(user)
    counts = Counter(read.corpus for read in passages)
    if counts:
        found = readable.in_bulk(list(counts))
        return [found[pk] for pk, _count in counts.most_common() if pk in found]
    chosen = readable.filter(pk__in=answer.conversation.corpora.values("pk"))
    return list(chosen or readable)
