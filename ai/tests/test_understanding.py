"""What is read out of a model's answer about a question."""

from __future__ import annotations

import pytest

from ai.understanding import MAX_CHARACTERS, Understood, may_ask_several, parse_understood

ASKED = "And for them?"


@pytest.mark.parametrize(
    ("answer", "understood"),
    [
        ("“Is leave paid?”\n", Understood("Is leave paid?")),
        ("Let me think.\n\nIs leave paid?", Understood("Is leave paid?")),
        ("- First I think.\n- Then again.\nIs leave paid?", Understood("Is leave paid?")),
        (
            "Is leave paid and how long?\n- Is leave paid?\n* How long is leave?\n",
            Understood("Is leave paid and how long?", ("Is leave paid?", "How long is leave?")),
        ),
        ("Is leave paid?\n- Is leave paid?", Understood("Is leave paid?")),
        ("Is leave paid?\n- Is it?\n- Is it?", Understood("Is leave paid?")),
        ("Q?\n" + "\n".join(f"- Part {n}?" for n in range(9)), Understood("Q?")),
        (
            "- Is leave paid?\n- How long is it?",
            Understood(ASKED, ("Is leave paid?", "How long is it?")),
        ),
        ("", Understood(ASKED)),
        ("x" * (MAX_CHARACTERS + 1), Understood(ASKED)),
    ],
)
def test_the_last_lines_count(answer, understood):
    assert parse_understood(answer, ASKED) == understood


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Is leave paid? How long is it?", True),
        ("Quelle est la durée du congé parental, et qui faut-il prévenir avant son début ?", True),
        ("Leave and pay", False),
        ("What does the rule of 2024 say about leave of absence for training abroad?", False),
    ],
)
def test_only_what_may_ask_several_things_is_worth_a_model(question, several):
    assert may_ask_several(question) is several
