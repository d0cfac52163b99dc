from __future__ import annotations

from documents.models.approved import ApprovedAnswer, ApprovedPassage
from documents.models.corpora import Corpus, CorpusGrant, GlossaryEntry, Language
from documents.models.documents import FOR_GOOD, Document, DocumentVersion, Page, PageWords
from documents.models.index import Chunk, DueVersion, IndexCheck, IndexGeneration
from documents.models.sources import IngestionPause, Source, SourceEntry

__all__ = [
    "FOR_GOOD",
    "ApprovedAnswer",
    "ApprovedPassage",
    "Chunk",
    "Corpus",
    "CorpusGrant",
    "Document",
    "DocumentVersion",
    "DueVersion",
    "GlossaryEntry",
    "IndexCheck",
    "IndexGeneration",
    "IngestionPause",
    "Language",
    "Page",
    "PageWords",
    "Source",
    "SourceEntry",
]
