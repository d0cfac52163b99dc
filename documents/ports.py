"""What the documents app asks of the outside world: text out of files, passages into an index.

Values in and out are frozen; nothing here imports Django, because the extraction child process
loads this module on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Protocol, runtime_checkable
from uuid import UUID

from ai.ports import SparseVector as SparseVector  # part of this port's vocabulary

# --- extraction ------------------------------------------------------------------------------


# Word, Excel and PowerPoint files under a password: all three are wrapped alike.
LOCKED_OFFICE = "application/x-ole-storage"
# What a password can be tried on here (documents/unlocking.py).
UNLOCKABLE = frozenset({"application/pdf", LOCKED_OFFICE})


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    max_pages: int = 5_000
    # What an archive-based format (DOCX, ODT, PPTX, XLSX) may unpack to, in bytes.
    max_unpacked_bytes: int = 500_000_000
    # Unpacked over packed size beyond which a file is taken for an archive bomb.
    max_ratio: int = 200
    # Files attached to a mail: how many are taken, and how large each may be, in bytes.
    max_attachments: int = 100
    max_attachment_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a page; `start` is a code-point offset into the page's text."""

    level: int
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """One page, or one section of a format without pages. Line ends are `\\n` only.

    `width` and `height` are PDF points of the unrotated page, None where the format has none.
    `label` names the page: a sheet, a slide's title, what a PDF has instead of its number (“iv”).
    """

    number: int  # 1-based
    text: str
    width: float | None = None
    height: float | None = None
    rotation: int = 0  # degrees, clockwise: 0, 90, 180 or 270
    headings: tuple[Heading, ...] = ()
    label: str = ""
    # Where they stand, by documents.geometry.pack; empty where the format has no pages.
    words: bytes = b""
    # It holds a picture in place of text, or beside next to none.
    is_scan: bool = False


class Extractor(Protocol):
    """Reads one family of formats. Raises documents.errors.* naming what is wrong."""

    media_types: frozenset[str]

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]: ...


@runtime_checkable
class PagedExtractor(Extractor, Protocol):
    """Of a format that has pages; those of others are sections."""

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        """How many pages `extract` will yield at most, for the progress shown."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside another; `content` makes its bytes when they are wanted."""

    name: str  # safe as a file's name, and once in its mail
    content: Callable[[], bytes]


class Carrier(Protocol):
    """An extractor of a format that other files come with."""

    def attachments(self, path: Path, limits: ExtractionLimits) -> Iterator[Attachment]: ...


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk of one page: `text == page.text[start:end]`, offsets in code points."""

    page: int
    start: int
    end: int
    section: tuple[str, ...]  # heading path, outermost first
    text: str


# --- passage index ---------------------------------------------------------------------------


class Shown(IntEnum):
    """To whom the points of a version appear."""

    HIDDEN = 0  # to nobody: unfinished, or deleted
    LIVE = 1
    REPLACED = 2  # only to who asks for a day before a newer version took its place


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a version's points are found, and on which days it is in force (both included;
    None: from ever, for ever)."""

    shown: Shown = Shown.HIDDEN
    valid_from: date | None = None
    valid_until: date | None = None


HIDDEN = Standing()


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """A chunk or a whole file as it is searched. `id` is the chunk's or the version's."""

    id: UUID
    corpus: UUID
    document: UUID
    version: UUID
    media_type: str
    language: str
    lexical: SparseVector
    dense: tuple[float, ...] | None = None
    section: str = ""  # the outermost heading, "" for a whole file
    standing: Standing = HIDDEN


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A question against the index. `corpora` is the rights filter: empty finds nothing."""

    corpora: frozenset[UUID]
    lexical: SparseVector
    dense: tuple[float, ...] | None = None
    media_types: frozenset[str] = frozenset()  # empty: any
    documents: frozenset[UUID] = frozenset()  # empty: any
    languages: frozenset[str] = frozenset()  # empty: any
    sections: frozenset[str] = frozenset()  # empty: any; whole files have none
    day: date | None = None  # only what is in force then; None: whatever the dates
    replaced: bool = False  # also versions that a newer one has replaced
    limit: int = 100


@dataclass(frozen=True, slots=True)
class IndexHit:
    id: UUID
    document: UUID
    version: UUID
    score: float


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """What the index says of a point, its vectors apart."""

    id: UUID
    corpus: UUID
    version: UUID
    standing: Standing


class PassageReader(Protocol):
    """Answers with points of the given corpora only that are shown, best first."""

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]: ...

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        """By cosine of the dense vector; empty where query.dense is None."""

    def search_files(self, query: IndexQuery) -> list[IndexHit]: ...

    def count_chunks(self, version: UUID) -> int: ...

    def stored_chunks(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        """All points, hidden ones too, in no particular order; of one corpus, or of all. What is
        written meanwhile may or may not be among them."""

    def stored_files(self, corpus: UUID | None = None) -> Iterator[StoredPoint]: ...


class PassageWriter(Protocol):
    """Every call is idempotent. The points of a new version are written hidden and shown all at
    once; those of a version that is shown are written over, each with its standing."""

    def write_chunks(self, points: Sequence[IndexPoint]) -> None: ...

    def write_file(self, point: IndexPoint) -> None: ...

    def set_standing(self, version: UUID, standing: Standing) -> None: ...

    def delete_version(self, version: UUID) -> None: ...

    def delete_points(self, ids: Sequence[UUID]) -> None:
        """Passages and whole files; ids that are not there do no harm."""


class PassageIndex(PassageReader, PassageWriter, Protocol):
    """One generation of the index: a collection of chunks and a collection of whole files."""

    def close(self) -> None: ...
