"""Conversations that are kept no longer: deleted ones for good, and where the installation says
so, those in which nothing was asked for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chat.models import Conversation, Message

# In one transaction: answers that are being written wait for it where there is one writer.
AT_ONCE = 100


def purge_deleted(days: int) -> int:
    """Remove what was deleted longer ago than so many days; returns how many conversations."""
    return _remove(Conversation.objects.filter(deleted_at__lt=_ago(days)))


def purge_untouched(days: int) -> int:
    """Remove what nothing was asked in for so many days, pinned ones too; returns how many
    conversations. Enquiries that were sent on from them, and approved answers, stay."""
    recent = Message.objects.filter(conversation=OuterRef("pk"), created_at__gte=_ago(days))
    return _remove(Conversation.objects.filter(~Exists(recent), updated_at__lt=_ago(days)))


def _ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _remove(old: QuerySet[Conversation]) -> int:
    streaming = Message.objects.filter(conversation=OuterRef("pk"), status=Message.Status.STREAMING)
    removable = old.filter(~Exists(streaming)).order_by("pk")
    removed = 0
    while some := list(removable.values_list("pk", flat=True)[:AT_ONCE]):
        # Asked in meanwhile, it is old no longer.
        removable.filter(pk__in=some).delete()
        removed += len(some)
    return removed
