from __future__ import annotations

import pytest

from chat.citations import MarkerResolver


def resolve(*pieces, known=(1, 2, 3)):
    resolver = MarkerResolver(known=set(known))
    text = "".join(resolver.feed(piece) for piece in pieces) + resolver.flush()
    return text, resolver.cited


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["Yes [1]."], "Yes[1]."),
        (["Yes [", "1", "]."], "Yes[1]."),
        (["Yes [1", ", 2]."], "Yes[1][2]."),
        (["Yes [1][3]."], "Yes[1][3]."),
        (["Yes [4]."], "Yes."),
        (["Yes [1, 4]."], "Yes[1]."),
        (["An array[i] and [note]."], "An array[i] and [note]."),
        (["Never closed [1"], "Never closed [1"),
        (["Space at the end "], "Space at the end "),
        (["Insécable\u00a0[2]"], "Insécable[2]"),
    ],
)
def test_markers_are_resolved_whatever_the_pieces(pieces, expected):
    assert resolve(*pieces)[0] == expected


def test_text_is_the_same_for_every_way_of_cutting_it():
    text = "One [1], two [2, 9] and [3][1]; none [7]. [x] [1"
    whole = resolve(text)
    for cut in range(len(text)):
        assert resolve(text[:cut], text[cut:]) == whole


def test_numbers_are_announced_in_the_order_of_their_first_appearance():
    assert resolve("B [2] A [1] B [2]")[1] == [2, 1]


def test_ordinary_text_is_not_held_back():
    resolver = MarkerResolver(known={1})
    assert resolver.feed("word") == "word"
