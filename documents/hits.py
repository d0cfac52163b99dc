"""The rows behind the hits of a search: the index is believed in nothing but the order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import DateField, Expression, OuterRef, Q, QuerySet, Subquery, UUIDField
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
    """Of chunks: their version was in force on that day. At most one version of a document was."""
    document, version = "version__document", "version"
    return (
        (Q(**{f"{document}__valid_from": None}) | Q(**{f"{document}__valid_from__lte": day}))
        & (Q(**{f"{document}__valid_until": None}) | Q(**{f"{document}__valid_until__gte": day}))
        & (Q(**{f"{version}__took_over_on": None}) | Q(**{f"{version}__took_over_on__lte": day}))
        & (Q(**{f"{version}__replaced_on": None}) | Q(**{f"{version}__replaced_on__gt": day}))
    )


def _readable_chunks(user: Expression, keys: list[Expression], day: Expression) -> QuerySet[Chunk]:
    return (
        Chunk.objects.filter(
            _stood_on(day),
            pk__in=keys,  # type: ignore[misc]  # expressions, as Prepared has them
            version__document__deleted_at=None,
            version__document__corpus__in=corpora_readable_by(user),  # type: ignore[arg-type]
        )
        .annotate(page_label=_PAGE_LABEL)  # type: ignore[no-redef]  # Chunk declares it
        .select_related("version__document__corpus")
    )


_LIVE_CHUNKS = Prepared(
    lambda user, keys, day: _readable_chunks(user, keys, day).filter(version__live=True),
    user=UUIDField(),
    keys=[UUIDField()],
    day=DateField(),
)
_CHUNKS_AS_OF = Prepared(
    lambda user, keys, day: _readable_chunks(user, keys, day).filter(
        Q(version__live=True) | Q(version__replaced_on__isnull=False),
        version__state=DocumentVersion.State.READY,
    ),
    user=UUIDField(),
    keys=[UUIDField()],
    day=DateField(),
)
