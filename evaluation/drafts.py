"""Questions as somebody wrote them, in a form or a file, checked against the corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.models import User
from common.csv_files import read_csv, wrong_file, wrong_line
from common.errors import InvalidInput
from documents.models import Corpus
from documents.selectors import documents_curated_by
from evaluation.measuring import PageKey

MAX_QUESTIONS = 2_000
MAX_CHARACTERS = 500
MAX_ANSWER_CHARACTERS = 4_000
MAX_FILE_BYTES = 5_000_000

_HEADINGS = frozenset({"question", "questions"})
_YES = frozenset({"yes", "y", "true", "1", "oui", "o", "vrai"})
_NO = frozenset({"no", "n", "false", "0", "non", "faux"})


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    text: str
    answerable: bool = True
    gold_answer: str = ""
    expected: frozenset[PageKey] = frozenset()


def question_draft(
    text: str, expected: Iterable[PageKey], *, answerable: bool, gold_answer: str = ""
) -> QuestionDraft:
    """Raises InvalidInput for the field `text`, `expected` or `gold_answer`."""
    text, pages = " ".join(text.split()), frozenset(expected)
    if not text:
        raise InvalidInput(field="text", reason=_("The question is missing."))
    if len(text) > MAX_CHARACTERS:
        reason = _("At most %(count)s characters.") % {"count": MAX_CHARACTERS}
        raise InvalidInput(field="text", reason=reason)
    if len(gold_answer) > MAX_ANSWER_CHARACTERS:
        reason = _("At most %(count)s characters.") % {"count": MAX_ANSWER_CHARACTERS}
        raise InvalidInput(field="gold_answer", reason=reason)
    if pages and not answerable:
        reason = _("A question that cannot be answered has no pages.")
        raise InvalidInput(field="expected", reason=reason)
    return QuestionDraft(text, answerable, gold_answer.strip(), pages)


class Documents:
    """Those of a corpus by what people call them: title, file name or identifier."""

    def __init__(self, user: User, corpus: Corpus) -> None:
        self._by_name: Mapping[str, set[UUID]] = defaultdict(set)
        self._names: dict[UUID, tuple[str, ...]] = {}
        self._pages: dict[UUID, int] = {}
        count = Max("versions__page_count", filter=Q(versions__live=True))
        found = documents_curated_by(user).filter(corpus=corpus).annotate(count=count)
        for key, title, path, pages in found.values_list("pk", "title", "source_path", "count"):
            self._names[key] = (title, path, str(key))
            for name in self._names[key]:
                self._by_name[_folded(name)].add(key)
            self._pages[key] = pages or 0  # not known, because nothing of it is online

    def name_of(self, key: UUID) -> str:
        """The shortest that no other document has."""
        return next(n for n in self._names[key] if len(self._by_name[_folded(n)]) == 1)

    def pages(self, lines: str) -> list[PageKey]:
        """One “title; page” a line. Raises InvalidInput for the field `expected`."""
        parted = (line.rpartition(";") for line in lines.splitlines() if line.strip())
        return [
            self.page((name or page).strip(), page.strip() if name else "")
            for name, _separator, page in parted
        ]

    def page(self, name: str, page: str) -> PageKey:
        """Raises InvalidInput for the field `expected`."""
        found = self._by_name.get(_folded(name), set())
        if not found:
            raise _wrong(_("No document of this corpus is called “%(name)s”.") % {"name": name})
        if len(found) > 1:
            reason = _("Several documents are called “%(name)s”: give the file’s name.")
            raise _wrong(reason % {"name": name})
        (document,) = found
        number = int(page) if page.isascii() and page.isdigit() else 0
        if not 1 <= number < 1_000_000:
            raise _wrong(_("The page of “%(name)s” is missing or no number.") % {"name": name})
        count = self._pages[document]
        if count and number > count:
            reason = _("“%(name)s” has only %(count)s pages.")
            raise _wrong(reason % {"name": name, "count": count})
        return document, number


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(field="expected", reason=reason)


def parse_questions(content: bytes, documents: Documents) -> list[QuestionDraft]:
    """One question a line: question, document, page, whether it can be answered, right answer.

    Several lines with one question name several right pages. An answerable question may have no
    page; an unanswerable one has none, and says so. Raises InvalidInput for the field `file`,
    naming the line.
    """
    found: dict[str, QuestionDraft] = {}
    for number, cells in read_csv(content, MAX_FILE_BYTES):
        if number == 1 and cells[0].casefold() in _HEADINGS:
            continue
        try:
            draft = _draft(cells, documents)
            known = found.get(draft.text.casefold())
            found[draft.text.casefold()] = _joined(known, draft) if known else draft
        except InvalidInput as error:
            raise wrong_line(number, str(error.params["reason"])) from error
    if not found:
        raise wrong_file(_("The file holds no question."))
    return list(found.values())


def _draft(cells: list[str], documents: Documents) -> QuestionDraft:
    text, name, page, answerable, gold_answer = [*cells, "", "", "", "", ""][:5]
    expected = [documents.page(name, page)] if name else []
    if page and not name:
        raise _wrong(_("The document is missing."))
    return question_draft(
        text, expected, answerable=_is_yes(answerable, bool(name)), gold_answer=gold_answer
    )


def _is_yes(cell: str, has_page: bool) -> bool:
    said = cell.casefold()
    if said in _YES or (not said and has_page):
        return True
    if said in _NO:
        return False
    raise _wrong(_("Say yes or no: can the question be answered from this corpus?"))


def _joined(known: QuestionDraft, more: QuestionDraft) -> QuestionDraft:
    if known.answerable != more.answerable:
        reason = _("Another line says otherwise whether this question can be answered.")
        raise InvalidInput(field="text", reason=reason)
    return QuestionDraft(
        known.text,
        known.answerable,
        known.gold_answer or more.gold_answer,
        known.expected | more.expected,
    )
