"""Comparing a generation's points with the rows, and mending what differs.

Passage by passage: which are missing in the index, which are too much in it, and which are
there for other readers or other days than their document's rows say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from documents.due import lock_generations, mark_due
from documents.indexing import Target, standing_of
from documents.models import Chunk, Corpus, Document, DocumentVersion, Page
from documents.ports import HIDDEN, Standing, StoredPoint

State = DocumentVersion.State

_POINTS_PER_LOOK = 500

Item = TypeVar("Item")


@dataclass(slots=True)
class Counts:
    """Of passages, and of whole files."""

    rows: int = 0
    points: int = 0
    missing: int = 0
    superfluous: int = 0
    differing: int = 0  # in corpus, or in who finds them and for which days


@dataclass(slots=True)
class Report:
    chunks: Counts = field(default_factory=Counts)
    files: Counts = field(default_factory=Counts)
    # What a repair needs.
    lacking: set[UUID] = field(default_factory=set)  # versions to write anew
    strange: set[UUID] = field(default_factory=set)  # versions to tell their standing
    too_much: set[UUID] = field(default_factory=set)  # points

    @property
    def differs(self) -> bool:
        return any(
            one.missing or one.superfluous or one.differing for one in (self.chunks, self.files)
        )

    def counts(self) -> dict[str, dict[str, int]]:
        return {"chunks": asdict(self.chunks), "files": asdict(self.files)}

    def __str__(self) -> str:
        return f"chunks {asdict(self.chunks)}, files {asdict(self.files)}"


def verify(target: Target, corpus: Corpus | None = None) -> Report:
    """Reads the whole index through, in batches. What is on its way at the beginning or at the
    end is left out: files being ingested, changes that the index has not been told of yet."""
    moving = _moving(target)
    seen = _Seen(target, corpus)
    seen.look(moving)
    return seen.report(moving | _moving(target))


def repair(target: Target, report: Report) -> int:
    """Remove what is too much, and have written anew what is missing or differs; returns how many
    files that is. They are in the list of what is due, which the caller or a sweep works off."""
    for some in _batched(report.too_much, _POINTS_PER_LOOK):
        target.index.delete_points(some)
    with transaction.atomic():
        kept = [one for one in lock_generations() if one.pk == target.generation.pk]
        wanted = DocumentVersion.objects.all()
        anew = mark_due(wanted.filter(pk__in=report.lacking), kept, Document.Stale.VECTORS)
        told = report.strange - report.lacking
        return anew + mark_due(wanted.filter(pk__in=told), kept, Document.Stale.STANDING)


def _moving(target: Target) -> set[UUID]:
    under_way = DocumentVersion.objects.filter(state__in=[State.QUEUED, State.RUNNING])
    stale = DocumentVersion.objects.exclude(document__stale="")
    return {
        *under_way.values_list("pk", flat=True),
        *stale.values_list("pk", flat=True),
        *target.generation.due.values_list("version", flat=True),
    }


class _Seen:
    """What was found of each version. Memory grows with versions, not with passages."""

    def __init__(self, target: Target, corpus: Corpus | None) -> None:
        self._target = target
        self._corpus = corpus
        self._expected: dict[UUID, tuple[UUID, Standing]] = {}
        versions = DocumentVersion.objects.select_related("document")
        if corpus is not None:
            versions = versions.filter(document__corpus=corpus)
        for version in versions.iterator(chunk_size=_POINTS_PER_LOOK):
            standing = standing_of(version)
            self._expected[version.pk] = (version.document.corpus_id, standing)
        self._ready = set(versions.filter(state=State.READY).values_list("pk", flat=True))
        self._chunks: Counter[UUID] = Counter()
        self._files: Counter[UUID] = Counter()
        self._strange_chunks: Counter[UUID] = Counter()
        self._strange_files: Counter[UUID] = Counter()
        self._elsewhere: set[UUID] = set()  # versions, with a point in another corpus
        self._extra_chunks: dict[UUID, UUID] = {}  # point → version
        self._extra_files: dict[UUID, UUID] = {}

    def look(self, moving: set[UUID]) -> None:
        corpus = self._corpus.pk if self._corpus else None
        for points in _batched(self._target.index.stored_chunks(corpus), _POINTS_PER_LOOK):
            rows = Chunk.objects.filter(
                pk__in=[point.id for point in points], generation=self._target.generation
            )
            known = set(rows.order_by().values_list("pk", flat=True))
            for point in points:
                if point.id in known:
                    self._count(point, self._chunks, self._strange_chunks)
                elif point.version not in moving:
                    self._extra_chunks[point.id] = point.version
        for point in self._target.index.stored_files(corpus):
            if point.version in self._expected and point.id == point.version:
                self._count(point, self._files, self._strange_files)
            else:
                self._extra_files[point.id] = point.version

    def _count(self, point: StoredPoint, of: Counter[UUID], strange: Counter[UUID]) -> None:
        of[point.version] += 1
        corpus, standing = self._expected.get(point.version, (point.corpus, HIDDEN))
        if (point.corpus, point.standing) != (corpus, standing):
            strange[point.version] += 1
        if point.corpus != corpus:
            self._elsewhere.add(point.version)

    def report(self, moving: set[UUID]) -> Report:
        settled = self._ready - moving
        rows = self._rows(settled)
        # Its standing alone can be told without writing the words again.
        report = Report(lacking=self._elsewhere & settled)
        report.chunks.rows, report.files.rows = sum(rows.values()), len(settled)
        report.chunks.points, report.files.points = self._chunks.total(), self._files.total()
        for version in settled:
            absent = max(0, rows[version] - self._chunks[version])
            if not rows[version]:
                absent = int(_has_words(version))
            report.chunks.missing += absent
            no_file = not self._files[version]
            report.files.missing += no_file
            if absent or no_file:
                report.lacking.add(version)
        for strange, counts in (
            (self._strange_chunks, report.chunks),
            (self._strange_files, report.files),
        ):
            for version, number in strange.items():
                if version in settled:
                    counts.differing += number
                    report.strange.add(version)
        for extra, counts in (
            (self._extra_chunks, report.chunks),
            (self._extra_files, report.files),
        ):
            gone = {point for point, version in extra.items() if version not in moving}
            counts.superfluous += len(gone)
            counts.points += len(gone)
            report.too_much |= gone
        return report

    def _rows(self, settled: set[UUID]) -> Counter[UUID]:
        chunks = Chunk.objects.filter(generation=self._target.generation).order_by()
        if self._corpus is not None:
            chunks = chunks.filter(version__document__corpus=self._corpus)
        counted = chunks.values_list("version").annotate(Count("pk"))
        return Counter({key: number for key, number in counted if key in settled})


def _has_words(version: UUID) -> bool:
    return Page.objects.filter(version=version, text__regex=r"\S").exists()


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
