"""What was read of a file and how it was cut, for the curators of its corpus alone.

Of any version: one that failed half-way shows what there is of it, an older one what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Avg, Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Length

from accounts.models import User
from common.errors import NotFound
from documents.folding import fold, letters_of
from documents.geometry import PlacedWord, unpack
from documents.models import Chunk, DocumentVersion, IndexGeneration, Page, PageWords
from documents.reading import Span
from documents.selectors import versions_curated_by

# Of a search inside a document: pages that are listed, and characters around the first place.
MOST_PAGES_FOUND = 100
AROUND = 60
# Pages without text that are named one by one.
MOST_PAGES_NAMED = 50


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """How a version was read, in a few figures."""

    pages: int
    characters: int
    passages: int
    without_text: tuple[int, ...]  # the first MOST_PAGES_NAMED of them
    without_text_count: int
    scanned: int  # pages that were read by OCR
    confidence: float | None  # of these, 0 to 1, on average
    least_confident: float | None


@dataclass(frozen=True, slots=True)
class FoundPage:
    number: int
    label: str
    times: int
    before: str
    found: str
    after: str


def pages_curated_by(user: User, version: DocumentVersion) -> QuerySet[Page]:
    return Page.objects.filter(version=version, version__in=versions_curated_by(user).order_by())


def get_page_for_curator(user: User, version: DocumentVersion, number: int) -> Page:
    page = pages_curated_by(user, version).filter(number=number).first()
    if page is None:
        raise NotFound(cause=f"page {number} of version {version.pk}")
    return page


def passages_curated_by(user: User, version: DocumentVersion) -> QuerySet[Chunk]:
    """As the live index has them; of a version that is not indexed yet, as they are to be."""
    return Chunk.objects.filter(
        version=version,
        version__in=versions_curated_by(user).order_by(),
        generation__state=IndexGeneration.State.LIVE,
    )


def passages_by_version(user: User, document: UUID) -> dict[UUID, int]:
    """How many passages of each version of a document the live index has."""
    return dict(
        Chunk.objects.filter(
            version__in=versions_curated_by(user).filter(document=document).order_by(),
            generation__state=IndexGeneration.State.LIVE,
        )
        .order_by()
        .values_list("version")
        .annotate(Count("pk"))
    )


def words_placed_on(user: User, page: Page) -> list[PlacedWord]:
    """Where the words of a page stand; empty where that is not known."""
    row = PageWords.objects.filter(
        page=page, page__version__in=versions_curated_by(user).order_by()
    ).first()
    try:
        return list(unpack(bytes(row.packed))) if row is not None else []
    except ValueError:  # the child that read a stranger's file wrote it
        return []


def read_summary(user: User, version: DocumentVersion) -> ReadSummary:
    pages = pages_curated_by(user, version)
    blank = Q(text="")
    figures = pages.aggregate(
        pages=Count("pk"),
        characters=Sum(Length("text")),
        blank=Count("pk", filter=blank),
        scanned=Count("ocr_confidence"),
        confidence=Avg("ocr_confidence"),
        least=Min("ocr_confidence"),
    )
    numbers = pages.filter(blank).order_by("number").values_list("number", flat=True)
    named = numbers[:MOST_PAGES_NAMED] if figures["blank"] else ()
    return ReadSummary(
        pages=figures["pages"],
        characters=figures["characters"] or 0,
        passages=passages_curated_by(user, version).count(),
        without_text=tuple(named),
        without_text_count=figures["blank"],
        scanned=figures["scanned"],
        confidence=figures["confidence"],
        least_confident=figures["least"],
    )


@dataclass(frozen=True, slots=True)
class Neighbours:
    first: int
    last: int
    previous: int | None
    next: int | None


def neighbours_of(user: User, version: DocumentVersion, number: int) -> Neighbours | None:
    """The pages there are around `number`; None where nothing was read of the file."""
    found = pages_curated_by(user, version).aggregate(
        first=Min("number"),
        last=Max("number"),
        previous=Max("number", filter=Q(number__lt=number)),
        next=Min("number", filter=Q(number__gt=number)),
    )
    return Neighbours(**found) if found["first"] is not None else None


def places_of(text: str, wanted: str) -> list[Span]:
    """Where `wanted` stands in a text, whatever the case, the accents and the white space."""
    needle = fold(wanted).letters
    if not needle:
        return []
    folded = fold(text)
    places, at = [], folded.letters.find(needle)
    while at >= 0:
        places.append(folded.span(at, at + len(needle)))
        at = folded.letters.find(needle, at + len(needle))
    return places


def pages_holding(user: User, version: DocumentVersion, wanted: str) -> list[FoundPage]:
    """The pages on which words stand, the first MOST_PAGES_FOUND of them."""
    needle = letters_of(wanted)
    if not needle:
        return []
    found: list[FoundPage] = []
    pages = pages_curated_by(user, version).order_by("number")
    for number, label, text in pages.values_list("number", "label", "text").iterator():
        if needle not in letters_of(text):
            continue
        found.append(_found_page(number, label, text, places_of(text, wanted)))
        if len(found) == MOST_PAGES_FOUND:
            break
    return found


def _found_page(number: int, label: str, text: str, places: Sequence[Span]) -> FoundPage:
    start, end = places[0]
    return FoundPage(
        number=number,
        label=label,
        times=len(places),
        before=("…" if start > AROUND else "") + text[max(0, start - AROUND) : start],
        found=text[start:end],
        after=text[end : end + AROUND] + ("…" if end + AROUND < len(text) else ""),
    )
