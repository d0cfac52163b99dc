"""One document: its files, how they were read, what the search is told about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.access import curator_only
from backoffice.board import row_view, work_time
from backoffice.document_forms import HintsForm, ValidityForm
from backoffice.durations import duration_text
from backoffice.requests import chosen_version
from backoffice.steps import progress_of
from documents.board import BoardFilter, board_documents, board_rows
from documents.inspecting import ReadSummary, read_summary
from documents.kinds import extent
from documents.models import Document, DocumentVersion
from documents.selectors import documents_curated_by, get_document_for_curator
from documents.validity import validity_note


@require_safe
@curator_only
def document(request: AuthenticatedRequest, document: UUID) -> HttpResponse:
    return document_page(request, get_document_for_curator(request.user, document))


def document_page(
    request: AuthenticatedRequest,
    found: Document,
    *,
    hints_form: HintsForm | None = None,
    validity_form: ValidityForm | None = None,
) -> HttpResponse:
    """The page of a document; with a form that was refused, the form as it was sent."""
    versions = list(found.versions.all())
    version = chosen_version(versions, request.GET.get("version", ""))
    days = {"valid_from": found.valid_from, "valid_until": found.valid_until}
    context = {
        "document": found,
        "hints_form": hints_form or HintsForm(instance=found),
        "validity_form": validity_form or ValidityForm(initial=days),
        "validity": validity_note(found.valid_from, found.valid_until),
        "is_stale": found.stale == Document.Stale.VECTORS,
        "versions": [_file(each, found) for each in versions],
        "carrier": documents_curated_by(request.user).filter(attachments=found).first(),
        "attachments": _attachments(request.user, found),
        "version": version,
        "has_live": any(each.live for each in versions),
        **(_read(version, read_summary(request.user, version)) if version else {}),
    }
    return render(request, "backoffice/document.html", context)


def _file(version: DocumentVersion, document: Document) -> dict[str, Any]:
    took = work_time(version) if version.started_at else None
    return {
        "version": version,
        "progress": progress_of(version, is_paused=document.corpus.paused_at is not None),
        "took": duration_text(took) if took else "",
    }


def _attachments(user: User, document: Document) -> list[dict[str, Any]]:
    listed = board_documents(user, BoardFilter(sort="title")).filter(parent=document)
    return [row_view(row) for row in board_rows(listed)]


def _read(version: DocumentVersion, read: ReadSummary) -> dict[str, Any]:
    pages = reverse("backoffice:document_pages", args=[version.document_id])
    return {
        "read": read,
        "pages_url": f"{pages}?version={version.pk}",
        "extent": extent(version.media_type, read.pages),
        "scan_percent": _percent(read.confidence),
        "least_percent": _percent(read.least_confident),
    }


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
