"""A corpus's glossary: what its acronyms and words of the house stand for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.exports import csv_response
from backoffice.forms import GlossaryEntryForm, GlossaryFileForm
from backoffice.paging import page_of
from backoffice.requests import uuids
from backoffice.views.corpora import corpus_head
from common.errors import InvalidInput
from documents.glossary import (
    MAX_FILE_BYTES,
    import_entries,
    parse_csv,
    remove_entry,
    save_entry,
    wordings,
)
from documents.models import Corpus
from documents.selectors import get_corpus_for_curator, glossary_curated_by

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def glossary(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    form = GlossaryEntryForm(request.POST or None, initial=_edited(request, found))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            entry = wordings(asked["term"], asked["expansions"], found.language)
            save_entry(by=request.user, corpus=found, entry=entry, instead_of=asked["instead_of"])
        except InvalidInput as error:
            form.refuse(error)
        else:
            text = _("“%(term)s” is saved. Searches know it from now on.")
            messages.success(request, text % {"term": entry.term})
            return redirect("backoffice:corpus_glossary", found.pk)
    return _page(request, found, form, GlossaryFileForm())


@require_POST
@curator_only
def take_in(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    form = GlossaryFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            entries = parse_csv(form.cleaned_data["file"].read(MAX_FILE_BYTES + 1), found.language)
            everything = form.cleaned_data["replace_all"]
            import_entries(by=request.user, corpus=found, entries=entries, replace_all=everything)
        except InvalidInput as error:
            form.refuse(error)
        else:
            count = len(entries)
            text = ngettext("%(count)s term is taken in.", "%(count)s terms are taken in.", count)
            messages.success(request, text % {"count": count})
            return redirect("backoffice:corpus_glossary", found.pk)
    return _page(request, found, GlossaryEntryForm(), form)


@require_safe
@curator_only
def export(request: AuthenticatedRequest, corpus: UUID) -> HttpResponse:
    found = get_corpus_for_curator(request.user, corpus)
    rows = ([entry.term, *entry.expansions] for entry in glossary_curated_by(request.user, found))
    return csv_response(f"glossary-{found.slug}", [_("Term"), _("Stands for")], rows)


@require_POST
@curator_only
def remove(request: AuthenticatedRequest, corpus: UUID, entry: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    remove_entry(by=request.user, corpus=found, entry=entry)
    messages.success(request, _("The term is removed from the glossary."))
    return redirect("backoffice:corpus_glossary", found.pk)


def _edited(request: AuthenticatedRequest, corpus: Corpus) -> dict[str, Any]:
    """The entry that the address names, to change it."""
    named = uuids(request.GET.getlist("edit")[:1])
    entry = glossary_curated_by(request.user, corpus).filter(pk__in=named).first()
    if entry is None:
        return {}
    return {
        "term": entry.term,
        "expansions": "; ".join(entry.expansions),
        "instead_of": entry.pk,
    }


def _page(
    request: AuthenticatedRequest,
    corpus: Corpus,
    form: GlossaryEntryForm,
    file_form: GlossaryFileForm,
) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    entries = glossary_curated_by(request.user, corpus)
    if query:
        entries = entries.filter(term__icontains=query)
    context = {
        "form": form,
        "file_form": file_form,
        "query": query,
        "page": page_of(entries, request.GET, PAGE_SIZE),
        **corpus_head(request, corpus, "glossary"),
    }
    return render(request, "backoffice/corpus_glossary.html", context)
