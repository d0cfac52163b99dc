from __future__ import annotations

import pytest

from bench.mock_model.plan import Defaults, plan_for
from bench.passages import files, questions
from bench.seed import QUESTION, questions_of
from bench.streaming_client import Load, Round, Stream, error_of, figures_of, late_ms
from bench.streaming_servers import model_of


def load(**changes: object) -> Load:
    fields = {
        "url": "ws://127.0.0.1:1/",
        "streams": 1,
        "tokens": 3,
        "gap_ms": 20,
        "model_ttft_ms": 50,
        "questions": ("?",),
        "cookies": (),
    }
    return Load(**{**fields, **changes})  # type: ignore[arg-type]


def stream(sent: list[float], *, asked_at: float, seen_at: list[float]) -> Stream:
    """Tokens sent and seen at these seconds."""
    texts = [f"{at:.6f} " for at in sent]
    return Stream(asked_at, seen_at[-1], text_at=seen_at, texts=texts, tokens=len(sent))


def test_the_models_own_time_counts_how_late_it_was_with_its_first_token():
    # Due at 1.050, 1.070 and 1.090: the first was 7 ms late, the second in time.
    late = stream([1.057, 1.070, 1.0905], asked_at=0.998, seen_at=[1.060, 1.075, 1.095])
    assert late_ms(late, load()) == pytest.approx([7.0, 0.0, 0.5])
    figures = figures_of([Round([late], opening_cpu_s=0.002, answering_cpu_s=0.03)], load())
    assert figures["ttft_ms_p50"] == 62.0
    assert figures["ttft_over_model_ms_p50"] == 5.0
    assert figures["model_late_ms_p99"] == 7.0


def test_flat_out_the_models_own_time_is_the_nominal_one():
    flat = stream([1.080, 1.0801, 1.0802], asked_at=1.0, seen_at=[1.1, 1.1, 1.1])
    figures = figures_of([Round([flat], 0.0, 0.0, client_cpu_s=0.05)], load(gap_ms=0))
    assert figures["ttft_over_model_ms_p50"] == 50.0
    assert figures["client_core_share"] == 0.5


def test_rounds_add_up_and_opening_a_socket_costs_no_token():
    first = stream([1.05, 1.07, 1.09], asked_at=1.0, seen_at=[1.06, 1.08, 1.10])
    second = stream([9.05, 9.07, 9.09], asked_at=9.0, seen_at=[9.06, 9.08, 9.10])
    second.error = "busy"
    second.timings = {"search": 4, "first_text": 30}
    rounds = [Round([one], opening_cpu_s=0.004, answering_cpu_s=0.03) for one in (first, second)]
    figures = figures_of(rounds, load())
    assert (figures["answers"], figures["tokens"], figures["errors"]) == (2, 6, 1)
    assert figures["tokens_per_s"] == 30
    assert figures["cpu_s_per_1k_tokens"] == 10
    assert figures["cpu_ms_per_socket_opened"] == 4
    assert figures["server_search_ms_p50"] == 4
    assert error_of(rounds) == "busy"


def test_the_mocks_tokens_are_the_times_at_which_they_were_sent():
    plan = plan_for(model_of(20), Defaults())
    assert (plan.tokens, plan.gap, plan.ttft, plan.ts) == (200, 0.02, 0.02, True)


def test_a_handbook_holds_as_many_passages_as_asked_for_and_what_each_question_asks():
    text = "\n".join(text for _name, text in files(250))
    assert text.count("\n## ") == 250
    assert len(set(questions(250))) == 250
    for question in questions(250):
        subject, rest = question.removeprefix("How many days of ").split(" do ")
        group, place = rest.removesuffix(" have?").split(" in ")
        assert f"## {subject.capitalize()} of {group} in {place}\n" in text


def test_every_passage_is_asked_for_before_one_is_asked_for_again():
    assert questions_of(1) == (QUESTION,)
    assert sorted(questions_of(7920)) == sorted(questions(7919))
