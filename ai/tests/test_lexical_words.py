"""What becomes of the words of a text before they are searched by."""

from __future__ import annotations

import threading
import unicodedata

import pytest

from ai.lexical import detect_language, matched_spans, words_of
from ai.lexical.words import REMEMBERED_WORDS, analysed


def terms(text: str, language: str = "fr") -> list[str]:
    return [word.term for word in words_of(text, language)]


def test_words_are_stemmed_in_their_language_and_accents_folded():
    assert terms("Les congés payés") == terms("congé payé") == ["cong", "pai"]
    assert terms("The employees were paid", "en") == ["employe", "paid"]
    assert terms("santé") == terms("SANTE") == ["sant"]


def test_capitals_of_one_text_and_accents_of_another_meet():
    assert terms("L'ÉTÉ À L'HÔPITAL") == terms("l'hopital")


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
def test_elisions_fall_apart_at_any_apostrophe(apostrophe):
    assert terms(f"l{apostrophe}indemnité qu{apostrophe}on") == terms("indemnité")


def test_question_words_are_no_subject():
    assert terms("Comment peut-on savoir combien ?") == terms("savoir")
    assert terms("What is the best way, and how does it work?", "en") == ["best", "way", "work"]
    assert terms("Qu'est-ce que c'est ?") == []


def test_ligatures_are_two_letters():
    assert terms("œuvre") == terms("oeuvre")
    assert terms("CŒUR") == terms("coeur")
    assert terms("curriculum vitæ") == terms("curriculum vitae")


def test_decomposed_text_and_hidden_characters_change_nothing():
    assert terms(unicodedata.normalize("NFD", "salariées")) == terms("salariées")
    assert terms("sala\u00adriées") == terms("salariées")
    assert terms("salarié·e·s") == terms("salariées")
    assert terms("ﬁnance") == terms("finance")


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("1,000", "1000"),
        ("1 000", "1000"),
        ("1\u202f000", "1000"),
        ("12 500,50", "12500.50"),
        ("1,234,567.89", "1234567.89"),
        ("14,2", "14.2"),
        ("12.03.2024", "12.03.2024"),
        ("2019", "2019"),
    ],
)
def test_a_number_is_one_word_however_it_is_written(written, term):
    assert terms(f"soit {written} euros") == [*terms("soit"), term, "euros"]
    assert terms(written, "en") == [term]


def test_numbers_side_by_side_stay_apart():
    assert terms("2019 2020, 12345 678") == ["2019", "2020", "12345", "678"]


def test_codes_are_not_stemmed():
    assert terms("article L1234-5s") == ["articl", "l1234", "5s"]


def test_several_threads_get_the_same_stems():
    """A Snowball stemmer keeps state while it works."""
    words = [f"nationalisation{letter}s" for letter in "abcdefghij"] * 20
    expected = terms(" ".join(words))
    found: list[list[str]] = []

    def stem() -> None:
        for _ in range(5):
            analysed.cache_clear()
            found.append(terms(" ".join(words)))

    threads = [threading.Thread(target=stem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(stems == expected for stems in found)


def test_what_is_remembered_is_bounded():
    analysed.cache_clear()
    terms(" ".join(f"mot{number}" for number in range(REMEMBERED_WORDS + 100)))
    assert analysed.cache_info().currsize == REMEMBERED_WORDS


def marked(text: str, question: str, language: str = "fr") -> list[str]:
    return [text[start:end] for start, end in matched_spans(text, question, language)]


def test_the_words_found_are_marked_by_their_stems():
    text = "Les congés payés : un congé est payé par l’employeur."
    assert marked(text, "Qui paye mes congés ?") == ["congés", "congé"]
    assert marked(text, "Le congé est-il payé par les employeurs ?") == [
        *("congés", "payés", "congé", "payé"),
        "employeur",
    ]


def test_stop_words_are_not_marked():
    assert marked("Le droit est dans la loi.", "Où est le droit ?") == ["droit"]
    assert marked("Le droit", "où est-ce ?") == []


def test_marks_stand_in_the_text_as_it_is():
    decomposed = unicodedata.normalize("NFD", "Une indemnité élevée 😀 d'activité")
    assert marked(decomposed, "indemnités élevées d’activité") == [
        unicodedata.normalize("NFD", word) for word in ("indemnité", "élevée", "activité")
    ]
    assert marked("ŒUVRE, œuvres et oeuvre", "oeuvre") == ["ŒUVRE", "œuvres", "oeuvre"]
    assert marked("les salarié·e·s", "salariées") == ["salarié·e·s"]
    assert marked("soit 1\u202f500 € ou 1500 €", "1 500 euros") == ["1\u202f500", "1500"]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Combien de jours de congés ai-je ?", "fr"),
        ("conges payes annuels", "fr"),
        ("télétravail", "fr"),
        ("Qui paie l'indemnité de licenciement", "fr"),
        ("règles de sécurité au laboratoire", "fr"),
        ("How many days of leave do I have?", "en"),
        ("remote work policy", "en"),
        ("car insurance deductible for employees", "en"),
        ("What is covered by Northwind Health Plus", "en"),
        ("annual performance review meeting", "en"),
    ],
)
def test_one_line_tells_its_language(line, language):
    other = "en" if language == "fr" else "fr"
    assert detect_language(line, other) == language


def test_a_line_that_tells_nothing_is_in_the_default_language():
    assert detect_language("ISO 27001", "en") == "en"
    assert detect_language("ISO 27001", "fr") == "fr"
    assert detect_language("", "en") == "en"
