"""A folder taken in by a command: beside the running Cassandre, which then reads the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.base import File

from accounts.models import User
from common.errors import CassandreError
from documents.models import Corpus, Document, DocumentVersion, Source
from documents.selectors import get_corpus_for_curator
from documents.sources.folders import FolderPlace
from documents.sources.gathering import Look, gather
from documents.sources.ports import Gone, Later, Listed, Validators, key_of
from documents.uploads import check_file

State = Source.State
VersionState = DocumentVersion.State


@dataclass(frozen=True, slots=True)
class DryLine:
    outcome: str  # new, changed, known, refused or later
    path: str
    reason: str = ""


def look_into_folder(
    *, by: User, corpus: Corpus, folder: Path, must_end: Callable[[], bool] = lambda: False
) -> tuple[Source, Look]:
    """One look into a folder, by this process; `must_end` is asked at each file, and the next look
    then goes on behind it. Raises NotFound where `by` may not curate."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    place = FolderPlace(folder, settings.MAX_UPLOAD_MB)  # raises FolderMissing
    source, _made = Source.objects.get_or_create(
        corpus=corpus,
        kind=Source.Kind.FOLDER,
        address=str(place.root),
        defaults={"created_by": by, "state": State.IDLE},
    )
    # Without a time to enqueue it: nobody else is to take it up.
    at_rest = Source.objects.filter(pk=source.pk).exclude(state=State.RUNNING)
    at_rest.update(state=State.QUEUED, created_by=by, next_at=None)
    look = gather(source.pk, must_end=must_end)
    while look.more:
        look = gather(source.pk, must_end=must_end)
    if must_end():  # given back, but to nobody else: the folder is here
        left = Source.objects.filter(pk=source.pk, state=State.QUEUED)
        left.update(state=State.CANCELLED, next_at=None)
    source.refresh_from_db()
    return source, look


def dry_run(*, by: User, corpus: Corpus, folder: Path) -> Iterator[DryLine]:
    """What a look would do, without a row or a file of ours."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    place = FolderPlace(folder, settings.MAX_UPLOAD_MB)
    for item in place.listed():
        yield _judged(corpus, place, item)


def _judged(corpus: Corpus, place: FolderPlace, item: Listed) -> DryLine:
    if item.refusal is not None:
        return DryLine("refused", item.path, item.refusal.user_sentence)
    try:
        with place.fetch(item, Validators()) as fetched:
            if fetched is None:
                return DryLine("known", item.path)
            with fetched.file.open("rb") as opened:
                file = File(opened, name=fetched.name)
                checked = check_file(file, limit_mb=settings.MAX_UPLOAD_MB)
    except (Gone, Later):
        return DryLine("later", item.path)
    except CassandreError as refusal:
        return DryLine("refused", item.path, refusal.user_sentence)
    present = Document.objects.filter(corpus=corpus, deleted_at=None)
    same = DocumentVersion.objects.filter(document__in=present, sha256=checked.sha256)
    if same.exclude(state__in=[VersionState.FAILED, VersionState.CANCELLED]).exists():
        return DryLine("known", item.path)
    path = key_of(f"{place.root}/{item.path}")
    changed = present.filter(source_path=path).exists()
    return DryLine("changed" if changed else "new", item.path)
