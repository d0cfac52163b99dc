"""Verbs over corpora and documents. Each takes the user who acts and refuses who may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.selectors import is_admin, organisation_of
from accounts.services import unique_slug
from common.errors import InvalidInput, NotFound
from documents.attached import (
    all_attached_to,
    depth_of,
    hide_with_attached,
    show_with_attached,
)
from documents.errors import CarrierDeleted
from documents.hints import parse_hints
from documents.models import (
    FOR_GOOD,
    Corpus,
    CorpusGrant,
    Document,
)
from documents.refreshing import mark_stale
from documents.selectors import (
    deleted_documents_curated_by,
    documents_curated_by,
    get_corpus_for_curator,
    get_document_for_curator,
    grants_of_corpus,
    require_corpus_creation,
)
from documents.tasks import purge_deleted_document, refresh_index

Stale = Document.Stale


@dataclass(frozen=True, slots=True)
class Grant:
    """A right for one team or one person (the other is None)."""

    right: str
    team: Team | None = None
    user: User | None = None


@transaction.atomic
def create_corpus(*, by: User, name: str, language: str, **settings_: object) -> Corpus:
    """A corpus of `by`'s organisation, which `by` curates. `settings_` are fields of Corpus."""
    require_corpus_creation(by)
    organisation = organisation_of(by)
    slugs = Corpus.objects.filter(organisation=organisation).values_list("slug", flat=True)
    corpus = Corpus(
        organisation=organisation,
        name=name,
        slug=unique_slug(name, slugs),
        language=language,
        **settings_,
    )
    corpus.full_clean()
    corpus.save()
    CorpusGrant.objects.create(corpus=corpus, user=by, right=CorpusGrant.Right.CURATE)
    return corpus


def update_corpus(*, by: User, corpus: Corpus, **changes: object) -> Corpus:
    corpus = get_corpus_for_curator(by, corpus.pk)
    words_only = corpus.words_only
    for field, value in changes.items():
        setattr(corpus, field, value)
    corpus.full_clean()
    with transaction.atomic():
        # These alone: what counts the changes of the glossary must not go back.
        corpus.save(update_fields=list(changes))
        if corpus.words_only != words_only:
            _write_anew(corpus)
    return corpus


def _write_anew(corpus: Corpus) -> None:
    """At the next sweep: a corpus may be large, and stays in the search meanwhile. Deleted
    documents too: they may be restored."""
    mark_stale(Document.objects.filter(corpus=corpus), Stale.VECTORS)


@transaction.atomic
def set_grants(*, by: User, corpus: Corpus, grants: Iterable[Grant]) -> None:
    """Replace who may read and curate. Teams and people of other organisations are left out."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    corpus.grants.all().delete()
    for grant in grants:
        if grant.team is not None and grant.team.organisation_id != corpus.organisation_id:
            continue
        if grant.user is not None and organisation_of(grant.user).pk != corpus.organisation_id:
            continue
        CorpusGrant.objects.create(
            corpus=corpus, team=grant.team, user=grant.user, right=grant.right
        )


def grant_corpus(*, by: User, corpus: Corpus, grant: Grant) -> None:
    """Give one team or one person a right, or change the one they have."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    if grant.team is not None and grant.team.organisation_id != corpus.organisation_id:
        raise NotFound(cause=f"team {grant.team.pk}")
    if grant.user is not None and organisation_of(grant.user).pk != corpus.organisation_id:
        raise NotFound(cause=f"person {grant.user.pk}")
    _refuse_own_right(by, grant.user, keeps=grant.right == CorpusGrant.Right.CURATE)
    CorpusGrant.objects.update_or_create(
        corpus=corpus, team=grant.team, user=grant.user, defaults={"right": grant.right}
    )


def revoke_grant(*, by: User, corpus: Corpus, grant: UUID) -> None:
    row = grants_of_corpus(by, corpus).filter(pk=grant).first()
    if row is None:
        raise NotFound(cause=f"grant {grant}")
    _refuse_own_right(by, row.user, keeps=False)
    row.delete()


def _refuse_own_right(by: User, person: User | None, *, keeps: bool) -> None:
    """A curator who drops their own right would lock themselves out in mid-work."""
    if person == by and not keeps and not is_admin(by):
        raise InvalidInput(field="right", reason=_("You cannot take your own right away."))


def rename_document(*, by: User, document: Document, title: str) -> None:
    document = get_document_for_curator(by, document.pk)
    document.title = title
    document.full_clean(exclude={"created_by"})  # null once that person is gone
    _change(document, Stale.VECTORS, title=title)


def set_hints(*, by: User, document: Document, hints: str) -> None:
    """Words that the document's pages are found by too. Raises InvalidInput naming the entry that
    is wrong. The document stays in the search as it is until the new ones are indexed."""
    document = get_document_for_curator(by, document.pk)
    live = document.versions.filter(live=True).first()
    parse_hints(hints, last_page=live.page_count if live else 0)
    document.hints = hints.strip()
    document.full_clean(exclude={"created_by"})
    _change(document, Stale.VECTORS, hints=document.hints)


def set_validity(
    *, by: User, document: Document, valid_from: date | None, valid_until: date | None
) -> None:
    """From when to when a document is in force, both days included; None: open on that side."""
    document = get_document_for_curator(by, document.pk)
    if valid_from and valid_until and valid_until < valid_from:
        raise InvalidInput(field=_("In force until"), reason=_("It ends before it begins."))
    _change(document, Stale.STANDING, valid_from=valid_from, valid_until=valid_until)


def delete_document(*, by: User, document: Document) -> None:
    """Hide a document at once, with what is attached to it; it can be restored until the purge.
    Nothing where it is hidden already, as one of several that were chosen with its mail."""
    with transaction.atomic():
        if deleted_documents_curated_by(by).filter(pk=document.pk).exists():
            return
        document = get_document_for_curator(by, document.pk)
        for key in hide_with_attached(document):
            refresh_index.delay_on_commit(str(key))


def restore_documents(*, by: User, documents: Iterable[Document]) -> None:
    """Take deletions back, of mails before what is attached to them."""
    for document in sorted(documents, key=depth_of):
        restore_document(by=by, document=document)


def restore_document(*, by: User, document: Document) -> None:
    """With what was deleted together with it; nothing where it is back already. Raises
    CarrierDeleted for an attachment whose mail is deleted."""
    with transaction.atomic():
        if documents_curated_by(by).filter(pk=document.pk).exists():
            return
        document = get_document_for_curator(by, document.pk, deleted=True)
        if document.parent is not None and document.parent.deleted_at is not None:
            raise CarrierDeleted(title=document.title, carrier=document.parent.title)
        for key in show_with_attached(document):
            refresh_index.delay_on_commit(str(key))


@transaction.atomic
def _change(document: Document, what: Document.Stale, **fields: object) -> None:
    """Write the row, and have the index follow it."""
    row = Document.objects.filter(pk=document.pk)
    row.update(**fields)
    mark_stale(row, what)
    refresh_index.delay_on_commit(str(document.pk))


def purge_document_now(*, by: User, document: Document) -> None:
    """Remove a deleted document for good without waiting for PURGE_AFTER_DAYS.

    It is in no list any more, and cannot be restored; where the task is lost the daily purge
    takes it.
    """
    document = get_document_for_curator(by, document.pk, deleted=True)
    family = [document.pk, *all_attached_to(document)]
    Document.objects.filter(pk__in=family).update(deleted_at=FOR_GOOD)
    purge_deleted_document.delay_on_commit(str(document.pk))
