"""Approved answers: the list, and one of them to write, approve, confirm or retire."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from ai.lexical import Language, detect_language
from backoffice.access import curator_only
from backoffice.approved import (
    EXPORT_HEAD,
    Beginning,
    approved_context,
    beginning,
    export_rows,
    next_review,
)
from backoffice.approved_form import (
    ApprovedForm,
    PassageChoice,
    choices_found,
    choices_kept,
    choices_of,
    ticked,
)
from backoffice.exports import csv_response
from backoffice.requests import approved_filter
from common.errors import InvalidInput
from documents.approved_selectors import get_approved_for_curator
from documents.approved_services import question_approved, retire_approved, save_approved
from documents.models import ApprovedAnswer


@require_safe
@curator_only
def approved(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/approved.html", approved_context(request))


@require_safe
@curator_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    rows = export_rows(request.user, approved_filter(request.GET))
    return csv_response("approved-answers", EXPORT_HEAD, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def create(request: AuthenticatedRequest) -> HttpResponseBase:
    begun = beginning(request.user, request.GET)
    if request.method == "POST":
        return _posted(request, None, begun)
    initial = {
        "question": begun.question,
        "text": begun.text,
        "corpus": begun.corpus,
        "language": detect_language(begun.question, default=cast(Language, get_language())),
        "owner": request.user.pk,
        "review_on": next_review(),
    }
    form = ApprovedForm(request.user, initial=initial)
    return _page(request, None, form, choices_of(request.user, begun.passages))


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def edit(request: AuthenticatedRequest, approved: UUID) -> HttpResponseBase:
    found = get_approved_for_curator(request.user, approved)
    if request.method == "POST":
        return _posted(request, found, Beginning())
    initial = {
        "question": found.question,
        "alternatives": "\n".join(found.alternatives),
        "text": found.text,
        "corpus": found.corpus_id,
        "language": found.language,
        "owner": found.owner_id or request.user.pk,
        "review_on": found.review_on or next_review(),
    }
    if found.status == ApprovedAnswer.Status.TO_REVIEW or found.is_due:
        initial["review_on"] = next_review()
    form = ApprovedForm(request.user, initial=initial)
    return _page(request, found, form, choices_kept(request.user, found))


def _posted(
    request: AuthenticatedRequest, found: ApprovedAnswer | None, begun: Beginning
) -> HttpResponseBase:
    form, passages = ApprovedForm(request.user, request.POST), ticked(request.POST)
    kept, action = choices_of(request.user, passages), request.POST.get("action", "save")
    valid = form.is_valid()
    if action == "find":
        corpus, words = form.cleaned_data.get("corpus"), request.POST.get("find", "").strip()
        results = []
        if corpus and words:
            results = choices_found(request.user, corpus, words, passages.values())
        # What is still missing is told when it is saved.
        form = ApprovedForm(request.user, initial=request.POST.dict())
        return _page(request, found, form, kept, words=words, results=results)
    if not valid:
        return _page(request, found, form, kept)
    origin: dict[str, Any] = {"origin": begun.origin, "source": begun.source}
    try:
        saved = save_approved(
            by=request.user,
            draft=form.draft(passages, **origin),
            approved=found,
            approve=action == "approve",
        )
    except (InvalidInput, ValidationError) as error:
        form.refuse(error)
        return _page(request, found, form, kept)
    is_served = saved.status == ApprovedAnswer.Status.APPROVED
    done = _("It is approved, and given from now on.") if is_served else _("It is saved.")
    messages.success(request, done)
    return redirect("backoffice:approved_answer", saved.pk)


@require_POST
@curator_only
def change_state(request: AuthenticatedRequest, approved: UUID) -> HttpResponseBase:
    found = get_approved_for_curator(request.user, approved)
    match request.POST.get("action", ""):
        case "retire":
            retire_approved(by=request.user, approved=found)
            messages.success(request, _("It is retired, and no longer given."))
        case "review":
            question_approved(by=request.user, approved=found)
            messages.success(request, _("It waits for a review, and is not given meanwhile."))
        case other:
            raise InvalidInput(field="action", reason=other)
    return redirect("backoffice:approved_answer", found.pk)


def _page(
    request: AuthenticatedRequest,
    found: ApprovedAnswer | None,
    form: ApprovedForm,
    passages: list[PassageChoice],
    *,
    words: str = "",
    results: list[PassageChoice] | None = None,
) -> HttpResponse:
    context = {
        "approved": found,
        "form": form,
        "passages": passages,
        "words": words,
        "results": results,
    }
    return render(request, "backoffice/approved_answer.html", context)
