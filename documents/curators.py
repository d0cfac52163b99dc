"""Who answers for a corpus."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Membership, User
from documents.models import CorpusGrant


def people_in_charge(organisation: UUID, corpora: Collection[UUID]) -> QuerySet[User]:
    """Those who curate one of the corpora by a grant; the organisation's administrators where
    nobody does. Of the organisation alone, with an open account."""
    grants = CorpusGrant.objects.filter(corpus__in=corpora, right=CorpusGrant.Right.CURATE)
    members = User.objects.filter(is_active=True, membership__organisation=organisation)
    curators = members.filter(
        Q(pk__in=grants.exclude(user=None).values("user"))
        | Q(teams__in=grants.exclude(team=None).values("team"))
    ).distinct()
    if not curators.exists():
        curators = members.filter(membership__role=Membership.Role.ADMIN)
    return curators.order_by("name", "email")
