"""The board's states and words for whoever looks after the installation, all organisations
together: no right is asked for, the shell of the server is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from documents.board import BoardState
from documents.models import Corpus, DocumentVersion, IngestionPause

State = DocumentVersion.State

STATES = {
    BoardState.ONLINE: [State.READY],
    BoardState.WORKING: [State.QUEUED, State.RUNNING],
    BoardState.FAILED: [State.FAILED],
    BoardState.CANCELLED: [State.CANCELLED],
}


@dataclass(frozen=True, slots=True)
class FileLine:
    """One document's file as it stands; codes in `state` and `step`, sentences in `reason`."""

    corpus: str
    title: str
    file: str
    state: str
    step: str
    done: int
    total: int
    pages: int
    attempts: int
    arrived: str  # ISO 8601
    code: str
    reason: str


def versions_of(corpus: Corpus | None) -> QuerySet[DocumentVersion]:
    """Of documents that are not deleted, of one corpus or of all."""
    versions = DocumentVersion.objects.filter(document__deleted_at=None)
    return versions.filter(document__corpus=corpus) if corpus else versions


def current_versions(corpus: Corpus | None) -> QuerySet[DocumentVersion]:
    """Of each document the newest version that was not cancelled, as the board shows it."""
    others = DocumentVersion.objects.filter(document=OuterRef("document"))
    newer = others.filter(created_at__gt=OuterRef("created_at"))
    kept = versions_of(corpus).exclude(Exists(newer.exclude(state=State.CANCELLED)))
    is_alone = ~Exists(others.exclude(state=State.CANCELLED)) & ~Exists(newer)
    return kept.exclude(state=State.CANCELLED) | kept.filter(is_alone, state=State.CANCELLED)


def counts(corpus: Corpus | None) -> dict[str, int]:
    """Documents by the state of their current version."""
    found = current_versions(corpus).order_by().values_list("state").annotate(Count("pk"))
    by_state = dict(found)
    return {state: by_state.get(state, 0) for state in State.values}


def file_lines(corpus: Corpus | None, states: list[BoardState]) -> Iterator[FileLine]:
    wanted = [state for board in states for state in STATES[board]]
    versions = current_versions(corpus).filter(state__in=wanted)
    listed = versions.select_related("document__corpus").order_by("created_at", "pk")
    for version in listed.iterator(chunk_size=500):
        yield _line(version)


def _line(version: DocumentVersion) -> FileLine:
    return FileLine(
        corpus=version.document.corpus.slug,
        title=version.document.title,
        file=version.file_name,
        state=version.state,
        step=version.step,
        done=version.progress_done,
        total=version.progress_total,
        pages=version.page_count,
        attempts=version.attempts,
        arrived=version.created_at.isoformat(timespec="seconds"),
        code=version.error_code,
        reason=version.error_sentence,
    )


def pause_told() -> dict[str, str] | None:
    """Why all files wait; None: they do not."""
    pause = IngestionPause.objects.first()
    if pause is None:
        return None
    return {
        "code": pause.error_code,
        "reason": pause.error_sentence,
        "since": pause.since.isoformat(timespec="seconds"),
        "next_try": pause.next_try_at.isoformat(timespec="seconds"),
    }


def paused_corpora(corpus: Corpus | None) -> list[str]:
    paused = Corpus.objects.exclude(paused_at=None)
    if corpus is not None:
        paused = paused.filter(pk=corpus.pk)
    return list(paused.order_by("slug").values_list("slug", flat=True))
