"""The live index generation: how chunks are cut and weighted, fixed for its life."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db import IntegrityError, transaction

from ai.lexical import CHUNK_LENGTHS, FILE_LENGTHS, Analyser
from ai.services import get_embedder
from common.prepared import Prepared
from documents.models import IndexGeneration

LIVE = IndexGeneration.State.LIVE
_LIVE = Prepared(lambda: IndexGeneration.objects.filter(state=LIVE))


@dataclass(frozen=True, slots=True)
class Analysers:
    """Chunks and whole files are weighted by their own average lengths."""

    chunks: Analyser
    files: Analyser


def live_generation() -> IndexGeneration:
    """The generation that is searched and written; the first one is made on first use."""
    generation = _LIVE.first()
    return generation or _create_first()


def _create_first() -> IndexGeneration:
    embedder = get_embedder()
    try:
        with transaction.atomic():
            return IndexGeneration.objects.create(
                state=LIVE,
                analyser={
                    "chunks": Analyser(lengths=CHUNK_LENGTHS).to_json(),
                    "files": Analyser(lengths=FILE_LENGTHS).to_json(),
                },
                embedding_model=embedder.model if embedder else "",
                dimensions=embedder.dimensions if embedder else 0,
                chunk_size=settings.SPLIT_CHUNK_SIZE,
                chunk_overlap=settings.SPLIT_CHUNK_OVERLAP,
            )
    except IntegrityError:  # another worker was first
        return IndexGeneration.objects.get(state=LIVE)


def analysers_of(generation: IndexGeneration) -> Analysers:
    return _parsed(json.dumps(generation.analyser))


@lru_cache(maxsize=8)
def _parsed(analysers: str) -> Analysers:
    values = json.loads(analysers)
    return Analysers(
        chunks=Analyser.from_json(values["chunks"]), files=Analyser.from_json(values["files"])
    )
