"""Where a corpus takes files from: the list, each source with its entries, what is done to it."""

from __future__ import annotations

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
from backoffice.source_forms import ScheduleForm, SourceForm
from backoffice.sources import (
    chosen_entries,
    dropped_context,
    export_list_rows,
    export_rows,
    list_context,
    source_context,
)
from backoffice.views.corpora import corpus_head
from common.errors import CassandreError, InvalidInput
from documents.models import Corpus, Source, SourceEntry
from documents.selectors import get_corpus_for_curator
from documents.sources.selectors import get_source_for_curator
from documents.sources.services import (
    add_source,
    cancel_look,
    delete_vanished,
    look_now,
    remove_source,
    set_schedule,
)
from documents.sources.trying import Trial, try_source


@require_http_methods(["GET", "HEAD", "POST"])
@curator_only
def sources(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    """The list, and the form that adds one; its second button only tries the address."""
    found = get_corpus_for_curator(request.user, corpus)
    form = SourceForm(request.POST or None)
    trial = None
    if request.method == "POST" and form.is_valid():
        try:
            if "try" in request.POST:
                trial = _tried(request, found, form)
            else:
                add_source(by=request.user, corpus=found, **form.cleaned_data)
                messages.success(request, _("The source is added. Its files are on their way."))
                return redirect("backoffice:corpus_sources", found.pk)
        except InvalidInput as error:
            form.refuse(error)
        except CassandreError as error:
            form.add_error("address", error.user_sentence)
    context = {
        "form": form,
        "trial": trial,
        **list_context(request.user, found),
        **corpus_head(request, found, "sources"),
    }
    return render(request, "backoffice/corpus_sources.html", context)


def _tried(request: AuthenticatedRequest, corpus: Corpus, form: SourceForm) -> Trial:
    asked = form.cleaned_data
    return try_source(by=request.user, corpus=corpus, kind=asked["kind"], address=asked["address"])


@require_safe
@curator_only
def rows(request: AuthenticatedRequest, corpus: UUID) -> HttpResponse:
    """The list alone, which asks for itself again while something moves."""
    found = get_corpus_for_curator(request.user, corpus)
    return render(request, "backoffice/_sources_rows.html", list_context(request.user, found))


@require_safe
@curator_only
def export_list(request: AuthenticatedRequest, corpus: UUID) -> HttpResponse:
    found = get_corpus_for_curator(request.user, corpus)
    states = [str(state.label) for state in SourceEntry.State]
    head = [_("Kind"), _("Address"), _("State"), _("Last look"), _("Look again"), *states]
    rows = export_list_rows(request.user, found)
    return csv_response(f"sources-{found.slug}", [*head, _("Reason")], rows)


@require_safe
@curator_only
def dropped(request: AuthenticatedRequest) -> HttpResponse:
    """The zips that were dropped on the documents, while there is something to say of them."""
    return render(request, "backoffice/_dropped.html", dropped_context(request.user))


@require_safe
@curator_only
def source(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponse:
    found = get_source_for_curator(request.user, corpus, source)
    context = source_context(request, found)
    if request.htmx and request.htmx.target == "source":
        return render(request, "backoffice/_source_body.html", context)
    context |= {
        "form": ScheduleForm(current=found.every_hours),
        **corpus_head(request, found.corpus, "sources"),
    }
    return render(request, "backoffice/corpus_source.html", context)


@require_safe
@curator_only
def export(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponse:
    found = get_source_for_curator(request.user, corpus, source)
    head = [_("File"), _("State"), _("Document"), _("Seen"), _("Reason")]
    rows = export_rows(chosen_entries(request, found))
    return csv_response(f"source-{found.corpus.slug}", head, rows)


@require_POST
@curator_only
def look(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponseBase:
    found = get_source_for_curator(request.user, corpus, source)
    if look_now(by=request.user, source=found):
        messages.success(request, _("It is looked at again."))
    else:
        messages.info(request, _("It is being looked at already, or must be uploaded again."))
    return _back(found)


@require_POST
@curator_only
def cancel(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponseBase:
    found = get_source_for_curator(request.user, corpus, source)
    cancel_look(by=request.user, source=found)
    messages.success(request, _("The look is stopped. What came stays."))
    return _back(found)


@require_POST
@curator_only
def schedule(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponseBase:
    found = get_source_for_curator(request.user, corpus, source)
    form = ScheduleForm(request.POST, current=found.every_hours)
    if not form.is_valid():
        raise InvalidInput(field="every_hours", reason=_("It is not among the choices."))
    set_schedule(by=request.user, source=found, every_hours=form.cleaned_data["every_hours"])
    messages.success(request, _("The schedule is saved."))
    return _back(found)


@require_POST
@curator_only
def remove(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponseBase:
    found = get_source_for_curator(request.user, corpus, source)
    with_documents = request.POST.get("documents") == "delete"
    count = remove_source(by=request.user, source=found, documents=with_documents)
    text = _("The source is removed. Its documents stay.")
    if with_documents:
        text = ngettext(
            "The source is removed, and %(count)s document is deleted.",
            "The source is removed, and %(count)s documents are deleted.",
            count,
        ) % {"count": count}
    messages.success(request, text)
    return redirect("backoffice:corpus_sources", corpus)


@require_POST
@curator_only
def clear(request: AuthenticatedRequest, corpus: UUID, source: UUID) -> HttpResponseBase:
    """Delete the documents that the source has no more."""
    found = get_source_for_curator(request.user, corpus, source)
    count = delete_vanished(by=request.user, source=found)
    text = ngettext("%(count)s document is deleted.", "%(count)s documents are deleted.", count)
    messages.success(request, text % {"count": count})
    return _back(found)


def _back(found: Source) -> HttpResponseBase:
    return redirect("backoffice:corpus_source", found.corpus_id, found.pk)
