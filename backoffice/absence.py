"""Why a document is not among the passages of a question that was tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from backoffice.requests import uuid_or_none
from backoffice.workbench import Rank, Tried, ranks_of, terms_of
from documents.models import Document, DocumentVersion
from documents.ports import IndexHit
from documents.retrieval import CHUNK_CANDIDATES, SearchScope, search
from documents.retrieval.presence import indexed_passages, version_on
from documents.retrieval.scoring import DENSE_CANDIDATES
from documents.selectors import (
    deleted_documents_curated_by,
    documents_curated_by,
    readable_corpora_among,
)
from documents.validity import validity_note

MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    is_fine: bool
    text: str


def documents_named(curator: User, name: str) -> list[Document]:
    """Those that the curator keeps, deleted ones too, by identifier or a part of the name."""
    key = uuid_or_none(name)
    wanted = Q(pk=key) if key else Q(title__icontains=name) | Q(source_path__icontains=name)
    found: list[Document] = []
    for among in (documents_curated_by(curator), deleted_documents_curated_by(curator)):
        found += among.filter(wanted).order_by("title")[: MAX_NAMED - len(found)]
    exact = [each for each in found if each.title.casefold() == name.casefold()]
    return exact if len(exact) == 1 else found


def why_absent(document: Document, tried: Tried) -> list[Check]:
    """The reasons in the order in which a search meets them; after one that keeps the document
    out altogether there are no others."""
    checks: list[Check] = []
    for check in _standing(document, tried):
        checks.append(check)
        if not check.is_fine:
            return checks
    return [*checks, *_place(document, tried)]


def _standing(document: Document, tried: Tried) -> Iterator[Check]:
    asked = tried.asked
    yield _state(document, asked.day)
    yield _right(document, asked.person)
    is_searched = document.corpus_id in tried.searched
    text = _("It is in “%(corpus)s”, which is searched.")
    if not is_searched:
        text = _("It is in “%(corpus)s”; another corpus was chosen.")
    yield Check(_("Corpus"), is_searched, text % {"corpus": document.corpus})
    yield _dates(document, asked.day)
    yield _index(document, asked.day)


def _state(document: Document, day: date | None) -> Check:
    name = _("State")
    if document.deleted_at is not None:
        text = _("It was deleted on %(day)s: no search finds it.")
        return Check(name, False, text % {"day": date_format(document.deleted_at)})
    versions = list(document.versions.order_by("-created_at"))
    live = next((version for version in versions if version.live), None)
    if live is not None or (day and any(version.replaced_on for version in versions)):
        return Check(name, True, _("It is online."))
    return Check(name, False, _not_online(versions))


def _not_online(versions: list[DocumentVersion]) -> str:
    if not versions:
        return _("It has no file.")
    text = _("It is not online. Its file: %(state)s.") % {"state": versions[0].get_state_display()}
    return f"{text} {versions[0].error_sentence}".strip()


def _right(document: Document, person: User) -> Check:
    may_read = bool(readable_corpora_among(person, [document.corpus_id]))
    text = _("%(person)s may read its corpus.")
    if not may_read:
        text = _("%(person)s may not read “%(corpus)s”.")
    return Check(_("Right"), may_read, text % {"person": person, "corpus": document.corpus})


def _dates(document: Document, day: date | None) -> Check:
    name = _("Dates")
    if version_on(document, day) is not None:
        return Check(name, True, _("It is in force on the day that is asked for."))
    note = validity_note(document.valid_from, document.valid_until)
    if day is None and note is not None:
        return Check(name, False, f"{note.text}.")
    text = _("No file of it was in force on %(day)s.")
    return Check(name, False, text % {"day": date_format(day)} if day else _("It is not in force."))


def _index(document: Document, day: date | None) -> Check:
    name = _("Index")
    version = version_on(document, day)
    count = indexed_passages(version) if version else 0
    if not count:
        return Check(name, False, _("None of its passages is in the index. Try “Retry”."))
    text = ngettext(
        "%(count)s passage of it is in the index.",
        "%(count)s passages of it are in the index.",
        count,
    )
    text %= {"count": count}
    if document.stale:
        text = f"{text} {_('A change of it is not there yet.')}"
    return Check(name, True, text)


def _place(document: Document, tried: Tried) -> Iterator[Check]:
    rows = [row for row in tried.rows if row.passage.document == document.pk]
    yield from _sides(document, tried)
    name = _("Result")
    if not rows:
        text = _("None of its passages is among the %(count)s that were found.")
        yield Check(name, False, text % {"count": len(tried.rows)})
        return
    best = rows[0]
    text = _("Its best passage has place %(place)s of %(count)s: %(fate)s.")
    values = {"place": best.place, "count": len(tried.rows), "fate": best.fate}
    yield Check(name, any(row.is_read for row in rows), text % values)


def _sides(document: Document, tried: Tried) -> Iterator[Check]:
    """How high its best passage stands with each side, and whether a word of the question is in
    it at all."""
    trace, asked = tried.trace, tried.asked
    words = _best(trace.words, document)
    scope = SearchScope(corpora=tried.searched, documents=frozenset({document.pk}), as_of=asked.day)
    own = search(asked.person, asked.question, scope=scope, limit=1).passages
    terms = terms_of(own[0]) if own else []
    said = _("Its best passage says: %(terms)s.") % {"terms": ", ".join(terms)} if terms else ""
    if words is not None:
        text = _("Place %(place)s, score %(score)s.")
        text %= {"place": words.place, "score": number_format(round(words.score, 2), 2)}
    elif terms:
        text = _("Not among the %(count)s best.") % {"count": CHUNK_CANDIDATES}
    else:
        text = _("No word of the question stands in it.")
    yield Check(_("By words"), words is not None, f"{text} {said}".strip())
    if trace.dense is not None:
        meaning = _best(trace.dense, document)
        text = _("Not among the %(count)s best.") % {"count": DENSE_CANDIDATES}
        if meaning is not None:
            text = _("Place %(place)s, score %(score)s.")
            text %= {"place": meaning.place, "score": number_format(round(meaning.score, 3), 3)}
        yield Check(_("By meaning"), meaning is not None, text)


def _best(hits: Sequence[IndexHit], document: Document) -> Rank | None:
    """Of its passages, the first among the hits."""
    ranks = ranks_of(hits)
    return next((ranks[hit.id] for hit in hits if hit.document == document.pk), None)
