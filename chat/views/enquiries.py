"""Sending a question on to people, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedRequest
from chat.enquiries import (
    enquiries_of,
    enquiry_about,
    mark_read,
    recipients_of,
    send_enquiry,
)
from chat.forms import EnquiryForm
from chat.models import Conversation, Enquiry, Message
from chat.selectors import get_answer_for
from chat.trails import answer_url
from common.naming import named
from documents.approved_selectors import corrections_by

LISTED = 100


@require_http_methods(["GET", "HEAD", "POST"])
def enquire(request: AuthenticatedRequest, answer: UUID) -> HttpResponseBase:
    """The form; by POST it is sent. A script gets what stands under the answer from then on."""
    found = get_answer_for(request.user, answer)
    form = EnquiryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        enquiry = send_enquiry(request.user, answer, **form.cleaned_data)
        if not request.accepts("text/html"):
            return _state(request, enquiry)
        messages.success(request, _("Your question is sent."))
        if found.conversation.kind == Conversation.Kind.SEARCH:
            return redirect("chat:enquiries")  # a search page asks anew when it is opened anew
        return redirect(answer_url(found))
    context = {
        "answer": found,
        "is_unanswered": found.status == Message.Status.NOT_FOUND,
        "enquiry": enquiry_about(request.user, answer),
        "recipients": named(recipients_of(request.user, found)),
        "back": answer_url(found),
        "form": form,
    }
    return render(request, "chat/enquire.html", context)


@require_GET
def state(request: AuthenticatedRequest, answer: UUID) -> HttpResponse:
    """What stands under an answer: to whom its question was sent, and their reply."""
    return _state(request, enquiry_about(request.user, answer))


def _state(request: AuthenticatedRequest, enquiry: Enquiry | None) -> HttpResponse:
    if enquiry is not None:
        mark_read([enquiry])
    return render(request, "chat/_enquiry.html", {"enquiry": enquiry})


@require_GET
def enquiries(request: AuthenticatedRequest) -> HttpResponse:
    found = list(enquiries_of(request.user)[:LISTED])
    context = {
        "rows": [_row(enquiry) for enquiry in found],
        "corrections": corrections_by(request.user)[:LISTED],
    }
    response = render(request, "chat/enquiries.html", context)
    mark_read(found)
    return response


def _row(enquiry: Enquiry) -> dict[str, Any]:
    answer = enquiry.answer
    gone = answer is None or answer.conversation.deleted_at is not None
    return {"enquiry": enquiry, "url": "" if gone or answer is None else answer_url(answer)}
