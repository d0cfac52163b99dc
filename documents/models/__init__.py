from __future__ import annotations

from documents.models.approved import ApprovedAnswer, ApprovedPassage
from documents.models.corpora import Corpus, CorpusGrant, GlossaryEntry, Language
from documents.models.documents import FOR_GOOD, Document, DocumentVersion, Page, PageWords
from documents.models.index import Chunk, IndexGeneration

__all__ = [
    "FOR_GOOD",
    "ApprovedAnswer",
    "ApprovedPassage",
    "Chunk",
    "Corpus",
    "CorpusGrant",
    "Document",
    "DocumentVersion",
    "GlossaryEntry",
    "IndexGeneration",
    "Language",
    "Page",
    "PageWords",
]
