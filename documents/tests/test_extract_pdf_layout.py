"""Pages whose file is not in the order in which they are read: columns, tables, turned pages."""

from __future__ import annotations

import random
from itertools import chain, zip_longest

import pytest

from documents.adapters.extractors import pdf as pdf_extractor
from documents.adapters.extractors.formats import PDF
from documents.geometry import unpack
from documents.tests.extracting import pages_of
from documents.tests.files import pdf
from documents.tests.pdf_writer import Line, drawing

LEFT = [
    "The staff council meets on the first",
    "Monday of each month. Its members",
    "are elected for three years by all",
    "who have worked here for six months.",
    "Minutes are sent to every member of",
    "the staff within a week of the meeting.",
]
RIGHT = [
    "Travel is booked by the office. Who",
    "books it alone is paid back at most",
    "the price of a ticket of second class",
    "and one night in a hotel of the list.",
    "Receipts are handed in within thirty",
    "days, with the form of the intranet.",
]
TABLE = [
    ["Country", "Days", "Notice"],
    ["Austria", "25", "two weeks"],
    ["Belgium", "", "one month"],
    ["Denmark", "30", "three weeks"],
]


def beside(left: list[str], right: list[str], *, across: bool) -> list[Line]:
    """Two columns, written line by line across the page or one after the other."""
    first: list[Line] = [(60, 700 - 14 * at, text) for at, text in enumerate(left)]
    second: list[Line] = [(310, 700 - 14 * at, text) for at, text in enumerate(right)]
    pairs = chain.from_iterable(zip_longest(first, second))
    return [line for line in pairs if line] if across else first + second


def table(rows: list[list[str]], *, by_column: bool = False, pitch: float = 18) -> list[Line]:
    cells: list[Line] = [
        (60 + 150 * column, 700 - pitch * row, text)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]
    return sorted(cells, key=lambda cell: (cell[0], -cell[1])) if by_column else cells


def page_of(folder, *lines: Line, **options):
    rotate = options.pop("rotate", 0)
    (page,) = pages_of(folder, pdf(drawing(*lines, **options), rotate=rotate), PDF)
    return page


@pytest.mark.parametrize("across", [True, False])
def test_columns_are_read_one_after_the_other(tmp_path, across):
    page = page_of(tmp_path, (60, 760, "Rules of the house"), *beside(LEFT, RIGHT, across=across))
    assert page.text.split("\n") == ["Rules of the house", *LEFT, *RIGHT]


def test_the_longer_column_keeps_its_end(tmp_path):
    page = page_of(tmp_path, *beside(LEFT, RIGHT[:4], across=True))
    assert page.text.split("\n") == [*LEFT, *RIGHT[:4]]


def test_a_word_broken_within_a_column_is_whole_again(tmp_path):
    left = [
        *LEFT[:2],
        "are elected for three years by every-",
        "body who has worked here for months.",
    ]
    page = page_of(tmp_path, *beside([*left, *LEFT[4:]], RIGHT, across=True))
    assert "by everybody who has worked" in page.text


@pytest.mark.parametrize("by_column", [True, False])
def test_a_table_without_rules_is_read_row_by_row(tmp_path, by_column):
    page = page_of(tmp_path, (60, 740, "Leave by country"), *table(TABLE, by_column=by_column))
    assert page.text.split("\n") == [
        "Leave by country",
        "Country | Days | Notice",
        "Austria | 25 | two weeks",
        "Belgium |  | one month",
        "Denmark | 30 | three weeks",
    ]


ROWS = [
    ["Benefit", "In network", "Out of network"],
    ["Preventive", "Covered in full", "Covered at 70"],
    ["care", "once a year", "per cent"],
    ["Emergency", "Covered at 90", "Covered at 90"],
    ["room", "per cent", "per cent"],
]
WHOLE_ROWS = [
    "Benefit | In network | Out of network",
    "Preventive care | Covered in full once a year | Covered at 70 per cent",
    "Emergency room | Covered at 90 per cent | Covered at 90 per cent",
]


def test_drawn_lines_hold_the_lines_of_a_cell_together(tmp_path):
    across = [(55, y, 480, y) for y in (714, 694, 658, 622)]
    down = [(x, 622, x, 714) for x in (55, 200, 350, 480)]
    page = page_of(tmp_path, *table(ROWS), rules=[*across, *down])
    assert page.text.split("\n") == WHOLE_ROWS


def test_rows_further_apart_than_lines_are_told_by_that(tmp_path):
    heights = [700, 672, 658, 630, 616]
    lines = [
        (60 + 150 * column, y, text)
        for y, texts in zip(heights, ROWS, strict=True)
        for column, text in enumerate(texts)
    ]
    assert page_of(tmp_path, *lines).text.split("\n") == WHOLE_ROWS


def test_two_rows_of_numbers_are_never_one(tmp_path):
    rows = [["Year", "Sum", "Share"], ["2023", "12", "1"], ["2024", "13", "2"]]
    heights = [700, 672, 658]
    lines = [
        (60 + 150 * column, y, text)
        for y, texts in zip(heights, rows, strict=True)
        for column, text in enumerate(texts)
    ]
    assert page_of(tmp_path, *lines).text.split("\n")[1:] == ["2023 | 12 | 1", "2024 | 13 | 2"]


@pytest.mark.parametrize("marks", [["1.", "2.", "3.", "4."], ["a)", "b)", "c)", "d)"], ["•"] * 4])
def test_a_list_is_no_table(tmp_path, marks):
    items = ["Ask the head of your unit.", "Fill in the form.", "Wait a week.", "Go."]
    lines = [
        line
        for at, (mark, item) in enumerate(zip(marks, items, strict=True))
        for line in ((60, 700 - 14 * at, mark), (90, 700 - 14 * at, item))
    ]
    assert page_of(tmp_path, *lines).text.split("\n") == [
        f"{mark} {item}" for mark, item in zip(marks, items, strict=True)
    ]


def test_lines_that_are_written_in_no_order_are_read_from_top_to_bottom(tmp_path):
    lines = [(60, 700 - 14 * at, f"Line {at} of the page") for at in range(12)]
    shuffled = random.Random(7).sample(lines, len(lines))
    assert page_of(tmp_path, *shuffled).text.split("\n") == [text for _x, _y, text in lines]


TURNS = {90: b"0 1 -1 0 595 0", 180: b"-1 0 0 -1 595 842", 270: b"0 -1 1 0 0 842"}


@pytest.mark.parametrize("turn", TURNS)
def test_a_table_on_a_turned_page_is_read_as_it_is_shown(tmp_path, turn):
    lines = [(x, y - 300, text) for x, y, text in table(TABLE, by_column=True)]
    page = page_of(tmp_path, *lines, rotate=turn, turned=TURNS[turn])
    assert page.text.split("\n")[1] == "Austria | 25 | two weeks"
    assert page.rotation == turn


@pytest.mark.parametrize("turn", TURNS)
def test_a_table_that_lies_on_its_side_is_read_as_one(tmp_path, turn):
    lines = [(x, y - 300, text) for x, y, text in table(TABLE, by_column=True)]
    page = page_of(tmp_path, *lines, turned=TURNS[turn])
    assert page.text.split("\n")[1] == "Austria | 25 | two weeks"


LAYOUTS = {
    "columns": beside(LEFT, RIGHT, across=True),
    "table": table(TABLE, by_column=True),
    "cells of several lines": table(ROWS, pitch=30),
    "shuffled": random.Random(3).sample(beside(LEFT, RIGHT, across=False), 12),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_boxes_of_words_follow_them_to_their_new_place(tmp_path, name):
    page = page_of(tmp_path, *LAYOUTS[name])
    placed = {}
    for word in unpack(page.words):
        placed.setdefault(page.text[word.start : word.end], []).append(word.box)
    for x, y, text in LAYOUTS[name]:
        boxes = placed[text.split()[0]]
        assert any(abs(box.left - x) <= 1 and box.bottom <= y <= box.top for box in boxes), text
    count = sum(len(text.split()) for _x, _y, text in LAYOUTS[name])
    assert sum(map(len, placed.values())) == count


@pytest.mark.parametrize("seed", range(12))
def test_no_word_is_lost_or_doubled_whatever_the_page_looks_like(tmp_path, seed):
    dice = random.Random(seed)
    lines = [
        (dice.randrange(20, 500), dice.randrange(20, 800), f"w{at} x{at}-") for at in range(60)
    ]
    rules = [tuple(dice.randrange(20, 580) for _ in range(4)) for _ in range(30)]
    page = page_of(tmp_path, *lines, rules=rules, rotate=dice.choice([0, 90, 180, 270]))
    words = page.text.replace("|", " ").split()
    assert len(words) >= 100
    spans = [(word.start, word.end) for word in unpack(page.words)]
    assert [page.text[start:end] for start, end in spans] == [
        word for word in page.text.split() if word != "|"
    ]


def test_a_page_of_lines_below_each_other_is_not_looked_at_twice(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(pdf_extractor, "Layout", lambda *given: looked.append(given))
    pages_of(tmp_path, pdf("\n".join([*LEFT, *RIGHT])), PDF)
    assert looked == []


def test_a_table_beside_a_column_of_text_is_read_after_it(tmp_path):
    narrow = [(310 + (x - 60) * 0.6, y, text) for x, y, text in table(TABLE, pitch=19)]
    text = [*LEFT, *RIGHT]
    page = page_of(tmp_path, *((60, 700 - 14 * at, line) for at, line in enumerate(text)), *narrow)
    assert page.text.split("\n") == [
        *text,
        "Country | Days | Notice",
        "Austria | 25 | two weeks",
        "Belgium |  | one month",
        "Denmark | 30 | three weeks",
    ]


def test_rows_that_nothing_parts_stay_rows_in_a_frame(tmp_path):
    rows = [["Country", "Capital"], *[[f"Land {at}", f"Town {at}"] for at in "ABCDE"], ["All", "5"]]
    rules = [(55, y, 350, y) for y in (715, 694, 604)]
    rules += [(x, 580, x, 715) for x in (55, 200, 350)]
    page = page_of(tmp_path, *table(rows), rules=rules)
    assert page.text.split("\n") == [" | ".join(row) for row in rows]


def test_what_stands_far_below_a_table_is_none_of_its_rows(tmp_path):
    page = page_of(tmp_path, *table(TABLE), (230, 40, "3"))
    assert page.text.endswith("Denmark | 30 | three weeks\n3")


def test_a_title_between_two_tables_parts_them(tmp_path):
    pairs = [["Name", "Ann Miller"], ["Unit", "Finance"], ["Room", "B 214"]]
    second = [(x, y - 110, text) for x, y, text in table(pairs)]
    page = page_of(tmp_path, *table(TABLE), (60, 620, "Who is to be asked for more of it"), *second)
    lines = page.text.split("\n")
    assert lines[0] == "Country | Days | Notice"
    assert lines[4:] == ["Who is to be asked for more of it", *(" | ".join(pair) for pair in pairs)]


def test_a_list_whose_lines_are_set_wide_is_no_table(tmp_path):
    lines = [
        line
        for at in range(4)
        for line in (
            (60, 700 - 30 * at, "•"),
            (80, 700 - 30 * at, "Trains before planes"),
            (260, 700 - 30 * at, "wherever"),
            (80, 686 - 30 * at, "the journey takes less than five hours"),
        )
    ]
    assert "|" not in page_of(tmp_path, *lines).text
