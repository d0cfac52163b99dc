"""Verbs over a corpus's glossary. Searches take it up at once: it is not in the index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from ai.lexical import Language, can_be_found
from common.csv_files import read_csv, wrong_file, wrong_line
from common.errors import InvalidInput, NotFound
from documents.models import Corpus, GlossaryEntry
from documents.selectors import get_corpus_for_curator, glossary_curated_by

MAX_ENTRIES = 5_000
MAX_EXPANSIONS = 10
MAX_TERM_CHARACTERS = 120
MAX_CHARACTERS = 200  # of an expansion
MAX_FILE_BYTES = 2_000_000

_BETWEEN_EXPANSIONS = re.compile(r"[;|\n]")
# The first cell of a line of headings.
_HEADINGS = frozenset({"term", "terme", "acronym", "acronyme", "sigle"})


@dataclass(frozen=True, slots=True)
class Wordings:
    """A term and what it stands for, checked and without superfluous spaces."""

    term: str
    expansions: tuple[str, ...]


def wordings(term: str, expansions: str | Iterable[str], language: str) -> Wordings:
    """Checks an entry as somebody wrote it, its expansions in one text, with semicolons or on
    lines of their own, or apart; `language` is the corpus's. Raises InvalidInput for the field
    `term` or `expansions`."""
    parts = _BETWEEN_EXPANSIONS.split(expansions) if isinstance(expansions, str) else expansions
    cleaned = [" ".join(part.split()) for part in parts]
    kept = {text.casefold(): text for text in reversed(cleaned) if text}
    term = " ".join(term.split())
    kept.pop(term.casefold(), None)
    _check_term(term, cast(Language, language))
    _check_expansions(tuple(kept.values()), cast(Language, language))
    return Wordings(term, tuple(reversed(kept.values())))


def _check_term(term: str, language: Language) -> None:
    if not term:
        raise InvalidInput(field="term", reason=_("The term is missing."))
    if len(term) > MAX_TERM_CHARACTERS:
        reason = _("At most %(count)s characters.") % {"count": MAX_TERM_CHARACTERS}
        raise InvalidInput(field="term", reason=reason)
    if not can_be_found(term, language):
        reason = _(
            "“%(text)s” is an everyday word, which is not searched for. Write an acronym in"
            " capitals."
        )
        raise InvalidInput(field="term", reason=reason % {"text": term})


def _check_expansions(expansions: Sequence[str], language: Language) -> None:
    if not expansions:
        reason = _("Say what the term stands for.")
    elif len(expansions) > MAX_EXPANSIONS:
        reason = _("At most %(count)s meanings.") % {"count": MAX_EXPANSIONS}
    elif any(len(text) > MAX_CHARACTERS for text in expansions):
        reason = _("At most %(count)s characters.") % {"count": MAX_CHARACTERS}
    elif useless := [text for text in expansions if not can_be_found(text, language)]:
        reason = _("“%(text)s” is an everyday word, which is not searched for.")
        reason %= {"text": useless[0]}
    else:
        return
    raise InvalidInput(field="expansions", reason=reason)


def parse_csv(content: bytes, language: str) -> list[Wordings]:
    """One term per line: the term, then what it stands for, in as many cells as one likes.

    Raises InvalidInput for the field `file`, naming the line.
    """
    found: dict[str, Wordings] = {}
    for number, cells in read_csv(content, MAX_FILE_BYTES):
        if number == 1 and cells[0].casefold() in _HEADINGS:
            continue
        entry = _entry(cells, number, language)
        found[entry.term.casefold()] = entry
    if not found:
        raise wrong_file(_("The file holds no entry."))
    return list(found.values())


def _entry(cells: Sequence[str], number: int, language: str) -> Wordings:
    term, *expansions = cells
    try:
        return wordings(term, "\n".join(expansions), language)
    except InvalidInput as error:
        raise wrong_line(number, str(error.params["reason"])) from error


@transaction.atomic
def save_entry(
    *, by: User, corpus: Corpus, entry: Wordings, instead_of: UUID | None = None
) -> None:
    """Add an entry, replacing that of the same term, and the one named."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    if instead_of is not None:
        glossary_curated_by(by, corpus).filter(pk=instead_of).delete()
    _write(corpus, [entry])


@transaction.atomic
def import_entries(
    *, by: User, corpus: Corpus, entries: Sequence[Wordings], replace_all: bool = False
) -> None:
    """Add entries, replacing those of the same terms; with `replace_all`, every other one goes."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    if replace_all:
        corpus.glossary.all().delete()
    _write(corpus, entries)


@transaction.atomic
def remove_entry(*, by: User, corpus: Corpus, entry: UUID) -> None:
    corpus = get_corpus_for_curator(by, corpus.pk)
    removed, _by_model = glossary_curated_by(by, corpus).filter(pk=entry).delete()
    if not removed:
        raise NotFound(cause=f"glossary entry {entry}")
    _changed(corpus)


def _write(corpus: Corpus, entries: Sequence[Wordings]) -> None:
    terms = {entry.term.casefold() for entry in entries}
    # In Python: SQLite folds the case of ASCII letters alone.
    known = corpus.glossary.values_list("pk", "term")
    same = [pk for pk, term in known if term.casefold() in terms]
    if len(known) - len(same) + len(entries) > MAX_ENTRIES:
        reason = _("A glossary holds at most %(count)s terms.") % {"count": MAX_ENTRIES}
        raise InvalidInput(field="file", reason=reason)
    corpus.glossary.filter(pk__in=same).delete()
    GlossaryEntry.objects.bulk_create(
        GlossaryEntry(corpus=corpus, term=entry.term, expansions=list(entry.expansions))
        for entry in entries
    )
    _changed(corpus)


def _changed(corpus: Corpus) -> None:
    Corpus.objects.filter(pk=corpus.pk).update(glossary_changes=F("glossary_changes") + 1)
