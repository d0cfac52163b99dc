"""What is left out of a request that a model cannot read at once."""

from __future__ import annotations

import pytest

from ai.budget import estimated_tokens, fit, left_out, shortened, without
from ai.errors import ModelContextTooLong
from ai.ports import ChatRequest, SourcePassage, Trimmed, Turn

ANSWER = 100


def request_with(
    *, passages: int = 4, turns: int = 6, question: str = "And for two?"
) -> ChatRequest:
    return ChatRequest(
        question=question,
        language="en",
        passages=tuple(
            SourcePassage(
                number=number, title="Leave guide", place=f"p. {number}", text="leave " * 100
            )
            for number in range(1, passages + 1)
        ),
        history=tuple(
            Turn("assistant" if number % 2 else "user", f"turn {number} " * 60)
            for number in range(turns)
        ),
        instructions="Name the article.",
        max_tokens=ANSWER,
    )


def budget_of(request: ChatRequest) -> int:
    """Just enough for it."""
    return estimated_tokens(request) + ANSWER


def numbers(request: ChatRequest) -> list[int]:
    return [passage.number for passage in request.passages]


def test_what_fits_is_sent_as_it_is():
    request = request_with()

    assert fit(request, budget_of(request)) == (request, None)


def test_the_answers_tokens_count_too():
    request = request_with()

    _shorter, trimmed = fit(request, budget_of(request) - 1)

    assert trimmed is not None


def test_the_oldest_turn_goes_first():
    request = request_with()

    shorter, trimmed = fit(request, budget_of(request) - 1)

    assert shorter.history == request.history[1:]
    assert shorter.passages == request.passages
    assert trimmed == Trimmed(passages=0, turns=1)


def test_then_the_last_passages_before_the_last_exchange():
    request = request_with()
    least = without(request, Trimmed(passages=2, turns=4))

    shorter, trimmed = fit(request, budget_of(least))

    assert numbers(shorter) == [1, 2]
    assert shorter.history == request.history[-2:]
    assert trimmed == Trimmed(passages=2, turns=4)


def test_rules_instructions_question_and_best_passage_are_always_sent():
    request = request_with()
    least = without(request, Trimmed(passages=3, turns=6))

    shorter, trimmed = fit(request, budget_of(least))

    assert (shorter.question, shorter.instructions) == (request.question, request.instructions)
    assert (numbers(shorter), shorter.history) == ([1], ())
    assert trimmed == Trimmed(passages=3, turns=6)


def test_a_request_without_history_loses_its_last_passages():
    request = request_with(turns=0)

    _shorter, trimmed = fit(request, budget_of(request) - 1)

    assert trimmed == Trimmed(passages=1, turns=0)


@pytest.mark.parametrize("passages", [0, 4])
def test_a_question_that_does_not_fit_is_refused(passages):
    request = request_with(passages=passages, question="why " * 3_000)

    with pytest.raises(ModelContextTooLong):
        fit(request, 3_000)


def test_an_answer_is_not_written_without_its_best_passage():
    request = request_with(turns=0)
    none = without(request, Trimmed(passages=4, turns=0))

    with pytest.raises(ModelContextTooLong):
        fit(request, budget_of(none))


def test_a_refused_request_is_halved():
    request = request_with(passages=20)

    shorter = shortened(request)

    assert shorter is not None
    left = left_out(request, shorter)
    assert left.turns == 4
    one_more = without(request, Trimmed(passages=left.passages - 1, turns=4))
    half = estimated_tokens(request) // 2
    assert estimated_tokens(shorter) <= half < estimated_tokens(one_more)


def test_where_half_is_out_of_reach_as_much_goes_as_may():
    request = request_with(passages=2, turns=0, question="why " * 3_000)

    shorter = shortened(request)

    assert shorter is not None
    assert numbers(shorter) == [1]


def test_a_bare_question_cannot_be_shortened():
    assert shortened(request_with(passages=1, turns=0)) is None


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        # 100 words each; what tokenizers make of such prose, with some slack upwards alone.
        ("Les agents ont droit à des jours de congé pour élever un enfant. " * 8, 120, 220),
        ("Employees are entitled to days of leave in order to raise a child. " * 8, 100, 200),
        ("请假 " * 100, 200, 400),
    ],
)
def test_the_estimate_is_on_the_safe_side_of_prose(text, least, most):
    bare = request_with(passages=0, turns=0, question="")
    question = request_with(passages=0, turns=0, question=text)

    assert least <= estimated_tokens(question) - estimated_tokens(bare) <= most
