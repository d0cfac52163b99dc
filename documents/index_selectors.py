"""Who sees and changes index generations: `documents.selectors.standing_of` has the rule."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotAllowed, NotFound
from documents.models import IndexGeneration
from documents.selectors import standing_of


def may_manage_index(user: User) -> bool:
    return standing_of(user).manages_index


def require_index_management(user: User) -> None:
    if not may_manage_index(user):
        raise NotAllowed(cause=f"user {user.pk} may not manage the index")


def generations_managed_by(user: User) -> QuerySet[IndexGeneration]:
    """None for whoever may not; without those that are being removed."""
    if not may_manage_index(user):
        return IndexGeneration.objects.none()
    kept = IndexGeneration.objects.exclude(state=IndexGeneration.State.REMOVED)
    return kept.order_by("-created_at")


def get_generation_managed_by(user: User, pk: UUID | str) -> IndexGeneration:
    found = generations_managed_by(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(cause=f"generation {pk}")
    return found
