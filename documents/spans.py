"""Places in documents that rows elsewhere point to: read anew for whoever looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from documents.kinds import short_reference
from documents.models import Document, DocumentVersion, Page
from documents.selectors import versions_readable_by


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a page of one version: code-point offsets into `Page.text`."""

    version: UUID
    page: int
    start: int
    end: int

    def to_json(self) -> dict[str, Any]:
        return {
            "version": str(self.version),
            "page": self.page,
            "start": self.start,
            "end": self.end,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Other keys are left out: a chat.frames.PassageView as JSON will do."""
        version = UUID(str(values["version"]))
        return cls(version, int(values["page"]), int(values["start"]), int(values["end"]))


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A span with its words, as it is shown."""

    span: Span
    document: UUID
    corpus: UUID
    corpus_name: str
    title: str
    media_type: str
    page_label: str
    reference: str  # “p. 7”
    text: str
    url: str  # the source viewer on it, marked
    live: bool  # False: a newer version is online, or the document is not in force today


def read_spans(user: User, spans: Iterable[Span]) -> list[ReadSpan]:
    """The spans in their order, as far as the user may read them now."""
    wanted = list(spans)
    versions = versions_readable_by(user).in_bulk({span.version for span in wanted})
    pages = {
        (page.version_id, page.number): page
        for page in Page.objects.filter(
            version__in=versions, number__in={span.page for span in wanted}
        ).defer("headings")
    }
    return [
        _read(span, versions[span.version], pages[span.version, span.page])
        for span in wanted
        if (span.version, span.page) in pages
    ]


def _read(span: Span, version: DocumentVersion, page: Page) -> ReadSpan:
    document = version.document
    return ReadSpan(
        span=span,
        document=document.pk,
        corpus=document.corpus_id,
        corpus_name=document.corpus.name,
        title=document.title,
        media_type=version.media_type,
        page_label=page.label,
        reference=short_reference(version.media_type, page.number, page.label),
        text=page.text[span.start : span.end],
        url=span_url(document.pk, span),
        live=version.live and _is_in_force(document),
    )


def _is_in_force(document: Document) -> bool:
    today = timezone.localdate()
    begun = document.valid_from is None or document.valid_from <= today
    return begun and (document.valid_until is None or document.valid_until >= today)


def span_url(document: UUID, span: Span) -> str:
    """The source viewer on the span's page, its characters marked."""
    return f"{page_url(document, span.version, span.page)}&start={span.start}&end={span.end}"


def page_url(document: UUID, version: UUID, page: int) -> str:
    """The source viewer on a page."""
    return f"{_source_path().replace(_ANY, str(document))}?version={version}&page={page}"


_ANY = str(UUID(int=0))


@cache
def _source_path() -> str:
    """Of any document: every passage has such an address, and making one takes 0.2 ms."""
    return reverse("documents:source", args=[_ANY])
