"""The rows behind the hits of a search: the index is believed in nothing but the order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import (
    DateField,
    Exists,
    Expression,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
)
from django.utils import timezone

from accounts.models import User
from common.prepared import Prepared
from documents.models import Chunk, DocumentVersion, Page
from documents.selectors import corpora_readable_by


def live_chunks_readable_by(
    user: User, keys: Iterable[UUID], as_of: date | None = None
) -> dict[UUID, Chunk]:
    """The rows behind the hits of a search, as far as the user may read them now, each with the
    `page_label` of its page: of what is in force today, or of what was or will be `as_of` a day,
    versions that were replaced since included."""
    wanted = list(keys)
    if not wanted:
        return {}
    known = _LIVE_CHUNKS if as_of is None else _CHUNKS_AS_OF
    chunks = known.all(user=user.pk, keys=wanted, day=as_of or timezone.localdate())
    return {chunk.pk: chunk for chunk in chunks}


_PAGE_LABEL = Subquery(
    Page.objects.filter(version=OuterRef("version"), number=OuterRef("page"))
    .order_by()
    .values("label")[:1]
)


def _stood_on(day: Expression) -> Q:
    """Of versions: in force on that day. At most one version of a document was."""
    return (
        (Q(document__valid_from=None) | Q(document__valid_from__lte=day))
        & (Q(document__valid_until=None) | Q(document__valid_until__gte=day))
        & (Q(took_over_on=None) | Q(took_over_on__lte=day))
        & (Q(replaced_on=None) | Q(replaced_on__gt=day))
    )


def _chunks(user: Expression, keys: list[Expression], day: Expression, state: Q) -> QuerySet[Chunk]:
    """Asked of each chunk's own version: joined to it, SQLite's planner would begin with the
    documents that are not deleted and walk through all chunks there are."""
    readable = DocumentVersion.objects.filter(
        _stood_on(day),
        state,
        pk=OuterRef("version"),
        document__deleted_at=None,
        document__corpus__in=corpora_readable_by(user),  # type: ignore[arg-type]
    )
    return (
        Chunk.objects.filter(
            Exists(readable),
            pk__in=keys,  # type: ignore[misc]  # expressions, as Prepared has them
        )
        .annotate(page_label=_PAGE_LABEL)  # type: ignore[no-redef]  # Chunk declares it
        .select_related("version__document__corpus")
        .order_by()
    )


_LIVE_CHUNKS = Prepared(
    lambda user, keys, day: _chunks(user, keys, day, Q(live=True)),
    user=UUIDField(),
    keys=[UUIDField()],
    day=DateField(),
)
_CHUNKS_AS_OF = Prepared(
    lambda user, keys, day: _chunks(
        user,
        keys,
        day,
        (Q(live=True) | Q(replaced_on__isnull=False)) & Q(state=DocumentVersion.State.READY),
    ),
    user=UUIDField(),
    keys=[UUIDField()],
    day=DateField(),
)
