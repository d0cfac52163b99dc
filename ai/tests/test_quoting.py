"""The quoting assistant: what it chooses, and that it quotes word for word."""

from __future__ import annotations

import re
from typing import Literal

from django.utils.translation import get_language, override

from ai.ports import ChatRequest, Finished, SourcePassage, TextDelta
from ai.providers import quoting
from ai.providers.quoting import MAX_SENTENCES, Quote, QuotingAssistant, best_sentences
from ai.tests.quoting_questions import QUESTIONS, Question
from ai.tests.reading import events_of, text_in

LEAVE = (
    "Parental leave\nParental leave lasts sixteen weeks for each child. The canteen opens at "
    "noon. Ask for parental leave a month ahead, in writing. Bob keeps the keys."
)
TRAVEL = "Travel is paid by the kilometre. Trains are booked by the office of travel."
CONGE = (
    "Le congé de proche aidant dure trois mois. Il est renouvelable une fois. La cantine ouvre à "
    "midi. La demande de congé se fait par écrit, un mois avant le début."
)


def passages(*texts: str) -> tuple[SourcePassage, ...]:
    return tuple(
        SourcePassage(number=number, title="Guide.pdf", place=f"p. {number}", text=text)
        for number, text in enumerate(texts, start=1)
    )


def ask(question: str, *texts: str, language: Literal["fr", "en"] = "en") -> ChatRequest:
    return ChatRequest(question=question, language=language, passages=passages(*texts))


async def answer_to(request: ChatRequest) -> str:
    return text_in(await events_of(QuotingAssistant(), request))


def test_the_sentences_about_the_question_are_chosen():
    best = best_sentences("How long is parental leave?", passages(TRAVEL, LEAVE), "en")

    assert best[0] == Quote(2, "Parental leave lasts sixteen weeks for each child.")
    assert not any("canteen" in quote.text or "Bob" in quote.text for quote in best)


def test_a_question_in_french_finds_its_sentence():
    best = best_sentences("Quelle est la durée du congé de proche aidant ?", passages(CONGE), "fr")

    assert best[0] == Quote(1, "Le congé de proche aidant dure trois mois.")


def test_other_forms_of_a_word_count():
    best = best_sentences("Who books trains?", passages(LEAVE, TRAVEL), "en")

    assert best[0][1] == "Trains are booked by the office of travel."


def test_a_sentence_that_shares_only_a_common_word_is_left_out():
    text = "Parental leave lasts sixteen weeks for each child. Annual leave is another matter."

    best = best_sentences("How many weeks of parental leave?", passages(text), "en")

    assert [quote.text for quote in best] == ["Parental leave lasts sixteen weeks for each child."]


def test_the_same_sentence_is_quoted_once():
    best = best_sentences("How long is parental leave?", passages(LEAVE, LEAVE), "en")

    assert len({quote.text for quote in best}) == len(best)


def test_at_most_four_sentences_are_quoted():
    ends = ["on Mondays", "in writing", "without delay", "to everybody", "from May", "by post"]
    text = " ".join(f"Parental leave is granted {end} as usual." for end in ends)

    assert len(best_sentences("parental leave", passages(text), "en")) == MAX_SENTENCES


def test_a_sentence_with_markers_of_its_own_is_not_quoted():
    text = "Parental leave lasts sixteen weeks [2]. Parental leave is paid in full by the state."

    best = best_sentences("parental leave weeks", passages(text), "en")

    assert [quote.text for quote in best] == ["Parental leave is paid in full by the state."]


def test_passages_that_share_no_word_give_one_whole_sentence():
    best = best_sentences(
        "Hw lng?", passages("and so it ended. Nobody knows the reason for it.", TRAVEL), "en"
    )

    assert best == [Quote(1, "Nobody knows the reason for it.")]


def found(question: Question) -> bool:
    best = best_sentences(question.text, question.passages, question.language)[0]
    section = question.passages[best.passage - 1].section
    return section == question.section and best.text.startswith(question.answer)


def test_what_only_the_heading_says_is_found_under_it():
    missed = [question.text for question in QUESTIONS if not found(question)]

    assert missed == ["Comment obtenir des jours de fractionnement ?"]  # its second sentence


def test_a_sentence_that_says_it_itself_stays_before_its_neighbours_under_the_heading():
    passage = SourcePassage(
        number=1, title="Guide.pdf", place="p. 1", text=LEAVE, section="Leave › Parental leave"
    )

    best = best_sentences("How long is parental leave?", (passage,), "en")

    assert best[0] == Quote(1, "Parental leave lasts sixteen weeks for each child.")
    assert not any("canteen" in quote.text for quote in best)


async def test_the_heading_is_named_before_a_sentence_that_does_not_name_its_subject():
    question = next(one for one in QUESTIONS if "astreinte" in one.text)
    request = ChatRequest(question.text, question.language, question.passages)

    answer = await answer_to(request)

    assert "- Astreinte\u00a0: «\u00a0Elle donne lieu à 159 euros" in answer


async def test_a_heading_that_holds_a_marker_is_not_named():
    passage = SourcePassage(
        number=1, title="G", place="p. 1", text=TRAVEL, section="Night trains [7]"
    )

    answer = await answer_to(ChatRequest("Which night?", "en", (passage,)))

    assert "“Travel is paid by the kilometre.” [1]" in answer
    assert "[7]" not in answer


async def test_each_sentence_stands_word_for_word_before_its_number():
    request = ask("How long is parental leave?", TRAVEL, LEAVE)

    answer = await answer_to(request)

    quotes = re.findall(r"“([^”]+)” \[(\d+)\]", answer)
    assert quotes
    for text, number in quotes:
        assert text in request.passages[int(number) - 1].text


async def test_it_says_that_no_language_model_is_configured():
    answer = await answer_to(ask("How long is parental leave?", LEAVE))

    assert answer.startswith("This is what the documents say:")
    assert answer.endswith("No language model is configured, so these are quotations.")


async def test_in_place_of_a_model_that_does_not_answer_it_says_so():
    model = QuotingAssistant(stands_in=True)
    answer = text_in(await events_of(model, ask("How long is parental leave?", LEAVE)))

    assert answer.endswith("does not answer just now, so these are quotations.")
    assert "configured" not in answer


async def test_french_questions_are_answered_with_french_quotation_marks():
    answer = await answer_to(ask("Combien dure le congé ?", CONGE, language="fr"))

    assert "«\u00a0Le congé de proche aidant dure trois mois.\u00a0» [1]" in answer


async def test_its_own_words_are_in_the_questions_language_not_in_the_pages(monkeypatch):
    monkeypatch.setattr(quoting, "_", lambda text: f"{get_language()}: {text}")

    with override("en"):
        answer = await answer_to(ask("Combien dure le congé ?", CONGE, language="fr"))

    assert answer.startswith("fr: This is what the documents say:")


async def test_without_passages_it_says_that_it_found_nothing():
    answer = await answer_to(ask("How long is parental leave?"))

    assert answer == "I found nothing about this in the documents."


async def test_the_answer_streams_word_by_word():
    events = await events_of(QuotingAssistant(), ask("How long is parental leave?", LEAVE))

    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 10
    assert all(len(piece.split()) == 1 for piece in pieces)
    assert events[-1] == Finished("stop")
