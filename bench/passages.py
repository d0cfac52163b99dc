"""A made-up handbook of any size: what a search has to find its way through.

Every section is one passage of some 700 characters, with a fact of its own that `questions` ask
for. Words follow Zipf's law, as in natural text: a few everywhere, most in few passages. The same
on every machine and in every run.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import accumulate, islice, product

SECTIONS_PER_FILE = 100
SECTION_CHARACTERS = 700
VOCABULARY = 8_000
SOURCES_PER_FILE = 8

_SUBJECTS = (
    "annual leave",
    "parental leave",
    "sick pay",
    "study leave",
    "remote work",
    "notice of departure",
    "on-call duty",
    "probation",
    "training",
    "travel allowance",
)
_GROUPS = (
    "drivers",
    "nurses",
    "engineers",
    "teachers",
    "accountants",
    "gardeners",
    "librarians",
    "electricians",
    "apprentices",
    "inspectors",
)
_FUNCTION_WORDS = (
    "the of and to in a is that for it as with on be by this are or an from at which must may not"
    " their each has before after when within without under every other than until has been"
)
_OFFICE_WORDS = (
    "request manager form period department approval payment contract agreement employee service"
    " month week document signature budget deadline meeting schedule absence office committee rule"
    " exception report procedure application decision team director calendar certificate insurance"
    " invoice supplier purchase equipment safety training vehicle building visitor badge password"
)
_SYLLABLES = (
    "ba be bo ca ce cor dan del dor en fa fer gal gen hal in ka la len lo mar mer mi mon na nor"
    " o pa per po ra ren ri sal sen sol ta ter ti to val ven ver vi vor"
)


def files(passages: int) -> Iterator[tuple[str, str]]:
    """Names and Markdown texts of files that hold so many passages together."""
    facts, words = _facts(), _Words()
    for number, start in enumerate(range(0, passages, SECTIONS_PER_FILE)):
        count = min(SECTIONS_PER_FILE, passages - start)
        sections = [_section(fact, words) for fact in islice(facts, count)]
        yield f"handbook-{number:04}.md", f"# Handbook, part {number}\n\n" + "\n".join(sections)


def questions(passages: int) -> list[str]:
    """One question for each passage of `files`, in their order."""
    return [
        f"How many days of {subject} do {group} in {place} have?"
        for place, subject, group, _days in islice(_facts(), passages)
    ]


def resampled(
    sources: list[tuple[str, str]], *, pages: int, characters: int
) -> Iterator[tuple[str, list[str]]]:
    """Titles and pages of files without end, made of the sentences of (title, text) sources.

    A file takes its sentences from a few sources that stand together, so that it keeps to one
    language and to a subject, as files do.
    """
    dice = random.Random("resampled")
    while True:
        start = dice.randrange(len(sources))
        near = sources[start : start + SOURCES_PER_FILE]
        sentences = [one for _title, text in near for one in _sentences(text)]
        made = []
        for _page in range(pages):
            page = ""
            while len(page) < characters - 150:
                page += f"{dice.choice(sentences)} "
            made.append(page[:characters].strip())
        yield near[0][0], made


def _sentences(text: str) -> list[str]:
    parts = (part.strip() for part in re.split(r"(?<=[.!?])\s+|\n", text))
    return [part for part in parts if part] or [text]


Fact = tuple[str, str, str, int]


def _facts() -> Iterator[Fact]:
    """Place, subject, group and number of days, without end."""
    dice = random.Random("facts")
    places = (_invented(dice).capitalize() for _endless in iter(int, 1))
    for place in places:
        for subject, group in product(_SUBJECTS, _GROUPS):
            yield place, subject, group, dice.randint(2, 40)


def _section(fact: Fact, words: _Words) -> str:
    place, subject, group, days = fact
    text = f"{group.capitalize()} in {place} have {days} days of {subject}."
    while len(text) < SECTION_CHARACTERS:
        text += f" {words.sentence()}"
    return f"## {subject.capitalize()} of {group} in {place}\n\n{text}\n"


class _Words:
    def __init__(self) -> None:
        self._dice = random.Random("words")
        rare = (_invented(self._dice) for _word in range(VOCABULARY))
        self._words = list(dict.fromkeys([*_FUNCTION_WORDS.split(), *_OFFICE_WORDS.split(), *rare]))
        # Zipf: the n-th word comes 1/n as often as the first.
        self._weights = list(accumulate(1 / n for n in range(1, len(self._words) + 1)))

    def sentence(self) -> str:
        length = self._dice.randint(8, 18)
        chosen = self._dice.choices(self._words, cum_weights=self._weights, k=length)
        return " ".join(chosen).capitalize() + "."


def _invented(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES.split(), k=dice.randint(2, 4)))
