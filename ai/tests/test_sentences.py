"""Where sentences end, in French and English, in prose, lists and text out of PDF pages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ai.providers.sentences import MAX_CHARS, sentence_spans


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "L’art. L. 421-1 du code s’applique aux agents.",
        "M. Martin et Mme. Durand ont signé, cf. p. 12 du guide.",
        "Voir le no. 3 et l’art. 5, al. 2 du décret.",
        "Dr. Smith vs. Mr. Jones, approx. 3.5 days, i.e. less than a week.",
        "Le taux est de 14.2 % pour l’année 2026.",
        "The U.S. Department pays J. Doe at once.",
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(text):
    assert sentences_of(text) == [text]


def test_sentences_end_at_their_marks():
    text = "Le congé dure trois mois. Est-il renouvelable ? Oui ! Il l’est… Une fois."

    assert sentences_of(text) == [
        "Le congé dure trois mois.",
        "Est-il renouvelable ?",
        "Oui !",
        "Il l’est…",
        "Une fois.",
    ]


def test_etc_ends_a_sentence_before_a_capital():
    assert len(sentences_of("Bring forms, letters, etc. The office opens at nine.")) == 2


def test_quotation_marks_belong_to_the_sentence_they_close():
    assert sentences_of("Il dit « c’est fini. » Puis il part.") == [
        "Il dit « c’est fini. »",
        "Puis il part.",
    ]


def test_a_sentence_runs_on_over_the_lines_of_a_page():
    text = "Parental leave lasts sixteen\nweeks and may be split in two\nparts. It is paid."

    assert sentences_of(text) == [
        "Parental leave lasts sixteen\nweeks and may be split in two\nparts.",
        "It is paid.",
    ]


def test_a_heading_is_not_the_beginning_of_the_next_sentence():
    text = "Parental leave\nParental leave lasts sixteen weeks and is paid in full by the employer."

    assert sentences_of(text)[1].startswith("Parental leave lasts")


def test_list_items_are_told_apart_and_lose_their_bullets():
    text = "You need:\n• a form\n• a letter of Bob\n1. First step\n2) Second step\na) Sub-step"

    assert sentences_of(text) == [
        "You need:",
        "a form",
        "a letter of Bob",
        "First step",
        "Second step",
        "Sub-step",
    ]


def test_a_blank_line_ends_a_sentence_without_a_mark():
    assert sentences_of("Annual leave\n\nPaid days") == ["Annual leave", "Paid days"]


def test_what_never_ends_is_cut_at_a_line():
    row = "cell one cell two cell three\n"
    text = row * 60

    pieces = sentences_of(text)

    assert all(len(piece) <= MAX_CHARS for piece in pieces)
    assert all(piece.endswith("three") for piece in pieces)
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(text.split())


@pytest.mark.parametrize("text", ["", " \n\n ", "•\n•\n", "x" * 3_000])
def test_text_without_sentences_does_no_harm(text):
    assert all(sentences_of(text))
    assert "".join(sentences_of(text)) in (text, "")


def test_spans_point_into_the_text_and_do_not_overlap():
    text = "  One is here. Two\nis there.\n\n• Three.\n"
    spans = sentence_spans(text)

    assert all(start < end for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
