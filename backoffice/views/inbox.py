"""Questions that were sent to the people in charge: the list, one of them, and what is done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.exports import csv_response
from backoffice.forms import ReplyForm
from backoffice.inbox import EXPORT_HEAD, export_rows, inbox_context
from backoffice.requests import inbox_filter
from chat.inbox import (
    assign_enquiry,
    close_enquiry,
    get_enquiry_for,
    opened,
    reopen_enquiry,
    reply_to,
)
from chat.models import Enquiry
from chat.rendering import answer_html
from chat.selectors import passages_for
from common.errors import InvalidInput


@require_safe
@curator_only
def inbox(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/inbox.html", inbox_context(request))


@require_safe
@curator_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    rows = export_rows(request.user, inbox_filter(request.GET))
    return csv_response("inbox", EXPORT_HEAD, rows)


@require_safe
@curator_only
def enquiry(request: AuthenticatedRequest, enquiry: UUID) -> HttpResponse:
    found = get_enquiry_for(request.user, enquiry)
    return _page(request, found, ReplyForm(initial={"reply": found.reply}))


@require_POST
@curator_only
def reply(request: AuthenticatedRequest, enquiry: UUID) -> HttpResponseBase:
    found = get_enquiry_for(request.user, enquiry)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    reply_to(by=request.user, enquiry=found, text=form.cleaned_data["reply"])
    messages.success(request, _("Your reply is sent."))
    return redirect("backoffice:enquiry", found.pk)


@require_POST
@curator_only
def change_state(request: AuthenticatedRequest, enquiry: UUID) -> HttpResponseBase:
    found = get_enquiry_for(request.user, enquiry)
    match request.POST.get("action", ""):
        case "close":
            close_enquiry(by=request.user, enquiry=found)
            messages.success(request, _("The question is closed."))
        case "reopen":
            reopen_enquiry(by=request.user, enquiry=found)
            messages.success(request, _("The question is open again."))
        case "take" | "release" as action:
            assign_enquiry(by=request.user, enquiry=found, to_me=action == "take")
        case other:
            raise InvalidInput(field="action", reason=other)
    return redirect("backoffice:enquiry", found.pk)


def _page(request: AuthenticatedRequest, found: Enquiry, form: ReplyForm) -> HttpResponse:
    shown = opened(request.user, found)
    html = None
    if shown.answer is not None:
        passages = passages_for(request.user, [shown.answer])[shown.answer.pk]
        html = answer_html(shown.answer.text, passages)
    context = {"shown": shown, "enquiry": found, "answer_html": html, "form": form}
    return render(request, "backoffice/enquiry.html", context)
