"""An earlier version takes its document's place again.

Readers see it at once: its passages are in the index, and its rows say that it is live. A version
stands on one run of days, though, and one that comes back has stood on others before. Those days
keep a copy of it, so that “as it stood on” goes on telling the truth; the copy's points follow as
anything that is due in an index does.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from documents.approved_review import send_to_review
from documents.due import lock_generations, mark_due
from documents.errors import VersionUnderWay
from documents.generations import live_generation
from documents.indexing import shown_standing, target_of
from documents.models import ApprovedAnswer, Document, DocumentVersion, Page, PageWords
from documents.refreshing import mark_stale

State = DocumentVersion.State

_PAGES_PER_INSERT = 100


def restore(version: DocumentVersion) -> None:
    """Make a ready version the live one; nothing where it is that already. Raises VersionUnderWay
    while a newer file is on its way, Unavailable where the index cannot be told: nothing has
    changed then."""
    _refuse_while_under_way(version)
    before = _copied(version)
    today = timezone.localdate()
    if version.replaced_on != today:
        version.took_over_on = today  # otherwise it has never been away
    version.replaced_on = None
    # The points first: every hit is re-read through the selectors, so they stay hidden.
    target_of(live_generation()).index.set_standing(version.pk, shown_standing(version))
    with transaction.atomic():
        document = Document.objects.select_for_update().filter(pk=version.document_id)
        list(document)
        _refuse_while_under_way(version)
        siblings = DocumentVersion.objects.filter(document=version.document_id)
        if siblings.filter(pk=version.pk, live=True).exists():
            return
        siblings.filter(live=True).update(live=False, replaced_on=today)
        now = timezone.now()
        siblings.filter(pk=version.pk, state=State.READY).update(
            live=True,
            took_over_on=version.took_over_on,
            replaced_on=None,
            created_at=now,  # the newest, as far as retries and lists are concerned
            started_at=now,
            finished_at=now,
        )
        if _stood(before, today):
            _keep(before, version)
        send_to_review(version.document_id, ApprovedAnswer.Reason.REPLACED)
        mark_stale(document, Document.Stale.STANDING)


def _refuse_while_under_way(version: DocumentVersion) -> None:
    under_way = DocumentVersion.objects.filter(
        document=version.document_id, state__in=[State.QUEUED, State.RUNNING]
    )
    if under_way.exists():
        raise VersionUnderWay


def _stood(before: DocumentVersion, today: date) -> bool:
    """Whether there are days that the copy has to answer for."""
    until = before.replaced_on
    return until is not None and until != today and before.took_over_on != until


def _copied(version: DocumentVersion) -> DocumentVersion:
    """The row as it is, to be another. Both have the same stored file."""
    fields = {
        field.attname: getattr(version, field.attname)
        for field in DocumentVersion._meta.concrete_fields
    }
    return DocumentVersion(**{**fields, "id": uuid.uuid4(), "live": False})


def _keep(before: DocumentVersion, version: DocumentVersion) -> None:
    created_at = before.created_at
    before.save(force_insert=True)
    kept: QuerySet[DocumentVersion] = DocumentVersion.objects.filter(pk=before.pk)
    kept.update(created_at=created_at)
    pages = Page.objects.filter(version=version).select_related("words").order_by("number")
    last = 0
    while some := list(pages.filter(number__gt=last)[:_PAGES_PER_INSERT]):
        last = some[-1].number
        _copy_pages(some, before)
    mark_due(kept, lock_generations(), Document.Stale.VECTORS)


def _copy_pages(pages: Sequence[Page], to: DocumentVersion) -> None:
    packed = [page.words.packed if hasattr(page, "words") else b"" for page in pages]
    for page in pages:
        page.pk, page.version = None, to
        page._state.adding = True
    rows = Page.objects.bulk_create(pages)
    PageWords.objects.bulk_create(
        [
            PageWords(page=row, packed=words)
            for row, words in zip(rows, packed, strict=True)
            if words
        ]
    )
