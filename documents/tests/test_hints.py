from __future__ import annotations

import pytest

from common.errors import InvalidInput
from documents.hints import parse_hints


def of_pages(text: str, pages: int = 6) -> dict[int, str]:
    hints = parse_hints(text)
    found = {page: hints.for_page(page) for page in range(1, pages + 1)}
    return {page: hint for page, hint in found.items() if hint}


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("page 3: pay scale", {3: "pay scale"}),
        ("Page 3 : grille indiciaire", {3: "grille indiciaire"}),
        ("page 3\u00a0: grille", {3: "grille"}),
        ("pages 2-4: leave", {2: "leave", 3: "leave", 4: "leave"}),
        ("pages 2 – 3: leave", {2: "leave", 3: "leave"}),
        ("pages 2 to 3: leave", {2: "leave", 3: "leave"}),
        ("pages 2 à 3 : congés", {2: "congés", 3: "congés"}),
        ("pages 1, 3 and 5-6: forms", dict.fromkeys((1, 3, 5, 6), "forms")),
        ("pages 1 et 3 : formulaires", {1: "formulaires", 3: "formulaires"}),
        ("p. 3: pay", {3: "pay"}),
        ("section 2: pay", {2: "pay"}),
        ("§ 2: pay", {2: "pay"}),
        ("all pages: teachers", dict.fromkeys(range(1, 7), "teachers")),
        ("toutes les pages : enseignants", dict.fromkeys(range(1, 7), "enseignants")),
        ("page 3: hours: 8 to 12", {3: "hours: 8 to 12"}),
        ("page 1: a; page 1: b", {1: "a\nb"}),
        ("page 1: a\npage 2: b\n", {1: "a", 2: "b"}),
        (" ; ;\n", {}),
        ("", {}),
    ],
)
def test_hints_are_read_in_both_languages(text, pages):
    assert of_pages(text) == pages


def test_the_example_of_the_manual_is_read():
    pages = of_pages("page 3: pay scale; pages 1-4: leave; all pages: teachers", pages=5)
    assert pages[3] == "pay scale\nleave\nteachers"
    assert pages[5] == "teachers"


@pytest.mark.parametrize(
    ("text", "entry", "reason"),
    [
        ("page 1: a; page 3 pay", "page 3 pay", "there is no colon"),
        ("page 3:", "page 3:", "there is no text after the colon"),
        ("pge 3: pay", "pge 3: pay", "begin with “page 3”"),
        ("page: pay", "page: pay", "begin with “page 3”"),
        ("page three: pay", "page three: pay", "“three” is no page number"),
        ("pages 1-2-3: pay", "pages 1-2-3: pay", "“1-2-3” is no page number"),
        ("pages 1,: pay", "pages 1,: pay", "“” is no page number"),
        ("page 0: pay", "page 0: pay", "pages are counted from 1"),
        ("pages 4-1: pay", "pages 4-1: pay", "page 4 comes after page 1"),
        ("pages 2-9: pay", "pages 2-9: pay", "there is no page 9, the document ends at 8"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(text, entry, reason):
    with pytest.raises(InvalidInput) as refusal:
        parse_hints(text, last_page=8)
    said = refusal.value.params["reason"]
    assert f"“{entry}”" in said
    assert reason in said


def test_a_long_entry_is_named_by_its_beginning():
    with pytest.raises(InvalidInput) as refusal:
        parse_hints("no colon " * 50)
    assert len(str(refusal.value.params["reason"])) < 150
