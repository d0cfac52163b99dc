"""What is attached to a document, and to that in turn: a mail goes with all that it carries."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from documents.approved_review import send_to_review
from documents.models import ApprovedAnswer, Document, DocumentVersion
from documents.refreshing import mark_stale
from documents.selectors import corpora_curated_by, corpora_readable_by, versions_readable_by


def all_attached_to(document: Document) -> list[UUID]:
    """At every depth, deleted ones too."""
    found: list[UUID] = []
    level = [document.pk]
    while level:
        level = list(
            Document.objects.filter(parent__in=level)
            .exclude(pk__in=found)
            .order_by("created_at")
            .values_list("pk", flat=True)
        )
        found += level
    return found


def depth_of(document: Document) -> int:
    """How many mails it is inside of."""
    depth = 0
    while document.parent is not None:
        document, depth = document.parent, depth + 1
    return depth


def attachments_of(user: User, document: Document) -> QuerySet[Document]:
    """What came with it, by name: for readers what is online, for curators all of it."""
    online = DocumentVersion.objects.filter(document=OuterRef("pk"), live=True)
    return (
        Document.objects.filter(parent=document, deleted_at=None)
        .filter(
            Q(corpus__in=corpora_curated_by(user))
            | Q(Exists(online), corpus__in=corpora_readable_by(user))
        )
        .order_by("source_path")
    )


def attachments_online(user: User, document: Document) -> QuerySet[Document]:
    """Those of them that can be opened now."""
    return attachments_of(user, document).filter(versions__live=True)


def carrier_of(user: User, document: Document) -> Document | None:
    """What it is attached to, where the user may open that."""
    if document.parent_id is None:
        return None
    open_to = versions_readable_by(user).filter(document=OuterRef("pk"), live=True)
    return Document.objects.filter(Exists(open_to), pk=document.parent_id).first()


def hide_with_attached(document: Document) -> list[UUID]:
    """Delete a document and what is attached to it, at one moment, by which they are restored
    together; returns their keys. The index follows at the next sweep at the latest."""
    family = [document.pk, *all_attached_to(document)]
    with transaction.atomic():
        present = Document.objects.filter(pk__in=family, deleted_at=None)
        keys = list(present.values_list("pk", flat=True))
        hidden = Document.objects.filter(pk__in=keys)
        hidden.update(deleted_at=timezone.now())
        mark_stale(hidden, Document.Stale.STANDING)
    for key in keys:
        send_to_review(key, ApprovedAnswer.Reason.DELETED)
    return keys


def show_with_attached(document: Document) -> list[UUID]:
    """Take back one deletion: of the document and of what was deleted with it; returns their
    keys."""
    keys = [document.pk]
    with transaction.atomic():
        with_it = Document.objects.filter(
            pk__in=all_attached_to(document), deleted_at=document.deleted_at
        )
        keys += with_it.values_list("pk", flat=True)
        shown = Document.objects.filter(pk__in=keys)
        shown.update(deleted_at=None)
        mark_stale(shown, Document.Stale.STANDING)
    return keys
