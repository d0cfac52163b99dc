"""What was read of a file, page by page, beside the file itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.access import curator_only
from backoffice.page_view import passage_boxes, passages_of, text_blocks
from backoffice.paging import Address
from backoffice.requests import chosen_version, page_asked
from common.files import file_response
from documents.adapters.extractors.formats import PDF
from documents.inspecting import (
    get_page_for_curator,
    neighbours_of,
    pages_holding,
    passages_curated_by,
    places_of,
    words_placed_on,
)
from documents.kinds import heading_of, label_of, page_name
from documents.models import DocumentVersion, Page
from documents.renditions import has_rendition, stored_original, stored_rendition
from documents.selectors import get_document_for_curator, get_version_for_curator

_MAX_WORDS_CHARACTERS = 200


@require_safe
@curator_only
def pages(request: AuthenticatedRequest, document: UUID) -> HttpResponse:
    found = get_document_for_curator(request.user, document)
    versions = list(found.versions.all())
    version = chosen_version(versions, request.GET.get("version", ""))
    context: dict[str, Any] = {"document": found, "versions": versions, "version": version}
    if version is not None:
        context |= _page_context(request, version)
    return render(request, "backoffice/pages.html", context)


def _page_context(request: AuthenticatedRequest, version: DocumentVersion) -> dict[str, Any]:
    user, address = request.user, Address(request.GET)
    wanted = request.GET.get("q", "").strip()[:_MAX_WORDS_CHARACTERS]
    found_pages = pages_holding(user, version, wanted) if wanted else []
    file_url = reverse("backoffice:version_file", args=[version.pk])
    context = {
        "file_url": file_url,
        "pdf_url": f"{file_url}?drawn=1" if has_rendition(version) else file_url,
        "is_drawn": _is_drawn(version),
        "format": label_of(version.media_type),
        "page_name": page_name(version.media_type),
        "wanted": wanted,
        "found_pages": [(each, address.with_(page=each.number)) for each in found_pages],
        "without_search": address.with_(q=""),
    }
    around = neighbours_of(user, version, page_asked(request.GET))
    if around is None:
        return {**context, "page": None}
    number = min(max(page_asked(request.GET), around.first), around.last)
    page = get_page_for_curator(user, version, number)
    numbers = [each.number for each in found_pages]
    return {
        **context,
        **_drawn(user, version, page, wanted),
        "around": around,
        "previous_url": address.with_(page=around.previous) if around.previous else "",
        "next_url": address.with_(page=around.next) if around.next else "",
        "previous_found": _link(address, [each for each in numbers if each < number][-1:]),
        "next_found": _link(address, [each for each in numbers if each > number][:1]),
    }


def _link(address: Address, numbers: list[int]) -> str:
    return address.with_(page=numbers[0]) if numbers else ""


def _drawn(user: User, version: DocumentVersion, page: Page, wanted: str) -> dict[str, Any]:
    chunks = list(passages_curated_by(user, version).filter(page=page.number))
    words = words_placed_on(user, page) if _is_drawn(version) else []
    width, height = round(page.width or 595), round(page.height or 842)
    return {
        "page": page,
        "heading": heading_of(version.media_type, page.label),
        "blocks": text_blocks(page, chunks, places_of(page.text, wanted)),
        "passages": passages_of(chunks),
        "boxes": passage_boxes(page, chunks, words),
        "sheet": (height, width) if page.rotation in {90, 270} else (width, height),
        "confidence": None if page.ocr_confidence is None else round(100 * page.ocr_confidence),
        "viewer": {"page": page.number, "quotes": []},
    }


def _is_drawn(version: DocumentVersion) -> bool:
    """Whether its pages can be shown as they are: those of a PDF, or of the PDF made of it."""
    return version.media_type == PDF or has_rendition(version)


@require_safe
@curator_only
def file(request: AuthenticatedRequest, version: UUID) -> HttpResponseBase:
    """The file of any version, for who curates its corpus; the right is asked for each time. With
    ?drawn=1 what its pages are drawn from, where that is another."""
    found = get_version_for_curator(request.user, version)
    if request.GET.get("drawn") and has_rendition(found):
        return file_response(request, stored_rendition(found))
    return file_response(request, stored_original(found))
