"""Corpora: the list, a new one, and the three tabs of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.board import board_context
from backoffice.exports import csv_response
from backoffice.forms import CorpusForm, GrantForm
from backoffice.transfer import TransferForm, new_corpus_page
from backoffice.views.documents import board_fragment
from backoffice.work import work_context
from common.errors import InvalidInput
from documents.board import ALL, BoardState, counts_by_corpus
from documents.models import Corpus
from documents.selectors import (
    corpora_curated_by,
    get_corpus_for_curator,
    grants_of_corpus,
    require_corpus_creation,
)
from documents.services import create_corpus, grant_corpus, revoke_grant, update_corpus

NO_DOCUMENTS = dict.fromkeys([ALL, *BoardState.values], 0)


@require_safe
@curator_only
def corpora(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/corpora.html", {"rows": _rows(request)})


def _rows(request: AuthenticatedRequest) -> list[tuple[Corpus, dict[str, int]]]:
    counts = counts_by_corpus(request.user)
    return [
        (corpus, counts.get(corpus.pk, NO_DOCUMENTS)) for corpus in corpora_curated_by(request.user)
    ]


@require_safe
@curator_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    states = [state for state in BoardState if state != BoardState.DELETED]
    head = [
        _("Name"),
        _("Language"),
        _("Who may read"),
        _("Documents"),
        *(str(state.label) for state in states),
    ]
    rows = (
        [
            corpus.name,
            corpus.get_language_display(),
            corpus.get_visibility_display(),
            counts[ALL],
            *(counts[state] for state in states),
        ]
        for corpus, counts in _rows(request)
    )
    return csv_response("corpora", head, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def create(request: AuthenticatedRequest) -> HttpResponseBase:
    require_corpus_creation(request.user)
    form = CorpusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            corpus = create_corpus(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse_corpus(form, error)
        else:
            text = _("“%(name)s” is ready for its first documents.") % {"name": corpus.name}
            messages.success(request, text)
            return redirect("backoffice:corpus_documents", corpus.pk)
    return new_corpus_page(request, form, TransferForm())


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def corpus(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    """The settings, where a corpus opens."""
    found = get_corpus_for_curator(request.user, corpus)
    name = found.name
    form = CorpusForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            update_corpus(by=request.user, corpus=found, **form.cleaned_data)
        except ValidationError as error:
            refuse_corpus(form, error)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("backoffice:corpus", found.pk)
    context = {"form": form, "name": name, **corpus_head(request, found, "settings")}
    return render(request, "backoffice/corpus.html", context)


def refuse_corpus(form: CorpusForm, error: ValidationError) -> None:
    """The only rule that the form cannot check by itself is that names are unique."""
    if "__all__" in getattr(error, "error_dict", {}):
        form.add_error("name", _("A corpus of this name exists already."))
    else:
        form.refuse(error)


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def people(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    form = GrantForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            grant_corpus(by=request.user, corpus=found, grant=form.grant())
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, _("The right is given."))
            return redirect("backoffice:corpus_people", found.pk)
    grants = grants_of_corpus(request.user, found)
    context = {"form": form, "grants": grants, **corpus_head(request, found, "people")}
    return render(request, "backoffice/corpus_people.html", context)


@require_POST
@curator_only
def revoke(request: AuthenticatedRequest, corpus: UUID, grant: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    revoke_grant(by=request.user, corpus=found, grant=grant)
    messages.success(request, _("The right is taken away, from now on."))
    return redirect("backoffice:corpus_people", found.pk)


@require_safe
@curator_only
def documents(request: AuthenticatedRequest, corpus: UUID) -> HttpResponse:
    found = get_corpus_for_curator(request.user, corpus)
    if fragment := board_fragment(request, found):
        return fragment
    context = {
        **board_context(request, found),
        **work_context(request.user),
        **corpus_head(request, found, "documents"),
    }
    return render(request, "backoffice/corpus_documents.html", context)


def corpus_head(request: AuthenticatedRequest, corpus: Corpus, tab: str) -> dict[str, Any]:
    counts = counts_by_corpus(request.user).get(corpus.pk, NO_DOCUMENTS)
    grants = grants_of_corpus(request.user, corpus).aggregate(
        teams=Count("team"), people=Count("user")
    )
    return {"corpus": corpus, "document_count": counts[ALL], "readers": grants, "tab": tab}
