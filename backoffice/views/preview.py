"""One document: its versions, and what was read of it, page by page or as passages."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.board import format_of
from backoffice.document_forms import HintsForm, ValidityForm
from backoffice.paging import Address
from backoffice.steps import progress_of
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.selectors import get_document_for_curator
from documents.validity import validity_note

AS_EXTRACTED, AS_CHUNKED = "pages", "passages"


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
    version = _chosen(versions, request.GET.get("version", ""))
    shown_as = AS_CHUNKED if request.GET.get("as") == AS_CHUNKED else AS_EXTRACTED
    address = Address(request.GET)
    days = {"valid_from": found.valid_from, "valid_until": found.valid_until}
    context = {
        "document": found,
        "hints_form": hints_form or HintsForm(instance=found),
        "validity_form": validity_form or ValidityForm(initial=days),
        "validity": validity_note(found.valid_from, found.valid_until),
        "is_stale": found.stale == Document.Stale.VECTORS,
        "versions": [(each, progress_of(each)) for each in versions],
        "version": version,
        "has_live": any(each.live for each in versions),
        "format": format_of(version.file_name) if version else "",
        "shown_as": shown_as,
        "as_extracted": address.with_(**{"as": ""}),
        "as_chunked": address.with_(**{"as": AS_CHUNKED}),
        **(_page(version, request.GET.get("page", ""), shown_as, address) if version else {}),
    }
    return render(request, "backoffice/document.html", context)


def _chosen(versions: list[DocumentVersion], asked: str) -> DocumentVersion | None:
    """The version asked for, else the live one, else the newest."""
    for version in versions:
        if str(version.pk) == asked:
            return version
    return next(
        (version for version in versions if version.live), versions[0] if versions else None
    )


def _page(
    version: DocumentVersion, number: str, shown_as: str, address: Address
) -> dict[str, object]:
    pages = Paginator(version.pages.all(), 1).get_page(number)
    page = next(iter(pages), None)
    if page is None:
        return {"page": None}
    passages = (
        version.chunks.filter(generation__state=IndexGeneration.State.LIVE, page=page.number)
        if shown_as == AS_CHUNKED
        else ()
    )
    return {
        "page": page,
        "pages": pages,
        "passages": passages,
    }
