"""Index generations: how chunks are cut and weighted, fixed for a generation's life."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ai.lexical import CHUNK_LENGTHS, FILE_LENGTHS, Analyser
from ai.lexical.analyser import Part
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

    def words_only(self) -> Analysers:
        return Analysers(chunks=self.chunks.words_only(), files=self.files.words_only())


@dataclass(frozen=True, slots=True)
class Making:
    """All that shapes the points of a generation."""

    chunk_size: int  # characters
    chunk_overlap: int
    embedding_model: str  # "" for none
    dimensions: int  # of its vectors; 0 where there are none, or the model has not been asked
    analysers: Analysers


@dataclass(frozen=True, slots=True)
class Difference:
    name: str  # for people, translated when it is shown
    was: str
    wanted: str


def live_generation() -> IndexGeneration:
    """The generation that is searched and written; the first one is made on first use."""
    generation = _LIVE.first()
    return generation or _create_first()


def wanted_making() -> Making:
    """What a generation would be made with now. The embedding model's server is not asked."""
    return Making(
        chunk_size=settings.SPLIT_CHUNK_SIZE,
        chunk_overlap=settings.SPLIT_CHUNK_OVERLAP,
        embedding_model=settings.EMBEDDING_MODEL,
        dimensions=settings.EMBEDDING_DIMENSIONS if settings.EMBEDDING_MODEL else 0,
        analysers=Analysers(
            chunks=Analyser(lengths=CHUNK_LENGTHS), files=Analyser(lengths=FILE_LENGTHS)
        ),
    )


def making_of(generation: IndexGeneration) -> Making:
    return Making(
        chunk_size=generation.chunk_size,
        chunk_overlap=generation.chunk_overlap,
        embedding_model=generation.embedding_model,
        dimensions=generation.dimensions,
        analysers=analysers_of(generation),
    )


def new_generation(state: str = IndexGeneration.State.BUILDING) -> IndexGeneration:
    """As the settings want it, not saved yet. Raises ModelError where the embedding model must be
    asked for its dimensions and does not answer."""
    wanted, embedder = wanted_making(), get_embedder()
    return IndexGeneration(
        state=state,
        analyser={
            "chunks": wanted.analysers.chunks.to_json(),
            "files": wanted.analysers.files.to_json(),
        },
        embedding_model=embedder.model if embedder else "",
        dimensions=embedder.dimensions if embedder else 0,
        chunk_size=wanted.chunk_size,
        chunk_overlap=wanted.chunk_overlap,
    )


def differences(was: Making, wanted: Making) -> list[Difference]:
    """What the settings want otherwise than a generation has it."""
    named: list[tuple[Any, object, object]] = [
        (_("Passage size"), was.chunk_size, wanted.chunk_size),
        (_("Overlap of passages"), was.chunk_overlap, wanted.chunk_overlap),
        (_("Embedding model"), was.embedding_model or "–", wanted.embedding_model or "–"),
        (
            _("Analyser"),
            described(was.analysers.chunks, wanted.analysers.chunks),
            described(wanted.analysers.chunks, was.analysers.chunks),
        ),
        (
            _("Analyser of whole files"),
            described(was.analysers.files, wanted.analysers.files),
            described(wanted.analysers.files, was.analysers.files),
        ),
    ]
    if was.embedding_model == wanted.embedding_model and wanted.dimensions:
        named.append((_("Dimensions"), was.dimensions, wanted.dimensions))
    return [
        Difference(str(name), str(one), str(other)) for name, one, other in named if one != other
    ]


def differences_from_live() -> list[Difference]:
    """Nothing where there is no generation yet: the first is made as the settings want it."""
    live = IndexGeneration.objects.filter(state=LIVE).first()
    return differences(making_of(live), wanted_making()) if live else []


def described(analyser: Analyser, beside: Analyser | None = None) -> str:
    """What it counts, for people, and the values that are not those of `beside`."""
    values, others = analyser.to_json(), (beside or analyser).to_json()
    counted = ", ".join(str(name) for part, name in _PARTS.items() if part in analyser.parts)
    told = [
        f"{name}={value}"
        for name, value in values.items()
        if name != "parts" and value != others[name]
    ]
    return " ".join([counted, *told])


_PARTS: dict[Part, Any] = {
    "w": _("words"),
    "c": _("runs of four letters"),
    "b": _("pairs of words"),
}


def _create_first() -> IndexGeneration:
    generation = new_generation(LIVE)
    try:
        with transaction.atomic():
            generation.save(force_insert=True)
    except IntegrityError:  # another worker was first
        return IndexGeneration.objects.get(state=LIVE)
    return generation


def analysers_of(generation: IndexGeneration) -> Analysers:
    return _parsed(json.dumps(generation.analyser))


@lru_cache(maxsize=8)
def _parsed(analysers: str) -> Analysers:
    values = json.loads(analysers)
    return Analysers(
        chunks=Analyser.from_json(values["chunks"]), files=Analyser.from_json(values["files"])
    )
