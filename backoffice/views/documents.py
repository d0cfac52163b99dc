"""The documents' list with what can be done to them, one by one or many at once."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.board import board_context, rows_context
from backoffice.board_export import export_head, export_rows
from backoffice.exports import csv_response
from backoffice.outcome import changed
from backoffice.requests import board_filter, chosen_among, typed_name
from backoffice.work import work_context
from common.errors import InvalidInput
from documents.board import BoardFilter, BoardState, board_documents, board_rows
from documents.models import Corpus
from documents.selectors import (
    deleted_documents_curated_by,
    documents_curated_by,
    get_document_for_curator,
)
from documents.services import (
    delete_document,
    purge_document_now,
    rename_document,
    restore_documents,
)
from documents.under_way import versions_under_way
from documents.version_services import cancel_version, retry_version

# The ids of the fragments which htmx loads again.
BOARD, ROWS = "board", "board-rows"


@require_safe
@curator_only
def documents(request: AuthenticatedRequest) -> HttpResponse:
    return board_fragment(request) or render(
        request,
        "backoffice/documents.html",
        {**board_context(request), **work_context(request.user)},
    )


def board_fragment(
    request: AuthenticatedRequest, corpus: Corpus | None = None
) -> HttpResponse | None:
    """What htmx asks for: the list, or its rows alone while they are under way."""
    if request.htmx and request.htmx.target == BOARD:
        return render(request, "backoffice/_board.html", board_context(request, corpus))
    if request.htmx and request.htmx.target == ROWS:
        return render(request, "backoffice/_board_rows.html", rows_context(request, corpus))
    return None


@require_safe
@curator_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    chosen = board_filter(request.GET)
    return csv_response("documents", export_head(), export_rows(request.user, chosen))


@require_POST
@curator_only
def rename(request: AuthenticatedRequest, document: UUID) -> HttpResponseBase:
    found = get_document_for_curator(request.user, document)
    title = request.POST.get("title", "").strip()
    if not title:
        raise InvalidInput(field=_("Title"), reason=_("A document needs a title."))
    rename_document(by=request.user, document=found, title=title[:300])
    text = _("The document is now called “%(title)s”.") % {"title": title}
    return changed(request, text, to=reverse("backoffice:document", args=[found.pk]))


@require_POST
@curator_only
@transaction.atomic
def delete(request: AuthenticatedRequest) -> HttpResponseBase:
    """Hides the documents at once; the notice offers to take it back."""
    chosen = chosen_among(request.POST, documents_curated_by(request.user))
    for document in chosen:
        delete_document(by=request.user, document=document)
    if len(chosen) == 1:
        text = _("“%(title)s” is deleted.") % {"title": chosen[0].title}
    else:
        text = ngettext(
            "%(count)d document is deleted.", "%(count)d documents are deleted.", len(chosen)
        ) % {"count": len(chosen)}
    return changed(
        request,
        text,
        to=reverse("backoffice:documents"),
        undo=reverse("backoffice:documents_restore"),
        chosen=chosen,
    )


@require_POST
@curator_only
@transaction.atomic
def restore(request: AuthenticatedRequest) -> HttpResponseBase:
    chosen = chosen_among(request.POST, deleted_documents_curated_by(request.user))
    restore_documents(by=request.user, documents=chosen)
    text = ngettext("%(count)d document is back.", "%(count)d documents are back.", len(chosen)) % {
        "count": len(chosen)
    }
    return changed(request, text, to=reverse("backoffice:documents"))


@require_POST
@curator_only
@transaction.atomic
def retry(request: AuthenticatedRequest) -> HttpResponseBase:
    """Queues the failed and cancelled files of the chosen documents again."""
    chosen = chosen_among(request.POST, documents_curated_by(request.user))
    listed = board_documents(request.user, BoardFilter())
    rows = board_rows(listed.filter(pk__in=[document.pk for document in chosen]))
    left = [row.version for row in rows if row.state in (BoardState.FAILED, BoardState.CANCELLED)]
    count = sum(retry_version(by=request.user, version=version) for version in left if version)
    text = ngettext(
        "%(count)d file is being tried again.", "%(count)d files are being tried again.", count
    ) % {"count": count}
    if count == 0:
        text = _("None of them can be tried again: they need another file.")
    return changed(request, text, to=reverse("backoffice:documents"))


@require_POST
@curator_only
@transaction.atomic
def cancel(request: AuthenticatedRequest) -> HttpResponseBase:
    """Stops the files under way of the chosen documents."""
    chosen = chosen_among(request.POST, documents_curated_by(request.user))
    count = 0
    for version in versions_under_way(request.user, chosen):
        cancel_version(by=request.user, version=version)
        count += 1
    text = ngettext("%(count)d file is cancelled.", "%(count)d files are cancelled.", count) % {
        "count": count
    }
    if count == 0:
        text = _("None of them is under way.")
    return changed(request, text, to=reverse("backoffice:documents"))


@require_POST
@curator_only
def purge(request: AuthenticatedRequest, document: UUID) -> HttpResponseBase:
    """Removes a deleted document for good, once its title was typed."""
    found = get_document_for_curator(request.user, document, deleted=True)
    if not typed_name(request.POST, found.title):
        raise InvalidInput(field=_("Title"), reason=_("It is not the title of this document."))
    purge_document_now(by=request.user, document=found)
    text = _("“%(title)s” is being removed for good.") % {"title": found.title}
    deleted = f"{reverse('backoffice:documents')}?state=deleted"
    return changed(request, text, to=deleted)
