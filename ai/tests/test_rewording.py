"""Acronyms and what they stand for, in questions."""

from __future__ import annotations

import pytest

from ai.lexical import Entry, Glossary, Language, can_be_found
from ai.lexical.rewording import MAX_REWORDINGS


def said(glossary: Glossary, question: str, language: Language = "fr") -> list[str]:
    found = glossary.rewordings(question, language)
    return [wording.text for rewording in found for wording in rewording.alternatives]


@pytest.fixture
def glossary() -> Glossary:
    return Glossary(
        (
            Entry("RTT", ("réduction du temps de travail", "jour de repos"), "fr"),
            Entry("CET", ("compte épargne-temps",), "fr"),
            Entry("AT", ("accident du travail", "arrêt de travail"), "fr"),
            Entry("télétravail", ("remote work",), "fr"),
        )
    )


def test_an_acronym_is_said_in_full(glossary):
    assert said(glossary, "Combien de RTT par an ?") == [
        "réduction du temps de travail",
        "jour de repos",
    ]


def test_what_is_said_in_full_finds_its_acronym_but_not_its_other_meanings(glossary):
    assert said(glossary, "Déclarer un accident du travail") == ["AT"]


def test_wordings_are_found_whatever_their_ending_and_accents(glossary):
    assert said(glossary, "mes jours de repos") == ["RTT"]
    assert said(glossary, "reduction du temps de travail") == ["RTT"]


def test_an_acronym_spelt_like_a_word_of_grammar_is_found_in_capitals_alone(glossary):
    assert said(glossary, "Puis-je alimenter mon CET ?") == ["compte épargne-temps"]
    assert said(glossary, "Puis-je alimenter cet outil ?") == []
    assert said(glossary, "PUIS-JE ALIMENTER CET OUTIL ?") == []


def test_a_wording_may_be_of_the_other_language(glossary):
    (found,) = glossary.rewordings("Quelles règles pour le télétravail ?", "fr")
    assert found.alternatives[0].language == "en"
    assert said(glossary, "What are the rules of remote work?", "en") == ["télétravail"]


def test_what_the_question_says_already_is_not_added(glossary):
    assert said(glossary, "RTT (réduction du temps de travail, jour de repos)") == []


def test_inside_a_longer_wording_no_shorter_one_is_looked_for():
    glossary = Glossary(
        (Entry("CDD", ("temporary contract",), "en"), Entry("CDD senior", ("over 57",), "en"))
    )
    assert said(glossary, "Who gets a CDD senior?", "en") == ["over 57"]
    assert said(glossary, "Who gets a CDD?", "en") == ["temporary contract"]


def test_two_entries_of_one_wording_both_count():
    glossary = Glossary(
        (Entry("RRF", ("rank fusion",), "en"), Entry("rrf", ("recovery fund",), "en"))
    )
    assert said(glossary, "What is the RRF?", "en") == ["rank fusion", "recovery fund"]


def test_a_question_is_not_flooded():
    entries = tuple(Entry(f"T{number}", ("meaning",), "en") for number in range(100))
    question = " ".join(entry.term for entry in entries)
    assert len(Glossary(entries).rewordings(question, "en")) == MAX_REWORDINGS


def test_words_of_grammar_cannot_be_found_unless_they_are_an_acronym():
    assert can_be_found("CET", "fr")
    assert can_be_found("badge", "en")
    assert not can_be_found("de la", "fr")
    assert not can_be_found("?!", "en")
