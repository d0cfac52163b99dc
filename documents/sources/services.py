"""What curators do with sources. Each verb takes the user who acts and refuses who may not."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import InvalidInput, NotFound
from documents.errors import FileTooLarge
from documents.models import Corpus, Source
from documents.scanning import scan_file
from documents.selectors import documents_curated_by, get_corpus_for_curator
from documents.services import delete_document
from documents.sources.addresses import checked_address
from documents.sources.archives import drop_archive
from documents.sources.leases import ENQUEUE_AGAIN_AFTER, next_look
from documents.sources.selectors import get_source_for_curator, vanished_documents
from documents.sources.tasks import gather_source
from documents.transfer.archive import holds_corpus
from documents.transfer.errors import WholeCorpus

State = Source.State
Kind = Source.Kind

# A year; no more than the column of the form offers.
MAX_HOURS = 24 * 366


@transaction.atomic
def add_source(
    *, by: User, corpus: Corpus, kind: str, address: str, every_hours: int | None = None
) -> Source:
    """A page, sitemap or object store to gather from, looked at right away. Raises InvalidInput
    for an address that is none, or that is there already."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    address = checked_address(kind, address)
    if corpus.sources.filter(kind=kind, address=address).exists():
        raise InvalidInput(field="address", reason=_("This source is there already."))
    source = Source.objects.create(
        corpus=corpus,
        kind=kind,
        address=address,
        created_by=by,
        every_hours=_checked_hours(every_hours),
        next_at=timezone.now() + ENQUEUE_AGAIN_AFTER,
    )
    gather_source.delay_on_commit(str(source.pk))
    return source


def look_now(*, by: User, source: Source) -> bool:
    """Queue a source that is at rest; whether it was. Where whoever set it up has lost the right,
    it goes on in the name of who asks."""
    source = get_source_for_curator(by, source.corpus_id, source.pk)
    if source.kind == Kind.ARCHIVE and not source.file:
        return False
    at_rest = Source.objects.filter(pk=source.pk).exclude(state__in=[State.QUEUED, State.RUNNING])
    queued = at_rest.update(
        state=State.QUEUED,
        created_by=_in_whose_name(source, by),
        next_at=timezone.now() + ENQUEUE_AGAIN_AFTER,
        progress_done=0,
        progress_total=0,
    )
    if queued:
        gather_source.delay_on_commit(str(source.pk))
    return bool(queued)


def _in_whose_name(source: Source, by: User) -> User:
    if source.created_by is None:
        return by
    try:
        get_corpus_for_curator(source.created_by, source.corpus_id)
    except NotFound:
        return by
    return source.created_by


def cancel_look(*, by: User, source: Source) -> None:
    """Stop a look; the worker notices at its next entry. What came stays."""
    source = get_source_for_curator(by, source.corpus_id, source.pk)
    cancelled = Source.objects.filter(pk=source.pk, state__in=[State.QUEUED, State.RUNNING]).update(
        state=State.CANCELLED,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
        next_at=next_look(source),
    )
    if cancelled:
        drop_archive(source)


def set_schedule(*, by: User, source: Source, every_hours: int | None) -> None:
    source = get_source_for_curator(by, source.corpus_id, source.pk)
    source.every_hours = _checked_hours(every_hours)
    row = Source.objects.filter(pk=source.pk)
    row.update(every_hours=source.every_hours)
    # A look that waits or runs sets the next one at its end.
    row.exclude(state__in=[State.QUEUED, State.RUNNING]).update(next_at=next_look(source))


@transaction.atomic
def remove_source(*, by: User, source: Source, documents: bool) -> int:
    """Forget a source; `documents`: delete what it has brought, as a person would. Returns how many
    documents are deleted."""
    source = get_source_for_curator(by, source.corpus_id, source.pk)
    count = 0
    if documents:
        for document in documents_curated_by(by).filter(source=source):
            delete_document(by=by, document=document)
            count += 1
    drop_archive(source)
    source.delete()
    return count


@transaction.atomic
def delete_vanished(*, by: User, source: Source) -> int:
    """Delete the documents that the source has no more; returns how many. They can be restored."""
    source = get_source_for_curator(by, source.corpus_id, source.pk)
    found = list(vanished_documents(by, source))
    for document in found:
        delete_document(by=by, document=document)
    return len(found)


@transaction.atomic
def receive_archive(*, by: User, corpus: Corpus, file: File[bytes]) -> Source:
    """Keep an archive and queue its unpacking. One of the same name in the same corpus is the same
    source as before: what it holds no more is marked. Raises FileRefused."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    name = PurePath(file.name or "archive.zip").name[:300]
    if file.size > settings.MAX_UPLOAD_MB * 1_000_000:
        raise FileTooLarge(file=name, limit=settings.MAX_UPLOAD_MB)
    if holds_corpus(file):
        raise WholeCorpus(file=name)
    scan_file(file, name)
    at_rest = corpus.sources.exclude(state__in=[State.QUEUED, State.RUNNING])
    source = at_rest.select_for_update().filter(kind=Kind.ARCHIVE, address=name).first()
    if source is None:
        source = Source(corpus=corpus, kind=Kind.ARCHIVE, address=name)
    drop_archive(source)
    source.created_by = by
    source.state = State.QUEUED
    source.progress_done = source.progress_total = 0
    source.next_at = timezone.now() + ENQUEUE_AGAIN_AFTER
    source.file.save(f"{corpus.pk}/{uuid.uuid4()}.zip", file, save=False)
    try:
        source.save()
    except BaseException:
        source.file.delete(save=False)
        raise
    gather_source.delay_on_commit(str(source.pk))
    return source


def _checked_hours(hours: int | None) -> int | None:
    if hours is not None and not 1 <= hours <= MAX_HOURS:
        raise InvalidInput(field="every_hours", reason=_("From one hour to a year."))
    return hours
