"""What a manifest's words expect of a file, and whether that is what it came to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# What an expectation's first words ask for, by the code of the refusal.
_REFUSALS = (
    (r"zero bytes|empty", "file-empty"),
    (r"encrypt|password", "file-encrypted"),
    (r"extension lies", "file-type-mismatch"),
    (r"old format|not read|unread", "file-unread-format"),
    (r"unknown", "file-unknown-type"),
    (r"corrupt|damaged", "file-corrupt"),
    (r"bomb", "file-archive-bomb"),
    (r"no text", "file-no-text"),
)
_PASSWORD = re.compile(r"password: ([^)\s]+)\)")
_BLANK = re.compile(r"pages? ([\d, and]+?) (?:is|are) blank")
_WITH_PASSWORD = "with the password:"
_NOTE = re.compile(r"\s*\((?:OCR|headings kept)\)\s*$")
_ON_PAGE = re.compile(r"(.*) \(page (\d+)\)$")
_HAS_TEXT = re.compile(r"page (\d+) has text")
_UNDER = re.compile(r"(.+) under (.+)")
# What a scan is refused with where nothing reads it.
_WITHOUT_TEXT = frozenset({"file-no-text", "file-image-only"})


@dataclass(frozen=True)
class Expected:
    file: str
    outcome: str
    pages: int | None
    phrase: str
    # The codes of refusals that are right; empty: the file must come online.
    refusals: frozenset[str] = frozenset()
    may_be_read: bool = True
    needs_ocr: bool = False
    password: str = ""

    @property
    def summary(self) -> str:
        pages = f", {self.pages} pages" if self.pages is not None else ""
        return f"{self.outcome}{pages}: {self.phrase.strip()}"


@dataclass(frozen=True)
class Got:
    refusal: str = ""
    before: str = ""  # the refusal without the password
    pages: Mapping[int, str] = field(default_factory=dict)
    passages: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return folded(" ".join(self.pages[number] for number in sorted(self.pages)))

    @property
    def summary(self) -> str:
        before = f"{self.before}, then " if self.before else ""
        if self.refusal:
            return f"{before}{self.refusal}"
        return f"{before}online, {len(self.pages)} pages, {len(self.text)} characters"


def read_expectation(row: Mapping[str, str]) -> Expected:
    outcome, phrase = row["expected_outcome"].strip(), row["expected_phrase"].strip()
    kind = outcome.casefold()
    pages = re.match(r"\d+", row["pages"].strip())
    password = _PASSWORD.search(outcome)
    if _WITH_PASSWORD in phrase:
        phrase = phrase.partition(_WITH_PASSWORD)[2].strip()
    may_be_read = kind.startswith(("ok", "image only")) or password is not None
    return Expected(
        file=row["file"],
        outcome=outcome,
        pages=int(pages[0]) if pages else None,
        phrase=phrase,
        refusals=_refusals(kind, may_be_read=may_be_read),
        may_be_read=may_be_read,
        needs_ocr=kind.startswith("image only"),
        password=password[1] if password else "",
    )


def _refusals(kind: str, *, may_be_read: bool) -> frozenset[str]:
    if kind.startswith("image only"):
        return _WITHOUT_TEXT
    if kind.startswith("ok or"):
        return frozenset({"file-unknown-type", "file-unread-format", "file-tool-missing"})
    if may_be_read:
        return frozenset()
    found = next((code for words, code in _REFUSALS if re.search(words, kind)), "file-refused")
    return frozenset({found})


def differences(expected: Expected, got: Got, *, can_read_scans: bool) -> list[str]:
    """What is not as it should be, in words; nothing where all is."""
    if expected.password and got.before != "file-encrypted":
        return [f"without the password: {got.before or 'not refused'}"]
    if got.refusal:
        must_be_read = expected.needs_ocr and can_read_scans
        if got.refusal in expected.refusals and not must_be_read:
            return []
        wanted = "online" if must_be_read else " or ".join(sorted(expected.refusals)) or "online"
        return [f"{got.refusal} instead of {wanted}"]
    if not expected.may_be_read:
        return [f"online instead of {' or '.join(sorted(expected.refusals))}"]
    return [*_wrong_pages(expected, got), *_missing(expected, got)]


def _wrong_pages(expected: Expected, got: Got) -> Iterator[str]:
    if expected.pages is not None and len(got.pages) != expected.pages:
        yield f"{len(got.pages)} pages instead of {expected.pages}"
    blank = _BLANK.search(expected.outcome)
    for number in map(int, re.findall(r"\d+", blank[1])) if blank else ():
        if number not in got.pages or got.pages[number].strip():
            yield f"page {number} is not there as a blank one"


def _missing(expected: Expected, got: Got) -> Iterator[str]:
    for phrase in map(str.strip, expected.phrase.split(";")):
        page_with_text, on_page = _HAS_TEXT.fullmatch(phrase), _ON_PAGE.fullmatch(phrase)
        if page_with_text:
            if not got.pages.get(int(page_with_text[1]), "").strip():
                yield f"no text on page {page_with_text[1]}"
        elif on_page:
            if folded(on_page[1]) not in folded(got.pages.get(int(on_page[2]), "")):
                yield f"not on page {on_page[2]}: {on_page[1]}"
        elif not _is_there(_NOTE.sub("", phrase), phrase, got):
            yield f"not found: {phrase}"


def _is_there(wanted: str, phrase: str, got: Got) -> bool:
    """The words, whitespace folded; a phrase about headings by the sections of the passages."""
    under = _UNDER.fullmatch(wanted)
    if under and "headings" in phrase:
        return any(
            folded(under[2]) in section and folded(under[1]) in (*section, folded(text))
            for section, text in got.passages
        )
    return folded(wanted) in got.text


def folded(text: str) -> str:
    return " ".join(text.split())
