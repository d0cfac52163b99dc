"""Which questions count as the same, on sets of wordings in French and English."""

from __future__ import annotations

import itertools

import pytest

from documents.approved_matching import likeness, wording_of
from documents.tests.wordings import GROUPS, HELD_OUT, Group


def same(one: str, other: str, language: str) -> bool:
    return likeness(wording_of(one, language), wording_of(other, language)).is_same


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.approved)
def test_other_wordings_of_a_question_match(group: Group) -> None:
    missed = [text for text in group.same if not same(text, group.approved, group.language)]
    assert missed == []


@pytest.mark.parametrize("group", [*GROUPS, *HELD_OUT], ids=lambda group: group.approved)
def test_what_comes_near_and_asks_something_else_does_not(group: Group) -> None:
    taken = [text for text in group.near if same(text, group.approved, group.language)]
    assert taken == []


def test_questions_of_other_groups_do_not_match() -> None:
    taken = [
        (group.approved, text)
        for group, other in itertools.permutations((*GROUPS, *HELD_OUT), 2)
        for text in (other.approved, *other.same, *other.near)
        if same(text, group.approved, group.language)
    ]
    assert taken == []


def test_most_wordings_that_were_not_used_for_the_calibration_match() -> None:
    asked = [(group, text) for group in HELD_OUT for text in group.same]
    found = [text for group, text in asked if same(text, group.approved, group.language)]
    assert len(found) >= 0.75 * len(asked)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.approved)
def test_likeness_is_symmetric(group: Group) -> None:
    approved = wording_of(group.approved, group.language)
    for text in (*group.same, *group.near):
        other = wording_of(text, group.language)
        there, back = likeness(approved, other), likeness(other, approved)
        assert (there.score, there.is_same) == (back.score, back.is_same)


@pytest.mark.parametrize(
    ("one", "other", "language", "expected"),
    [
        ("Congés ?", "conges", "fr", True),
        ("Combien de jours ?", "Combien de jours ?", "fr", True),
        ("Combien de jours ?", "Combien d'agents ?", "fr", False),
        ("Le formulaire SFT-3", "Le formulaire SFT-4", "fr", False),
        ("Comment saisir la comission ?", "Comment saisir la commission ?", "fr", True),
        ("Comment saisir le tiltulaire ?", "Comment saisir le titulaire ?", "fr", False),
        ("Comment télétarvailler ?", "Comment télétravailler ?", "fr", True),
        ("Who pays the employer?", "Who pays the employee?", "en", False),
        ("", "", "en", False),
        ("the of", "a", "en", False),
    ],
)
def test_spelling_and_small_words(one: str, other: str, language: str, expected: bool) -> None:
    assert same(one, other, language) is expected
