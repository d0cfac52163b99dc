"""What frames hold of passages, and what rows keep of them."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import Struct


class PlaceView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where else a passage stands, word for word or nearly so."""

    document: UUID
    version: UUID
    title: str
    reference: str  # as in PassageView
    url: str


class DifferenceView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another passage of the same answer that is easily taken for this one."""

    number: int
    # It says nearly the same with other figures, or it is of another version of the document.
    kind: Literal["figures", "version"]


class PassageView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage as readers see it. `url` opens the document on its page, passage marked."""

    number: int
    document: UUID
    version: UUID
    chunk: UUID
    title: str
    corpus: str
    page: int
    page_label: str
    section: str  # path of headings; else the name of the sheet, slide or section
    text: str
    # Spans of the words found, code-point offsets into `text`.
    marks: tuple[tuple[int, int], ...]
    url: str
    start: int
    end: int
    reference: str = ""  # “p. 12”, “p. iv”, “§ 3”; "" in answers from before there was one
    also_in: tuple[PlaceView, ...] = ()
    differs: tuple[DifferenceView, ...] = ()
    stood_on: date | None = None  # the day asked for, of a version that was replaced since
    # The words that the answer rests on, code-point offsets into the page's text. Null: not
    # cited, or not looked for yet; empty: the wording was not found.
    cited: tuple[tuple[int, int], ...] | None = None


class CitationView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    url: str
    title: str
    page: int
    reference: str
    cited: tuple[tuple[int, int], ...] | None = None  # as in PassageView


class BannerView(Struct, frozen=True):
    """Something about the whole installation, while it is so."""

    key: str  # the same as long as it is the same matter
    level: str  # info, warning, error
    title: str
    text: str
    dismissible: bool


class ApprovedView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for an answer that was not written by a model."""

    id: UUID
    corpus: UUID
    question: str  # as it was approved
    owner: str  # "" where that person is gone
    reviewed_on: date
    review_on: date | None  # the next review
    is_due: bool  # which is past
