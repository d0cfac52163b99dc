"""What of a corpus leaves, read in whole before the first byte does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.core.files.storage import Storage
from django.utils import timezone

from accounts.models import User
from documents.adapters.extractors.formats import TEXTUAL
from documents.approved_selectors import approved_curated_by
from documents.models import ApprovedAnswer, ApprovedPassage, Corpus, Document, DocumentVersion
from documents.models import Language as CorpusLanguage
from documents.selectors import (
    documents_curated_by,
    get_corpus_for_curator,
    glossary_curated_by,
    versions_curated_by,
)
from documents.transfer.errors import FileLost
from documents.transfer.manifest import (
    FORMAT,
    VERSION,
    AnswerPart,
    CorpusPart,
    DocumentPart,
    GlossaryPart,
    Manifest,
    PassagePart,
    VersionPart,
)

State = DocumentVersion.State
Status = ApprovedAnswer.Status

# Characters that some file system does not allow in a name.
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Original:
    """A stored file and its place in the zip."""

    entry: str
    title: str  # of its document
    storage: Storage
    name: str  # in the storage
    bytes: int
    sha256: str
    packs: bool  # whether deflating it gains anything


@dataclass(frozen=True, slots=True)
class Export:
    """All that leaves, chosen and read."""

    file_name: str  # as it is saved
    manifest: Manifest
    originals: Sequence[Original]


def plan_export(*, by: User, corpus: Corpus) -> Export:
    """Raises NotFound for who does not curate it, FileLost where the store misses an original."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    documents = _Documents(by, corpus)
    for original in documents.originals:
        if not original.storage.exists(original.name):
            raise FileLost(title=original.title)
    now = timezone.now()
    glossary = glossary_curated_by(by, corpus)
    answers = approved_curated_by(by).filter(corpus=corpus).order_by("created_at", "pk")
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        exported_at=now,
        corpus=_corpus_part(corpus),
        documents=documents.parts,
        glossary=[GlossaryPart(term=one.term, expansions=one.expansions) for one in glossary],
        approved_answers=[
            _answer_part(answer, documents.places)
            for answer in answers.prefetch_related("passages__version__document")
            if _leaves(answer)
        ],
    )
    file_name = f"{corpus.slug}-{timezone.localdate(now):%Y-%m-%d}.zip"
    return Export(file_name, manifest, documents.originals)


def _corpus_part(corpus: Corpus) -> CorpusPart:
    return CorpusPart(
        name=corpus.name,
        language=CorpusLanguage(corpus.language),
        welcome_message=corpus.welcome_message,
        instructions=corpus.instructions,
        passages_read=corpus.passages_read,
        evidence_threshold=corpus.evidence_threshold,
        dense_weight=corpus.dense_weight,
        words_only=corpus.words_only,
        ocr=corpus.ocr,
    )


class _Documents:
    """Those of a corpus that have a file to move: `parts`, the `originals` behind them, and the
    `places` of versions: the numbers of their document and of themselves within it."""

    def __init__(self, by: User, corpus: Corpus) -> None:
        self.parts: list[DocumentPart] = []
        self.originals: list[Original] = []
        self.places: dict[UUID, tuple[int, int]] = {}
        self._numbers: dict[UUID, int] = {}
        versions: dict[UUID, list[DocumentVersion]] = defaultdict(list)
        kept = versions_curated_by(by).filter(document__corpus=corpus).select_related(None)
        for version in kept.order_by("created_at", "pk"):
            versions[version.document_id].append(version)
        documents = documents_curated_by(by).filter(corpus=corpus).select_related(None)
        # Those that hang on no other come first, then what is attached to them.
        waiting = sorted(documents, key=lambda each: (each.created_at, str(each.pk)))
        known = {document.pk for document in waiting}
        while waiting:
            later = []
            for document in waiting:
                if document.parent_id in known:
                    later.append(document)
                    continue
                self._add(document, _moved(versions[document.pk]))
            known = {document.pk for document in later}
            if len(later) == len(waiting):  # they hang on each other
                break
            waiting = later

    def _add(self, document: Document, versions: Sequence[DocumentVersion]) -> None:
        if not versions:
            return
        number = len(self.parts) + 1
        self._numbers[document.pk] = number
        files = []
        for place, version in enumerate(versions, start=1):
            original = _original(document, version, f"files/{number}/{place}/")
            self.originals.append(original)
            self.places[version.pk] = (number, place)
            files.append(_version_part(version, original.entry))
        self.parts.append(
            DocumentPart(
                number=number,
                title=document.title,
                source_path=document.source_path,
                folder=document.folder,
                parent=self._numbers.get(document.parent_id) if document.parent_id else None,
                created_at=document.created_at,
                vanished_at=document.vanished_at,
                valid_from=document.valid_from,
                valid_until=document.valid_until,
                hints=document.hints,
                versions=files,
            )
        )


def _moved(versions: Sequence[DocumentVersion]) -> list[DocumentVersion]:
    """What is online, what was on days that are known, and a newer file that is not so far."""
    stood = [one for one in versions if one.state == State.READY and (one.live or one.replaced_on)]
    latest = next((one for one in reversed(versions) if one.state != State.CANCELLED), None)
    if latest is not None and latest.state != State.READY:
        return [*stood, latest]
    return stood


def _original(document: Document, version: DocumentVersion, folder: str) -> Original:
    name = Path(_UNFIT.sub("_", version.file_name))
    suffix = name.suffix[:20]
    stem = name.name.removesuffix(name.suffix)[: _NAME_CHARACTERS - len(suffix)]
    return Original(
        entry=f"{folder}{stem.strip(' .') or 'file'}{suffix.rstrip(' .')}",
        title=document.title,
        storage=version.file.storage,
        name=version.file.name or "",
        bytes=version.bytes,
        sha256=version.stored_sha256,
        packs=version.media_type in TEXTUAL,
    )


def _version_part(version: DocumentVersion, entry: str) -> VersionPart:
    return VersionPart(
        entry=entry,
        file_name=version.file_name,
        sha256=version.stored_sha256,
        bytes=version.bytes,
        live=version.live,
        took_over_on=version.took_over_on,
        replaced_on=version.replaced_on,
    )


def _leaves(answer: ApprovedAnswer) -> bool:
    """A correction that no curator has made their own holds what somebody asked."""
    return answer.origin != ApprovedAnswer.Origin.CORRECTION or answer.reviewed_at is not None


def _answer_part(answer: ApprovedAnswer, places: dict[UUID, tuple[int, int]]) -> AnswerPart:
    return AnswerPart(
        question=answer.question,
        alternatives=list(answer.alternatives),
        text=answer.text,
        language=CorpusLanguage(answer.language),
        status=Status(answer.status),
        reason=ApprovedAnswer.Reason(answer.reason) if answer.reason else None,
        created_at=answer.created_at,
        reviewed_at=answer.reviewed_at,
        review_on=answer.review_on,
        passages=[_passage_part(passage, places) for passage in answer.passages.all()],
    )


def _passage_part(passage: ApprovedPassage, places: dict[UUID, tuple[int, int]]) -> PassagePart:
    place = places.get(passage.version_id) if passage.version_id else None
    is_left = passage.version is None or passage.version.document.deleted_at is not None
    return PassagePart(
        number=passage.number,
        title=passage.title,
        document=place[0] if place else None,
        version=place[1] if place else None,
        page=passage.page,
        start=passage.start,
        end=passage.end,
        quote="" if is_left else passage.quote,  # what was deleted does not leave
    )
