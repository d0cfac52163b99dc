"""The only way to this app's rows (beside documents/hits.py): each function takes the user and
returns what they may see, or refuses. `documents.permissions` is the rule in words; here it is in
SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, UUIDField

from accounts.models import Membership, Organisation, User
from common.errors import NotAllowed, NotFound
from common.prepared import Prepared
from documents.geometry import PlacedWord, unpack
from documents.models import (
    FOR_GOOD,
    Corpus,
    CorpusGrant,
    Document,
    DocumentVersion,
    GlossaryEntry,
    Page,
    PageWords,
)


def _granted(user: User, rights: list[str]) -> Q:
    grants = CorpusGrant.objects.filter(Q(user=user) | Q(team__members=user), right__in=rights)
    return Q(pk__in=grants.values("corpus"))


def _membership(user: User) -> Membership | None:
    return Membership.objects.filter(user=user, user__is_active=True).first()


@dataclass(frozen=True, slots=True)
class Standing:
    """What of the back office is open to someone."""

    is_admin: bool = False
    may_curate: bool = False
    manages_index: bool = False


def standing_of(user: User) -> Standing:
    """In one query, because every page's frame asks.

    Index generations belong to the installation, not to an organisation: where there are several,
    only its operators, whom Django calls superusers, manage them; an organisation's administrator
    does where it is the only one.
    """
    curates = CorpusGrant.objects.filter(
        Q(user=user) | Q(team__members=user), right=CorpusGrant.Right.CURATE
    )
    others = Organisation.objects.exclude(pk=OuterRef("organisation"))
    found = (
        Membership.objects.filter(user=user, user__is_active=True)
        .values_list("role", Exists(curates), Exists(others))
        .first()
    )
    role, curates_any, has_others = found or ("", False, True)
    is_admin = role == Membership.Role.ADMIN
    return Standing(
        is_admin=is_admin,
        may_curate=is_admin or curates_any,
        manages_index=user.is_active and (user.is_superuser or (is_admin and not has_others)),
    )


def _corpora(user: User, *, otherwise: Q) -> QuerySet[Corpus]:
    """Of the user's organisation, all for its administrator, `otherwise` for its members; none
    for a closed account.

    Subqueries, not joins over memberships: a second filter() over such a join would ask whether
    *anybody* in the organisation is an administrator.
    """
    memberships = Membership.objects.filter(user=user, user__is_active=True)
    administered = memberships.filter(role=Membership.Role.ADMIN)
    return Corpus.objects.filter(
        Q(organisation__in=administered.values("organisation")) | otherwise,
        organisation__in=memberships.values("organisation"),
    )


def corpora_readable_by(user: User) -> QuerySet[Corpus]:
    visible = Q(visibility=Corpus.Visibility.ALL_MEMBERS)
    return _corpora(user, otherwise=visible | _granted(user, CorpusGrant.Right.values))


def readable_corpora_among(user: User, keys: Iterable[UUID]) -> list[Corpus]:
    """Those of the corpora that the user may read now; without keys, all that there are. Their
    objects are shared between searches: not to be changed."""
    wanted = list(keys)
    if wanted:
        return _READABLE_AMONG.all(user=user.pk, keys=wanted)
    return _READABLE.remembered(_CORPORA, user=user.pk)


def corpora_with_contents(user: User) -> QuerySet[Corpus]:
    """Readable corpora with `document_count` and `latest_at` of what is online in them."""
    online = Q(documents__deleted_at=None, documents__versions__live=True)
    return corpora_readable_by(user).annotate(
        document_count=Count("documents", filter=online, distinct=True),
        latest_at=Max("documents__versions__finished_at", filter=online),
    )


def corpora_curated_by(user: User) -> QuerySet[Corpus]:
    return _corpora(user, otherwise=_granted(user, [CorpusGrant.Right.CURATE]))


def may_create_corpus(user: User) -> bool:
    """Administrators, and whoever curates a corpus already."""
    membership = _membership(user)
    if membership is None:
        return False
    return membership.role == Membership.Role.ADMIN or corpora_curated_by(user).exists()


def get_corpus_for_reader(user: User, slug: str) -> Corpus:
    corpus = corpora_readable_by(user).filter(slug=slug).first()
    if corpus is None:
        raise NotFound(cause=f"corpus {slug}")
    return corpus


def get_corpus_for_curator(user: User, pk: UUID | str) -> Corpus:
    corpus = corpora_curated_by(user).filter(pk=pk).first()
    if corpus is None:
        raise NotFound(cause=f"corpus {pk}")
    return corpus


def glossary_curated_by(user: User, corpus: Corpus) -> QuerySet[GlossaryEntry]:
    return GlossaryEntry.objects.filter(corpus=corpus, corpus__in=corpora_curated_by(user))


def documents_curated_by(user: User) -> QuerySet[Document]:
    """Documents that are not deleted, of the corpora the user curates."""
    return Document.objects.filter(
        corpus__in=corpora_curated_by(user), deleted_at=None
    ).select_related("corpus")


def deleted_documents_curated_by(user: User) -> QuerySet[Document]:
    """Documents that were deleted and can still be restored."""
    return Document.objects.filter(
        corpus__in=corpora_curated_by(user), deleted_at__gt=FOR_GOOD
    ).select_related("corpus")


def get_document_for_curator(user: User, pk: UUID | str, *, deleted: bool = False) -> Document:
    """A document to change; with `deleted`, one that was deleted and may be restored."""
    among = deleted_documents_curated_by(user) if deleted else documents_curated_by(user)
    document = among.filter(pk=pk).first()
    if document is None:
        raise NotFound(cause=f"document {pk}")
    return document


def get_version_for_curator(user: User, pk: UUID | str) -> DocumentVersion:
    version = (
        DocumentVersion.objects.filter(
            pk=pk, document__corpus__in=corpora_curated_by(user), document__deleted_at=None
        )
        .select_related("document__corpus")
        .first()
    )
    if version is None:
        raise NotFound(cause=f"version {pk}")
    return version


def versions_curated_by(user: User) -> QuerySet[DocumentVersion]:
    return DocumentVersion.objects.filter(
        document__corpus__in=corpora_curated_by(user), document__deleted_at=None
    ).select_related("document__corpus")


def live_versions_readable_by(user: User) -> QuerySet[DocumentVersion]:
    """What search may show: live versions of documents that are not deleted."""
    return DocumentVersion.objects.filter(
        live=True,
        document__deleted_at=None,
        document__corpus__in=corpora_readable_by(user),
    ).select_related("document__corpus")


def get_live_version_for_reader(user: User, document: UUID | str) -> DocumentVersion:
    """The live version of a document, to open or download."""
    version = live_versions_readable_by(user).filter(document__pk=document).first()
    if version is None:
        raise NotFound(cause=f"document {document}")
    return version


def versions_readable_by(user: User) -> QuerySet[DocumentVersion]:
    """Finished versions, older ones too: what citations of earlier answers point to."""
    return DocumentVersion.objects.filter(
        state=DocumentVersion.State.READY,
        document__deleted_at=None,
        document__corpus__in=corpora_readable_by(user),
    ).select_related("document__corpus")


def titles_readable_by(user: User, documents: Iterable[UUID]) -> dict[UUID, str]:
    """Of those of the documents that the user may read now, one that is not in force included."""
    wanted = set(documents)
    if not wanted:
        return {}
    found = versions_readable_by(user).filter(document__in=wanted).order_by()
    return dict(found.values_list("document_id", "document__title"))


def get_version_for_reader(user: User, pk: UUID | str) -> DocumentVersion:
    version = versions_readable_by(user).filter(pk=pk).first()
    if version is None:
        raise NotFound(cause=f"version {pk}")
    return version


def media_types_readable_by(user: User) -> list[str]:
    """Of the live documents, for the choice of a search."""
    return sorted(media_type for (media_type,) in _MEDIA_TYPES.all(user=user.pk))


def get_page_for_reader(user: User, version: DocumentVersion, number: int) -> Page:
    page = Page.objects.filter(
        version=version, version__in=versions_readable_by(user), number=number
    ).first()
    if page is None:
        raise NotFound(cause=f"page {number} of version {version.pk}")
    return page


def placed_words_of(user: User, page: Page) -> list[PlacedWord]:
    """Where the words of a page stand; empty where that is not known: the format has no pages, or
    it was read before this was kept."""
    row = PageWords.objects.filter(page=page, page__version__in=versions_readable_by(user)).first()
    try:
        return list(unpack(bytes(row.packed))) if row is not None else []
    except ValueError:  # the child that read a stranger's file wrote it
        return []


def pages_between(user: User, version: DocumentVersion, first: int, last: int) -> list[Page]:
    """Pages to choose from; without their text."""
    return list(
        Page.objects.filter(
            version=version,
            version__in=versions_readable_by(user),
            number__gte=first,
            number__lte=last,
        ).only("version_id", "number", "label")
    )


# Rows as the database gives them, never a right: who may read them is asked each time.
_CORPORA: dict[tuple[Any, ...], Corpus] = {}
_READABLE = Prepared(lambda user: corpora_readable_by(user), user=UUIDField())
_MEDIA_TYPES = Prepared(
    lambda user: (
        live_versions_readable_by(user)
        .select_related(None)
        .order_by()
        .values_list("media_type")
        .distinct()
    ),
    user=UUIDField(),
)
_READABLE_AMONG = Prepared(
    lambda user, keys: corpora_readable_by(user).filter(pk__in=keys),
    user=UUIDField(),
    keys=[UUIDField()],
)


def require_corpus_creation(user: User) -> None:
    if not may_create_corpus(user):
        raise NotAllowed(cause=f"user {user.pk} may not create a corpus")


def grants_of_corpus(user: User, corpus: Corpus) -> QuerySet[CorpusGrant]:
    """Who may read and curate a corpus, for those who curate it; teams first."""
    return (
        CorpusGrant.objects.filter(corpus=corpus, corpus__in=corpora_curated_by(user))
        .select_related("team", "user")
        .order_by("user", "team__name", "user__name", "user__email")
    )


def grants_reaching(user: User, person: User) -> QuerySet[CorpusGrant]:
    """What `person` is granted, directly or through a team, among the corpora `user` curates."""
    return (
        CorpusGrant.objects.filter(
            Q(user=person) | Q(team__members=person), corpus__in=corpora_curated_by(user)
        )
        .select_related("corpus", "team")
        .order_by("corpus__name", "-right")
    )
