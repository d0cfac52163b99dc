"""Verbs over the queue: a corpus that waits and goes on, what failed tried again, a service tried
now. The first functions ask for no right: they are for services and for the operator's commands."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from documents import queueing
from documents.errors import HOPELESS
from documents.leases import give_back
from documents.models import Corpus, DocumentVersion, Source
from documents.queue_selectors import require_curation
from documents.selectors import get_corpus_for_curator, versions_curated_by
from documents.tasks import announce_work

State = DocumentVersion.State


@transaction.atomic
def hold(corpora: QuerySet[Corpus]) -> None:
    """Their files wait. One that is being read stops at its next piece, goes on at the same step,
    and has spent no attempt."""
    held = list(corpora.values_list("pk", flat=True))
    Corpus.objects.filter(pk__in=held, paused_at=None).update(paused_at=timezone.now())
    give_back(DocumentVersion.objects.filter(document__corpus__in=held))


def release(corpora: QuerySet[Corpus]) -> None:
    corpora.update(paused_at=None)
    announce_work(settings.INGESTION_CONCURRENCY)


def requeue_failed(versions: QuerySet[DocumentVersion]) -> int:
    """Those of them that failed, but not because of the file, from the step where it happened; not
    where the document has a newer version. Returns how many."""
    newer = DocumentVersion.objects.filter(
        document=OuterRef("document"), created_at__gt=OuterRef("created_at")
    ).exclude(state=State.CANCELLED)
    failed = versions.filter(~Exists(newer), state=State.FAILED, document__deleted_at=None)
    keys = failed.exclude(error_code__in=HOPELESS).order_by().values("pk")
    count = DocumentVersion.objects.filter(pk__in=keys, state=State.FAILED).update(
        state=State.QUEUED, attempts=0, error_code="", error_params={}, enqueue_at=None
    )
    if count:
        announce_work(settings.INGESTION_CONCURRENCY)
    return count


def pause_corpus(*, by: User, corpus: Corpus) -> None:
    """Have the corpus's files wait until `resume_corpus`; what is online stays so."""
    hold(Corpus.objects.filter(pk=get_corpus_for_curator(by, corpus.pk).pk))


def resume_corpus(*, by: User, corpus: Corpus) -> None:
    """The corpus's files go on where they were."""
    release(Corpus.objects.filter(pk=get_corpus_for_curator(by, corpus.pk).pk))


def retry_failed(*, by: User, corpus: Corpus | None = None, source: Source | None = None) -> int:
    """Try again what failed in a corpus, from a source, or in all corpora that `by` curates;
    returns how many files. Raises NotFound where the corpus is not theirs to curate."""
    versions = versions_curated_by(by)
    if corpus is not None:
        versions = versions.filter(document__corpus=get_corpus_for_curator(by, corpus.pk))
    if source is not None:
        owner = get_corpus_for_curator(by, source.corpus_id)
        versions = versions.filter(document__source=source, document__corpus=owner)
    return requeue_failed(versions)


def try_ingestion_now(*, by: User) -> bool:
    """Let a file try the service that all of them wait for, at once; whether they waited. Raises
    NotAllowed for whoever curates nothing."""
    require_curation(by)
    waited = queueing.try_now()
    if waited:
        announce_work()
    return waited
