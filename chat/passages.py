"""How passages and citations look to readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat.differences import with_differences
from chat.frames import CitationView, DifferenceView, PassageView, PlaceView
from documents.kinds import heading_of, short_reference
from documents.ports import Shown
from documents.retrieval import AlsoIn, FoundPassage
from documents.spans import Span, page_url, span_url


def passage_views(
    found: Iterable[FoundPassage], as_of: date | None = None
) -> tuple[PassageView, ...]:
    """Numbered from 1 in the order given: the numbers that an answer cites. `as_of`: the day that
    was asked for."""
    views = [_view(number, passage, as_of) for number, passage in enumerate(found, start=1)]
    return with_differences(views)


def _view(number: int, passage: FoundPassage, as_of: date | None) -> PassageView:
    return PassageView(
        number=number,
        document=passage.document,
        version=passage.version,
        chunk=passage.chunk,
        title=passage.title,
        corpus=passage.corpus_name,
        page=passage.page,
        page_label=passage.page_label,
        section=passage.section or heading_of(passage.media_type, passage.page_label),
        text=passage.text,
        marks=passage.marks,
        url=source_url(passage),
        start=passage.start,
        end=passage.end,
        reference=place_of(passage),
        also_in=tuple(_place_view(place) for place in passage.also_in),
        stood_on=as_of if passage.standing.shown == Shown.REPLACED else None,
    )


def _place_view(place: AlsoIn) -> PlaceView:
    return PlaceView(
        document=place.document,
        version=place.version,
        title=place.title,
        reference=short_reference(place.media_type, place.page, place.page_label),
        url=page_url(place.document, place.version, place.page),
    )


def place_of(passage: FoundPassage) -> str:
    """“p. 7”, “§ 3”"""
    return short_reference(passage.media_type, passage.page, passage.page_label)


def stood_note(day: date) -> str:
    """Of a version that was replaced since."""
    return _("As it stood on %(day)s – replaced since") % {"day": date_format(day)}


def difference_notes(others: Iterable[DifferenceView]) -> tuple[str, ...]:
    """What a source is told to differ from, the same way in one sentence."""
    texts = {
        "version": _("Another version of this document: %(sources)s"),
        "figures": _("Nearly the same words with other figures: %(sources)s"),
    }
    others = list(others)
    by_kind = ((text, [o.number for o in others if o.kind == kind]) for kind, text in texts.items())
    return tuple(
        text % {"sources": ", ".join(f"[{number}]" for number in numbers)}
        for text, numbers in by_kind
        if numbers
    )


def reference_of(passage: PassageView) -> str:
    """How every place calls the passage's page."""
    return passage.reference or passage.page_label or f"p.\u00a0{passage.page}"


def cited_words(passage: PassageView) -> str:
    """What the answer rests on, "" where that is not known."""
    spans = inside(passage)
    return " … ".join(passage.text[start:end] for start, end in spans)


def inside(passage: PassageView) -> list[tuple[int, int]]:
    """The spans cited, as offsets into the passage's own text."""
    return [(start - passage.start, end - passage.start) for start, end in passage.cited or ()]


def source_url(passage: FoundPassage) -> str:
    """The source viewer on the passage's page, its characters marked."""
    span = Span(passage.version, passage.page, passage.start, passage.end)
    return span_url(passage.document, span)


def cited_url(passage: PassageView, spans: Sequence[tuple[int, int]]) -> str:
    """The source viewer with these characters of the passage's page marked; where there are none,
    it says that the wording was not found."""
    if not spans:
        return f"{page_url(passage.document, passage.version, passage.page)}&unlocated=1"
    whole = Span(passage.version, passage.page, spans[0][0], spans[-1][1])
    url = span_url(passage.document, whole)
    marks = "_".join(f"{start}-{end}" for start, end in spans)
    return url if len(spans) == 1 else f"{url}&marks={marks}"


def citation_view(passage: PassageView) -> CitationView:
    return CitationView(
        number=passage.number,
        url=passage.url,
        title=passage.title,
        page=passage.page,
        reference=reference_of(passage),
        cited=passage.cited,
    )
