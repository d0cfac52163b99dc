"""The source viewer and the file behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from common.errors import InvalidInput, NotFound
from common.files import file_response
from common.parameters import read_parameters
from documents.adapters.extractors.formats import PDF
from documents.attached import attachments_online, carrier_of
from documents.forms import SourceForm
from documents.geometry import as_shown, boxes_of
from documents.kinds import extent, page_name, short_reference
from documents.models import DocumentVersion, Page
from documents.reading import Span, blocks_of
from documents.renditions import has_rendition, stored_original, stored_rendition
from documents.selectors import (
    get_live_version_for_reader,
    get_page_for_reader,
    get_version_for_reader,
    pages_between,
    placed_words_of,
)
from documents.trails import CitedPassage, Trail, find_trail
from documents.validity import validity_note

# Pages before and after the open one in the list at the left.
BEFORE, AFTER = 2, 5


@require_GET
def source(request: AuthenticatedRequest, pk: UUID) -> HttpResponse:
    """A document on one page, the cited characters marked: in a PDF or an image as boxes on it."""
    parameters = read_parameters(SourceForm, request.GET)
    version = _version_for(request.user, pk, parameters["version"])
    number = parameters["page"] or 1
    if number > max(version.page_count, 1):
        reason = _("this document ends at %(last)d") % {"last": version.page_count}
        raise InvalidInput(field="page", reason=reason)
    page = get_page_for_reader(request.user, version, number)
    wanted = parameters["spans"]
    cited = _inside(page, wanted)
    is_lost = parameters["unlocated"] or (bool(wanted) and not cited)
    boxes = _boxes(request.user, page, cited)
    trail = _trail(request.user, parameters["answer"])
    place = _Place(version=version, number=number, answer=parameters["answer"] if trail else None)
    context = {
        "document": version.document,
        "version": version,
        "page": page,
        "is_pdf": version.media_type == PDF or has_rendition(version),
        "page_name": page_name(version.media_type),
        "reference": short_reference(version.media_type, number, page.label),
        "extent": extent(version.media_type, version.page_count),
        "validity": validity_note(version.document.valid_from, version.document.valid_until),
        "uploader": version.document.created_by,
        "carrier": carrier_of(request.user, version.document),
        "attachments": attachments_online(request.user, version.document),
        "sheet": _sheet(page),
        "blocks": blocks_of(page.text, page.headings, cited),
        "is_lost": is_lost,
        "boxes": boxes,
        "nearby": [
            (near, place.url(near.number))
            for near in pages_between(request.user, version, number - BEFORE, number + AFTER)
        ],
        "previous_url": place.url(number - 1) if number > 1 else "",
        "next_url": place.url(number + 1) if number < version.page_count else "",
        "file_url": place.file_url,
        "pdf_url": place.pdf_url,
        "kept": place.kept,
        "viewer": _viewer_data(page, cited),
        **_trail_context(trail, version, page, cited if cited or is_lost else None),
    }
    return render(request, "documents/source.html", context)


@require_safe
def file(request: AuthenticatedRequest, pk: UUID) -> HttpResponseBase:
    """The file itself, or the pages that were made of an image. The right is asked for on every
    request, each range of it included."""
    parameters = read_parameters(SourceForm, request.GET)
    version = _version_for(request.user, pk, parameters["version"])
    if parameters["drawn"] and has_rendition(version):
        return file_response(request, stored_rendition(version))
    return file_response(request, stored_original(version))


def _version_for(user: User, document: UUID, version: UUID | None) -> DocumentVersion:
    if version is None:
        return get_live_version_for_reader(user, document)
    found = get_version_for_reader(user, version)
    if found.document_id != document:
        raise NotFound(cause=f"version {version} is not of document {document}")
    return found


def _inside(page: Page, spans: Sequence[Span]) -> tuple[Span, ...]:
    """None of them where one is not of this text."""
    return tuple(spans) if all(end <= len(page.text) for _start, end in spans) else ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reader is; its addresses keep the version and the trail."""

    version: DocumentVersion
    number: int
    answer: UUID | None

    def url(self, page: int) -> str:
        path = reverse("documents:source", args=[self.version.document_id])
        return f"{path}?{urlencode([*self.kept, ('page', str(page))])}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        answer = [("answer", str(self.answer))] if self.answer is not None else []
        return [("version", str(self.version.pk)), *answer]

    @property
    def file_url(self) -> str:
        path = reverse("documents:file", args=[self.version.document_id])
        return f"{path}?{urlencode({'version': str(self.version.pk)})}"

    @property
    def pdf_url(self) -> str:
        """Where the pages are drawn from."""
        return f"{self.file_url}&drawn=1" if has_rendition(self.version) else self.file_url


def _sheet(page: Page) -> tuple[int, int]:
    """The size of the page as it is shown, in points; A4 where the format has none."""
    width, height = round(page.width or 595), round(page.height or 842)
    return (height, width) if page.rotation in {90, 270} else (width, height)


def _viewer_data(page: Page, cited: Sequence[Span]) -> dict[str, Any]:
    """For pdf.js, whose text comes in other pieces: each quote, and what stands before it."""
    quotes = [{"before": page.text[:start], "quote": page.text[start:end]} for start, end in cited]
    return {"page": page.number, "quotes": quotes}


def _boxes(user: User, page: Page, cited: Sequence[Span]) -> list[tuple[str, ...]]:
    """x, y, width and height of what is marked, in points of the page as it is shown.

    As text: in an SVG numbers are written one way in every language.
    """
    if not cited or page.width is None or page.height is None:
        return []
    width, height, rotation = page.width, page.height, page.rotation
    shown = (
        as_shown(box, width=width, height=height, rotation=rotation)
        for box in boxes_of(placed_words_of(user, page), cited)
    )
    return [tuple(f"{value:g}" for value in box) for box in shown]


def _trail(user: User, answer: UUID | None) -> Trail | None:
    """None for somebody else's answer too: an address that was passed on still opens."""
    if answer is None:
        return None
    try:
        return find_trail(user, answer)
    except NotFound:
        return None


def _trail_context(
    trail: Trail | None, version: DocumentVersion, page: Page, cited: tuple[Span, ...] | None
) -> dict[str, Any]:
    """`cited`: empty where a citation's wording was not located, None where none is looked at."""
    if trail is None:
        return {"trail": None, "cited_pages": {page.number} if cited else set()}
    passages = trail.passages
    at = _position(passages, version, page, cited)
    return {
        "trail": trail,
        "cited_pages": {passage.page for passage in passages if passage.version == version.pk},
        "current": passages[at] if at is not None else None,
        "current_position": at + 1 if at is not None else 0,
        "previous_passage": passages[at - 1] if at else None,
        "next_passage": passages[0 if at is None else at + 1] if _follows(at, passages) else None,
    }


def _follows(at: int | None, passages: Sequence[CitedPassage]) -> bool:
    return bool(passages) if at is None else at + 1 < len(passages)


def _position(
    passages: Sequence[CitedPassage],
    version: DocumentVersion,
    page: Page,
    cited: tuple[Span, ...] | None,
) -> int | None:
    here = (version.pk, page.number, cited)
    for position, passage in enumerate(passages):
        if (passage.version, passage.page, passage.spans) == here:
            return position
    return None
