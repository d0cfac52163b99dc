"""Quoted words and paraphrased ones, found in the passage that they come from."""

from __future__ import annotations

import pytest

from documents.locating import best_sentences, find_quote

PASSAGE = (
    "Annual leave\nEmployees have 25 days of annual leave, and one more after ten years of "
    "service. Days that are left in December are carried\nover until the end of May. Part-time "
    "employees have their share of it. The canteen opens at noon."
)
CONGE = "Le congé de proche aidant dure trois mois. Il est renouvelable une fois dans la carrière."


def found(quote: str, text: str = PASSAGE) -> list[str]:
    return [text[start:end] for start, end in find_quote(quote, text)]


def rests_on(claim: str, text: str = PASSAGE) -> list[str]:
    return [text[start:end] for start, end in best_sentences(claim, text)]


@pytest.mark.parametrize(
    "quote",
    [
        "are carried over until the end of May.",
        "are carried  over\nuntil the END of May",
        "are car-\nried over until the end of May",
        "**are carried over** until the end of May",
    ],
)
def test_quoted_words_are_found_however_they_are_set(quote: str) -> None:
    assert found(quote) == ["are carried\nover until the end of May."]


def test_accents_apostrophes_and_ligatures_may_differ() -> None:
    assert found("l'office a ete", "De L’o\ufb03ce a été dit.") == ["L’o\ufb03ce a été"]


def test_what_a_quotation_leaves_out_is_left_out() -> None:
    assert found("Employees have 25 days […] one more after ten years") == [
        "Employees have 25 days",
        "one more after ten years",
    ]


@pytest.mark.parametrize("quote", ["27 days of annual leave", "…", "", "of", "noon … Employees"])
def test_words_that_are_not_there_are_not_found(quote: str) -> None:
    assert found(quote) == []


def test_a_paraphrase_rests_on_the_sentence_that_says_it() -> None:
    assert rests_on("Leave that is left in December can be carried over until May") == [
        "Days that are left in December are carried\nover until the end of May."
    ]


def test_a_claim_out_of_two_sentences_rests_on_both() -> None:
    claim = "Carers' leave: le congé dure trois mois et est renouvelable une fois dans la carrière"
    assert rests_on(claim, CONGE) == [
        "Le congé de proche aidant dure trois mois.",
        "Il est renouvelable une fois dans la carrière.",
    ]


@pytest.mark.parametrize(
    "claim",
    [
        "Travel is reimbursed by the kilometre",
        "The rule of 2019 says 40 hours a week, employees",
        "Yes",
        "",
    ],
)
def test_a_claim_that_no_sentence_holds_rests_on_none(claim: str) -> None:
    assert rests_on(claim) == []
