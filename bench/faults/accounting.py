"""Whether what was acknowledged is there: answers, documents, edits. Nothing may be lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.client import Reading

FINAL = frozenset({"done", "not_found", "stopped", "failed", "interrupted"})
UNFINISHED = frozenset({"stopped", "failed", "interrupted"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A row. `model`: who wrote it in the end; where the one that was asked did not answer, it may
    be another, or nobody but the passages themselves."""

    status: str
    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Document:
    """The newest version of a document: state, whether it is served, and what a reader gets."""

    state: str
    live: bool
    sha256: str  # of the bytes as downloaded; "" where nothing came


@dataclass(frozen=True, slots=True)
class Kept:
    """What the installation holds at the end, by id."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    edits: Mapping[str, str] = field(default_factory=dict)


def lost(
    readings: Iterable[Reading],
    documents: Mapping[str, str],
    edits: Mapping[str, str],
    kept: Kept,
    *,
    model: str,
    whole: str,
) -> list[str]:
    """A sentence for everything acknowledged that is not there. `documents` by id with the SHA-256
    of what was sent; `whole`: what `model` says to any question."""
    found = []
    for reading in readings:
        row = kept.answers.get(reading.answer)
        must_be_whole = row is not None and row.status == "done" and row.model == model
        found += _lost_of_answer(reading, row, whole if must_be_whole else None)
    for pk, sha256 in documents.items():
        found += _lost_of_document(pk, sha256, kept.documents.get(pk))
    for pk, text in edits.items():
        if kept.edits.get(pk) != text:
            there = "another text" if pk in kept.edits else "no row"
            found.append(f"approved answer {pk}: {there}")
    return found


def _lost_of_answer(reading: Reading, row: Answer | None, wanted: str | None) -> list[str]:
    name = f"answer {reading.answer}"
    if row is None:
        return [f"{name}: accepted, and no row"]
    if row.status not in FINAL:
        return [f"{name}: still {row.status}"]
    found = [f"{name}: {violation}" for violation in reading.violations]
    if wanted is not None and row.text != wanted:
        found.append(f"{name}: done with {len(row.text)} of {len(wanted)} characters")
    if reading.ended.is_set() and reading.status != "refused" and reading.text != row.text:
        read, held = len(reading.text), len(row.text)
        found.append(f"{name} ({row.status}): its reader holds {read} characters, its row {held}")
    return found


def _lost_of_document(pk: str, sha256: str, found: Document | None) -> list[str]:
    name = f"document {pk}"
    if found is None:
        return [f"{name}: received, and no row"]
    if not found.live:
        return [f"{name}: received, and not online ({found.state})"]
    if found.sha256 != sha256:
        return [f"{name}: online, but its file is not what was sent"]
    return []


def unfinished(readings: Sequence[Reading], kept: Kept, *, at_most: int) -> list[str]:
    """Answers that must be possible to go on with, interrupted ones first."""
    rows = ((reading.answer, kept.answers.get(reading.answer)) for reading in readings)
    open_ones = [(pk, row) for pk, row in rows if row is not None and row.status in UNFINISHED]
    open_ones.sort(key=lambda each: each[1].status != "interrupted")
    return [pk for pk, _row in open_ones[:at_most]]
