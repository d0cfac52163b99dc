"""French is complete, well set, and what is compiled is what is written.

That the catalogue holds every sentence of the sources is checked by `make translations`.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from theme.management.commands.js_catalogue import FOLDER, catalogue

FRENCH = Path(settings.BASE_DIR, "cassandre", "locale", "fr", "LC_MESSAGES")
DOMAINS = ("django", "djangojs")
LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) )?(".*")')
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")
NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@dataclass(slots=True)
class Entry:
    flags: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.parts["msgid"]

    @property
    def french(self) -> list[str]:
        return [text for key, text in self.parts.items() if key.startswith("msgstr")]

    @property
    def compiled(self) -> Iterator[tuple[str | tuple[str, int], str]]:
        """What gettext looks up, with what it answers."""
        key = "\4".join(filter(None, [self.parts.get("msgctxt"), self.parts["msgid"]]))
        for number, text in enumerate(self.french):
            yield (key, number) if "msgid_plural" in self.parts else key, text


def read(path: Path) -> Iterator[Entry]:
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry, key = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags += line
            elif found := LINE.fullmatch(line):
                key = found[1] or key
                text = ast.literal_eval(found[2])
                entry.parts[key] = entry.parts.get(key, "") + text
        yield entry


ENTRIES = {domain: list(read(FRENCH / f"{domain}.po")) for domain in DOMAINS}
# The first entry of each is its header.
SENTENCES = [entry for domain in DOMAINS for entry in ENTRIES[domain][1:]]
FRENCH_TEXTS = [text for entry in SENTENCES for text in entry.french]


def test_the_catalogues_are_read_at_all():
    assert len(SENTENCES) > 400
    assert any("msgid_plural" in entry.parts for entry in SENTENCES)


def test_every_sentence_has_a_french_one():
    assert [str(entry) for entry in SENTENCES if not entry.french or not all(entry.french)] == []


def test_no_translation_is_a_guess():
    assert [str(entry) for entry in SENTENCES if "fuzzy" in entry.flags] == []


def test_placeholders_and_tags_are_the_same_in_both_languages():
    def differs(entry: Entry) -> bool:
        english = entry.parts.get("msgid_plural", entry.parts["msgid"])
        wanted, first, last = (
            sorted(PLACEHOLDER.findall(text))
            for text in (english, entry.french[0], entry.french[-1])
        )
        # “One thing to correct” needs no number.
        return last != wanted or not set(first) <= set(wanted)

    assert [str(entry) for entry in SENTENCES if differs(entry)] == []


def test_a_sentence_ends_as_its_english_one():
    def ending(text: str) -> str:
        return text[-1:] if text[-1:] in ".…?!:," else ""

    wrong = [e for e in SENTENCES if any(ending(text) != ending(str(e)) for text in e.french)]
    assert [str(entry) for entry in wrong] == []


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("curved apostrophes", r"'"),
        ("French quotation marks", r"[“”„]|\"(?![^<]*>)"),
        ("a no-break space inside quotation marks", rf"«[^{NO_BREAK}]|[^{NO_BREAK}]»"),
        ("a narrow no-break space before ; ! ?", rf"[^{NARROW}][;!?]"),
        ("a no-break space before a colon", rf"[^{NO_BREAK}]:(?!//)"),
        ("an ellipsis of one character", r"\.\.\."),
        ("a no-break space before a unit", r"\)[sd] (?:s|ms|min|Mo|%)(?!\w)"),
    ],
)
def test_french_is_well_set(rule, wrong):
    assert [text for text in FRENCH_TEXTS if re.search(wrong, text)] == [], rule


def test_french_says_vous():
    familiar = re.compile(r"\b(?:tu|ton|tes|toi)\b|\bta\b", re.IGNORECASE)
    assert [text for text in FRENCH_TEXTS if familiar.search(text)] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_is_fresh(domain):
    with (FRENCH / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    written = dict(pair for entry in ENTRIES[domain][1:] for pair in entry.compiled)
    assert {key: text for key, text in compiled.items() if key} == written


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_script_of_a_language_is_fresh(language):
    assert (FOLDER / f"{language}.js").read_text(encoding="utf-8") == catalogue(language)


def test_the_french_script_holds_the_sentences_of_the_scripts():
    script = (FOLDER / "fr.js").read_text(encoding="utf-8")
    assert "Le navigateur n\\u2019a pas permis la copie." in script
