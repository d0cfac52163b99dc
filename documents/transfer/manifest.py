"""What an exported corpus says of itself. docs/ingestion.md prints the format.

No rights, no people and no questions that were asked: what is not declared here does not leave.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from common.errors import InvalidInput
from documents.approved_services import markers_of
from documents.glossary import MAX_CHARACTERS, MAX_ENTRIES, MAX_EXPANSIONS, MAX_TERM_CHARACTERS
from documents.hints import parse_hints
from documents.models import ApprovedAnswer, Language
from documents.transfer.errors import ManifestInvalid, NewerFormat, NoManifest

FORMAT = "cassandre-corpus"
VERSION = 1
MANIFEST_NAME = "manifest.json"
MAX_MANIFEST_BYTES = 64_000_000
MAX_FILES = 50_000

# Which PostgreSQL takes in no text; after an even number of backslashes, it is meant.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# No file was received before; and far from where a time zone leads out of the calendar.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC)
_MAX_INTEGER = 2**31 - 1  # of a column
Moment = Annotated[datetime, Meta(tz=True)]
Position = Annotated[int, Meta(ge=1, le=_MAX_INTEGER)]
Offset = Annotated[int, Meta(ge=0, le=_MAX_INTEGER)]


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class CorpusPart(_Part, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    language: Language
    welcome_message: Annotated[str, Meta(max_length=500)] = ""
    instructions: Annotated[str, Meta(max_length=2000)] = ""
    passages_read: Annotated[int, Meta(ge=1, le=20)]
    evidence_threshold: Annotated[float, Meta(ge=0, le=1)]
    dense_weight: Annotated[float, Meta(ge=0, le=10)]
    words_only: bool
    ocr: bool


class VersionPart(_Part, frozen=True, kw_only=True):
    """A file of a document. One that is neither live nor replaced was not online when it left."""

    entry: Annotated[str, Meta(min_length=1, max_length=400)]  # its name in the zip
    file_name: Annotated[str, Meta(min_length=1, max_length=300)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Meta(ge=1, le=2**62)]
    live: bool = False
    took_over_on: date | None = None
    replaced_on: date | None = None


class DocumentPart(_Part, frozen=True, kw_only=True):
    number: Position  # 1, 2, 3 …: what `parent` and passages name it by
    title: Annotated[str, Meta(min_length=1, max_length=300)]
    source_path: Annotated[str, Meta(min_length=1, max_length=1000)]
    folder: Annotated[str, Meta(max_length=500)] = ""
    parent: Position | None = None  # stands before it
    created_at: Moment
    vanished_at: Moment | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    hints: Annotated[str, Meta(max_length=10_000)] = ""
    versions: Annotated[list[VersionPart], Meta(min_length=1, max_length=1000)]  # oldest first


class GlossaryPart(_Part, frozen=True, kw_only=True):
    term: Annotated[str, Meta(min_length=1, max_length=MAX_TERM_CHARACTERS)]
    expansions: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=MAX_CHARACTERS)]],
        Meta(min_length=1, max_length=MAX_EXPANSIONS),
    ]


class PassagePart(_Part, frozen=True, kw_only=True):
    """Characters of a page, as code-point offsets into its text, and their words."""

    number: Annotated[int, Meta(ge=1, le=999)]
    title: Annotated[str, Meta(max_length=300)]  # of the document, for when that is not there
    document: Position | None = None
    version: Position | None = None  # which of the document's, from 1
    page: Position
    start: Offset
    end: Offset
    quote: Annotated[str, Meta(max_length=200_000)]


class AnswerPart(_Part, frozen=True, kw_only=True):
    question: Annotated[str, Meta(min_length=1, max_length=500)]
    alternatives: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=100)
    ] = []
    text: Annotated[str, Meta(min_length=1, max_length=8000)]
    language: Language
    status: ApprovedAnswer.Status
    reason: ApprovedAnswer.Reason | None = None
    created_at: Moment
    reviewed_at: Moment | None = None
    review_on: date | None = None
    passages: Annotated[list[PassagePart], Meta(max_length=999)] = []


class Manifest(_Part, frozen=True, kw_only=True):
    format: str
    version: int
    exported_at: Moment
    corpus: CorpusPart
    documents: Annotated[list[DocumentPart], Meta(max_length=MAX_FILES)] = []
    glossary: Annotated[list[GlossaryPart], Meta(max_length=MAX_ENTRIES)] = []
    approved_answers: Annotated[list[AnswerPart], Meta(max_length=10_000)] = []

    @property
    def files(self) -> list[VersionPart]:
        return [version for document in self.documents for version in document.versions]


class _Header(Struct):
    format: str
    version: int


def encode(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(raw: bytes) -> Manifest:
    """Raises NoManifest, NewerFormat, or ManifestInvalid naming the field."""
    header = _header(raw)
    if header.format != FORMAT:
        raise NoManifest(cause=f"format {header.format!r}")
    if header.version != VERSION:
        raise NewerFormat(version=header.version, known=VERSION)
    if _NUL.search(raw):
        raise ManifestInvalid(reason="\\u0000")
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except _UNREADABLE as error:
        raise ManifestInvalid(reason=str(error)[:300]) from error
    _check_documents(manifest.documents)
    _check_glossary(manifest.glossary)
    _check_answers(manifest)
    return manifest


def means_corpus(raw: bytes) -> bool:
    """Whether this is a manifest of any form. Raises NoManifest where it cannot be read."""
    return _header(raw).format == FORMAT


def _header(raw: bytes) -> _Header:
    try:
        return msgspec.json.decode(raw, type=_Header)
    except _UNREADABLE as error:
        raise NoManifest(cause=str(error)[:300]) from error


def _check_documents(documents: Sequence[DocumentPart]) -> None:
    if len(documents) > MAX_FILES or sum(len(each.versions) for each in documents) > MAX_FILES:
        raise ManifestInvalid(reason=f"$.documents: > {MAX_FILES}")
    for at, document in enumerate(documents):
        if wrong := _fault(document, at + 1):
            raise ManifestInvalid(reason=f"$.documents[{at}].{wrong}")


def _fault(document: DocumentPart, number: int) -> str:
    """The field that is wrong; "" where none is."""
    if document.number != number:
        return "number"
    if document.parent is not None and document.parent >= number:
        return "parent"
    if not _are_sane(document.created_at, document.vanished_at):
        return "created_at"
    begins, ends = document.valid_from, document.valid_until
    if begins and ends and ends < begins:
        return "valid_until"
    try:
        parse_hints(document.hints)
    except InvalidInput:
        return "hints"
    for at, version in enumerate(document.versions):
        if Path(version.file_name).name != version.file_name or version.file_name == "..":
            return f"versions[{at}].file_name"
        if version.live and version.replaced_on:
            return f"versions[{at}].replaced_on"
    return "versions" if sum(version.live for version in document.versions) > 1 else ""


def _are_sane(*moments: datetime | None) -> bool:
    return all(moment is None or _EARLIEST <= moment < _LATEST for moment in moments)


def _check_glossary(entries: Sequence[GlossaryPart]) -> None:
    terms: set[str] = set()
    for at, entry in enumerate(entries):
        if entry.term.casefold() in terms:
            raise ManifestInvalid(reason=f"$.glossary[{at}].term")
        terms.add(entry.term.casefold())


def _check_answers(manifest: Manifest) -> None:
    for at, answer in enumerate(manifest.approved_answers):
        numbers = [passage.number for passage in answer.passages]
        is_served = answer.status == ApprovedAnswer.Status.APPROVED
        if len(set(numbers)) < len(numbers) or markers_of(answer.text) - set(numbers):
            wrong = "passages"
        elif is_served and answer.reviewed_at is None:
            wrong = "reviewed_at"
        elif not _are_sane(answer.created_at, answer.reviewed_at):
            wrong = "created_at"
        elif not all(_stands_in(passage, manifest.documents) for passage in answer.passages):
            wrong = "passages"
        else:
            continue
        raise ManifestInvalid(reason=f"$.approved_answers[{at}].{wrong}")


def _stands_in(passage: PassagePart, documents: Sequence[DocumentPart]) -> bool:
    if passage.document is None or passage.version is None:
        return passage.document is passage.version
    if passage.document > len(documents) or passage.end - passage.start != len(passage.quote):
        return False
    return bool(passage.quote) and passage.version <= len(documents[passage.document - 1].versions)
