"""The rows behind the hits of a search: the index is believed in nothing but the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import (
    DateField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    OuterRef,
    PositiveIntegerField,
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

PageKey = tuple[UUID, int]  # version and number
Span = tuple[int, int]  # of the page's text


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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around passages: the text of their pages, and where the passages of each
    section of these begin and end."""

    texts: Mapping[PageKey, str]
    spans: Mapping[tuple[PageKey, str], Sequence[Span]]


def surroundings_readable_by(user: User, pages: Collection[PageKey]) -> Surroundings:
    """Of pages (version, number) that the user may read now. Two queries, whatever is asked."""
    asked = {
        "user": user.pk,
        "versions": list({version for version, _page in pages}),
        "numbers": list({number for _version, number in pages}),
    }
    texts = {(page.version_id, page.number): page.text for page in _PAGES.all(**asked)}
    spans: dict[tuple[PageKey, str], list[Span]] = defaultdict(list)
    # Of all generations: another one's chunk is a neighbour as good as any.
    for chunk in _CHUNKS_OF_PAGES.all(**asked):
        spans[(chunk.version_id, chunk.page), chunk.section].append((chunk.start, chunk.end))
    return Surroundings({page: texts[page] for page in pages if page in texts}, spans)


_PAGE_LABEL = Subquery(
    Page.objects.filter(version=OuterRef("version"), number=OuterRef("page"))
    .order_by()
    .values("label")[:1]
)


def stood_on(day: Expression | date) -> Q:
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
    return (
        Chunk.objects.filter(
            Exists(_readable(user).filter(stood_on(day), state)),
            pk__in=keys,  # type: ignore[misc]  # expressions, as Prepared has them
        )
        .annotate(page_label=_PAGE_LABEL)  # type: ignore[no-redef]  # Chunk declares it
        .select_related("version__document__corpus")
        .order_by()
    )


def _readable(user: Expression) -> QuerySet[DocumentVersion]:
    """The version of a row, where the user may read it."""
    return DocumentVersion.objects.filter(
        pk=OuterRef("version"),
        document__deleted_at=None,
        document__corpus__in=corpora_readable_by(user),  # type: ignore[arg-type]
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
_OF_PAGES: dict[str, Any] = {
    "user": UUIDField(),
    "versions": [UUIDField()],
    "numbers": [PositiveIntegerField()],
}
# As a plain column: a foreign key's own lookup takes values, and no expressions.
_VERSION = ExpressionWrapper(F("version_id"), output_field=UUIDField())
_PAGES = Prepared(
    lambda user, versions, numbers: (
        Page.objects.alias(of=_VERSION)
        .filter(Exists(_readable(user)), of__in=versions, number__in=numbers)
        .only("version_id", "number", "text")
        .order_by()
    ),
    **_OF_PAGES,
)
_CHUNKS_OF_PAGES = Prepared(
    lambda user, versions, numbers: (
        Chunk.objects.alias(of=_VERSION)
        .filter(Exists(_readable(user)), of__in=versions, page__in=numbers)
        .only("version_id", "page", "section", "start", "end")
        .order_by()
    ),
    **_OF_PAGES,
)
