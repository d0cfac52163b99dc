"""How what a model goes on with is joined to what was begun."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.branches import Branches, Node
from chat.continuing import Seam


def joined(begun: str, *pieces: str) -> str:
    seam = Seam(begun)
    return begun + "".join(seam.feed(piece) for piece in pieces)


@pytest.mark.parametrize(
    ("begun", "pieces", "whole"),
    [
        ("There are twen", ["twen", "ty-five days."], "There are twenty-five days."),
        ("There are twenty", ["twenty days."], "There are twenty days."),
        ("There are twen", ["tw", "enty", " days."], "There are twenty days."),
        ("There are 25", [" days."], "There are 25 days."),
        ("There are", ["25 days."], "There are 25 days."),
        ("Kept. ", ["Never."], "Kept. Never."),
        ("Kept. ", [" Never."], "Kept. Never."),
        ("Kept.", ["Never."], "Kept. Never."),
        ("One[1]", [", two."], "One[1], two."),
        ("A list:\n", ["- one"], "A list:\n- one"),
        ("A list:", ["\n", "- one"], "A list:\n- one"),
        ("l’", ["année"], "l’année"),
        ("The whole begins", ["The whole", " begins", " anew."], "The whole begins anew."),
        ("The end", ["The", " next"], "The end The next"),
        ("", ["From", " nothing"], "From nothing"),
    ],
)
def test_two_parts_become_one_text(begun, pieces, whole):
    assert joined(begun, *pieces) == whole


def test_the_newest_descendant_ends_a_branch():
    q1, a1, a2, q2, a3 = pks = [UUID(int=n) for n in range(5)]
    branches = Branches([Node(q1, None), Node(a1, q1), Node(a2, q1), Node(q2, a1), Node(a3, q2)])
    assert branches.newest == a3
    assert branches.end_of(q1) == a3
    assert branches.end_of(a2) == a2
    assert branches.path_to(a3) == [q1, a1, q2, a3]
    assert branches.versions_of(a1).next == a2
    assert branches.versions_of(a2).previous == a1
    assert all(pk in branches for pk in pks)
