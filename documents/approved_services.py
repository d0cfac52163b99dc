"""Verbs over approved answers. Each takes the user who acts and refuses who may not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ai.lexical import detect_language
from common.errors import InvalidInput, NotFound
from documents.approved_selectors import get_approved_for_curator
from documents.models import ApprovedAnswer, ApprovedPassage, Corpus, Page
from documents.selectors import (
    corpora_readable_by,
    get_corpus_for_curator,
    live_versions_readable_by,
)
from documents.spans import ReadSpan, Span, read_spans

Status = ApprovedAnswer.Status
Origin = ApprovedAnswer.Origin
_MARKER = re.compile(r" ?\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class ApprovedDraft:
    """All that is edited of an approved answer."""

    corpus: UUID
    question: str
    text: str
    alternatives: tuple[str, ...] = ()
    language: str = ""  # "": as the question reads
    passages: Mapping[int, Span] | None = None  # by number
    owner: User | None = None
    review_on: date | None = None
    origin: str = Origin.SCRATCH
    source: UUID | None = None


def markers_of(text: str) -> set[int]:
    """The numbers that a text cites."""
    return {int(number) for number in _MARKER.findall(text)}


def without_markers(text: str, kept: Iterable[int]) -> str:
    """The text with the markers of `kept` alone."""
    numbers = set(kept)
    return _MARKER.sub(lambda found: found[0] if int(found[1]) in numbers else "", text)


@transaction.atomic
def save_approved(
    *, by: User, draft: ApprovedDraft, approved: ApprovedAnswer | None = None, approve: bool = False
) -> ApprovedAnswer:
    """Make or change one; with `approve`, it is served from now on.

    Raises InvalidInput where the text cites a passage that is not there, a passage is not of the
    corpus, or, to approve, is not what is online now.
    """
    corpus = get_corpus_for_curator(by, draft.corpus)
    if approved is None:
        approved = ApprovedAnswer(author=by, origin=draft.origin, source=draft.source)
    else:
        approved = get_approved_for_curator(by, approved.pk)
    served = approve or approved.status == Status.APPROVED
    passages = _checked(by, corpus, draft, live=served)
    approved.corpus = corpus
    approved.question = draft.question.strip()
    approved.alternatives = [text.strip() for text in draft.alternatives if text.strip()]
    approved.text = draft.text.strip()
    approved.language = draft.language or detect_language(draft.question)
    approved.owner = draft.owner
    approved.review_on = draft.review_on
    if served:
        approved.status, approved.reason = Status.APPROVED, ""
        approved.reviewed_by, approved.reviewed_at = by, timezone.now()
    written = {"question", "text"}
    approved.clean_fields(exclude={f.name for f in approved._meta.fields} - written)
    approved.save()
    _put_passages(approved, passages)
    return approved


def _checked(
    by: User, corpus: Corpus, draft: ApprovedDraft, *, live: bool
) -> list[tuple[int, ReadSpan]]:
    wanted = dict(draft.passages or {})
    missing = markers_of(draft.text) - set(wanted)
    if missing:
        numbers = ", ".join(f"[{number}]" for number in sorted(missing))
        reason = _("There is no passage for %(numbers)s.") % {"numbers": numbers}
        raise InvalidInput(field="text", reason=reason)
    read = {each.span: each for each in read_spans(by, wanted.values())}
    if any(span not in read or read[span].corpus != corpus.pk for span in wanted.values()):
        raise InvalidInput(field="passages", reason=_("A passage is not of this corpus."))
    if live and not all(read[span].live for span in wanted.values()):
        reason = _("A passage is of an earlier version of its document. Choose it anew.")
        raise InvalidInput(field="passages", reason=reason)
    return [(number, read[span]) for number, span in sorted(wanted.items())]


def _put_passages(approved: ApprovedAnswer, passages: Sequence[tuple[int, ReadSpan]]) -> None:
    approved.passages.all().delete()
    ApprovedPassage.objects.bulk_create(
        ApprovedPassage(
            approved=approved,
            number=number,
            version_id=read.span.version,
            title=read.title,
            page=read.span.page,
            start=read.span.start,
            end=read.span.end,
            quote=read.text,
        )
        for number, read in passages
    )


def retire_approved(*, by: User, approved: ApprovedAnswer) -> None:
    """Keep it, and serve it no more; a draft is turned down by it."""
    _set_status(by, approved, Status.RETIRED)


def question_approved(*, by: User, approved: ApprovedAnswer) -> None:
    """Take one that is served back for review."""
    _set_status(by, approved, Status.TO_REVIEW)


def _set_status(by: User, approved: ApprovedAnswer, status: str) -> None:
    found = get_approved_for_curator(by, approved.pk)
    ApprovedAnswer.objects.filter(pk=found.pk).update(
        status=status, reason="", updated_at=timezone.now()
    )


@transaction.atomic
def propose_correction(*, by: User, draft: ApprovedDraft, note: str = "") -> ApprovedAnswer:
    """A reader's wording of an answer of theirs, as a draft for the curators of a corpus that the
    reader may read. Sent again it replaces the earlier one, until a curator has taken it up."""
    if draft.source is None:
        raise NotFound(cause="a correction of nothing")
    corpus = corpora_readable_by(by).filter(pk=draft.corpus).first()
    if corpus is None:
        raise NotFound(cause=f"corpus {draft.corpus}")
    read = read_spans(by, (draft.passages or {}).values())
    known = {each.span for each in read if each.corpus == corpus.pk}
    passages = {n: span for n, span in (draft.passages or {}).items() if span in known}
    approved, is_new = ApprovedAnswer.objects.get_or_create(
        source=draft.source,
        author=by,
        origin=Origin.CORRECTION,
        defaults={"corpus": corpus, "question": draft.question[:500]},
    )
    if not is_new and approved.status != Status.DRAFT:
        return approved
    approved.corpus = corpus
    approved.question = draft.question[:500]
    approved.text = without_markers(draft.text.strip(), passages)
    approved.language = detect_language(draft.question)
    approved.note = note.strip()
    approved.save()
    by_span = {each.span: each for each in read}
    _put_passages(approved, [(n, by_span[span]) for n, span in sorted(passages.items())])
    return approved


def found_again(user: User, passage: ApprovedPassage) -> Span | None:
    """The passage's words in the version of its document that is online now."""
    if passage.version is None:
        return None
    live = live_versions_readable_by(user).filter(document=passage.version.document_id).first()
    if live is None:
        return None
    if live.pk == passage.version_id:
        return Span(live.pk, passage.page, passage.start, passage.end)
    return find_words(live.pk, passage.quote, near=passage.page)


def find_words(version: UUID, words: str, *, near: int) -> Span | None:
    """Where a version has these very words: on the page `near`, else on the first that does."""
    pages = Page.objects.filter(version=version, text__contains=words).order_by("number")
    # The same wording may stand twice: the page it was on comes first.
    page = pages.filter(number=near).first() or pages.first()
    start = page.text.find(words) if page is not None else -1
    if page is None or start < 0:  # a database that compares without regard to case
        return None
    return Span(version, page.number, start, start + len(words))
