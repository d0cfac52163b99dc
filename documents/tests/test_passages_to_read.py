"""What of a search a model is given to read."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from documents.generations import live_generation
from documents.models import Chunk, DocumentVersion, Page
from documents.retrieval import FoundPassage, SearchResult, passages_to_read
from documents.retrieval.context import JOINED_CHARACTERS, fold, spread
from documents.tests.builders import found_passage, make_document, make_version

READY = DocumentVersion.State.READY


def version_of(corpus, title, pages):
    """A document online whose pages are cut into the given chunks; between them a blank."""
    document = make_document(corpus, title)
    version = make_version(document, READY, live=True, language="en")
    number = 0
    for page, parts in enumerate(pages, start=1):
        Page.objects.create(version=version, number=page, text=" ".join(text for _, text in parts))
        start = 0
        for section, text in parts:
            Chunk.objects.create(
                id=uuid.uuid4(),
                version=version,
                generation=live_generation(),
                number=number,
                page=page,
                section=section,
                start=start,
                end=start + len(text),
                text=text,
            )
            start += len(text) + 1
            number += 1
    return version


def passages_of(version, score=1.0) -> list[FoundPassage]:
    chunks = version.chunks.order_by("number")
    return [found_passage(chunk, score=score, wordings="leave") for chunk in chunks]


def result_of(passages) -> SearchResult:
    return SearchResult(language="en", passages=tuple(passages), corpora=(), evidence=1.0)


def read(user, passages, **how):
    return passages_to_read(user, result_of(passages), **{"count": 6, **how})


def exact(passage) -> bool:
    page = Page.objects.get(version=passage.version, number=passage.page)
    return page.text[passage.start : passage.end] == passage.text


def test_neighbours_that_were_both_found_become_one_passage(bob, handbook):
    version = version_of(handbook, "Leave", [[("", "First leave."), ("", "Second leave.")]])
    first, second = passages_of(version)
    (joined,) = read(bob, [second, first])
    assert joined.text == "First leave. Second leave."
    assert exact(joined)
    assert joined.chunk == second.chunk  # the better one's
    assert [joined.text[start:end] for start, end in joined.marks] == ["leave", "leave"]


def test_an_overlap_stands_there_once(bob, handbook):
    version = version_of(handbook, "Leave", [[("", "First. Shared."), ("", "Second.")]])
    first, second = passages_of(version)
    second = replace(second, start=7, text="Shared. Second.")
    (joined,) = read(bob, [first, second])
    assert joined.text == "First. Shared. Second."
    assert exact(joined)


def test_nothing_is_joined_across_pages_sections_or_a_gap(bob, handbook):
    version = version_of(
        handbook,
        "Leave",
        [[("A", "One."), ("B", "Two."), ("B", "Left out."), ("B", "Three.")], [("B", "Four.")]],
    )
    one, two, _left_out, three, four = passages_of(version)
    assert read(bob, [one, two, three, four]) == (one, two, three, four)


def test_a_joined_passage_has_an_end(bob, handbook):
    long = "word " * (JOINED_CHARACTERS // 12)
    version = version_of(handbook, "Leave", [[("", long.strip())] * 3])
    texts = [passage.text for passage in read(bob, passages_of(version))]
    assert len(texts) == 2
    assert all(len(text) <= JOINED_CHARACTERS for text in texts)


def test_the_places_that_joining_frees_go_to_the_next(bob, handbook):
    version = version_of(handbook, "Leave", [[("", "One."), ("", "Two."), ("B", "Three.")]])
    read_ = read(bob, passages_of(version), count=2)
    assert [passage.text for passage in read_] == ["One. Two.", "Three."]


def test_the_room_that_is_left_goes_to_the_neighbours_of_the_best(bob, handbook):
    parts = [("", "One."), ("", "Two."), ("", "Three.")]
    version = version_of(handbook, "Leave", [parts, [("", "Four."), ("", "Five.")]])
    found = [passages_of(version)[1], passages_of(version)[3]]
    grown = read(bob, found, characters=25)
    assert [passage.text for passage in grown] == ["One. Two. Three.", "Four."]
    assert all(exact(passage) for passage in grown)
    assert [passage.text for passage in read(bob, found)] == ["Two.", "Four."]


def test_passages_that_grow_do_not_say_the_same_twice(bob, handbook):
    parts = [("", "One."), ("", "Two."), ("", "Three.")]
    version = version_of(handbook, "Leave", [parts])
    first, _second, third = passages_of(version)
    texts = [passage.text for passage in read(bob, [first, third], characters=1000)]
    assert sorted(" ".join(texts).split()) == ["One.", "Three.", "Two."]


def test_the_room_is_filled_best_first_and_the_first_one_stays(bob, handbook):
    version = version_of(
        handbook, "Leave", [[("A", "Best."), ("B", "Far too long for it."), ("C", "Short.")]]
    )
    best, long, short = passages_of(version)
    assert [p.text for p in read(bob, [best, long, short], characters=11)] == ["Best.", "Short."]
    assert [p.text for p in read(bob, [long, best], characters=3)] == [long.text]


def test_a_copy_of_a_document_is_named_and_not_read_twice(bob, handbook):
    text = "Employees of the house have a right to paid leave in each year of their work."
    versions = [version_of(handbook, title, [[("", text)]]) for title in ("Leave", "Copy", "Old")]
    found = [passage for version in versions for passage in passages_of(version)]
    (passage,) = read(bob, found)
    assert passage.title == "Leave"
    assert [also.title for also in passage.also_in] == ["Copy", "Old"]


def test_a_page_that_repeats_another_is_named(bob, handbook):
    parts = [("", "Employees of the house have a right to paid leave.")]
    (passage,) = read(bob, passages_of(version_of(handbook, "Leave", [parts, parts, parts])))
    assert (passage.page, [also.page for also in passage.also_in]) == (1, [2, 3])


def test_another_figure_is_another_rule(handbook):
    text = "Employees of the house have a right to {} days of paid leave in each year of work."
    versions = [version_of(handbook, f"of {n}", [[("", text.format(n))]]) for n in (25, 30)]
    found = [passage for version in versions for passage in passages_of(version)]
    assert fold(found) == found


def test_what_a_better_passage_of_the_page_holds_is_left_out(handbook):
    (whole,) = passages_of(version_of(handbook, "Leave", [[("", "One. Two.")]]))
    part = replace(whole, chunk=uuid.uuid4(), start=5, text="Two.")
    assert fold([whole, part]) == [whole]
    assert fold([part, whole]) == [part, whole]


def test_a_document_leaves_half_of_the_places_to_the_nearly_as_good(handbook):
    parts = [[("", f"Text number {n}.")] for n in range(4)]
    long = passages_of(version_of(handbook, "Long", parts), score=1.0)
    good = passages_of(version_of(handbook, "Good", [[("", "Other.")]]), score=0.95)
    weak = passages_of(version_of(handbook, "Weak", [[("", "Else.")]]), score=0.5)
    assert spread([*long, *good, *weak], 6) == [*long[:3], *good, long[3], *weak]
    assert spread([], 6) == []


def test_two_queries_whatever_is_found(bob, handbook, django_assert_num_queries):
    parts = [[("", f"Text number {n}.")] for n in range(9)]
    found = passages_of(version_of(handbook, "Long", parts))
    with django_assert_num_queries(2):
        read(bob, found, characters=10_000)
    with django_assert_num_queries(0):
        assert read(bob, []) == ()


@pytest.mark.parametrize("who", ["charlie", "dana"])
def test_neighbours_are_read_with_the_readers_own_rights(who, handbook, request):
    """A passage that the right was taken from a moment ago grows by nothing."""
    version = version_of(handbook, "Leave", [[("", "Found."), ("", "Secret neighbour.")]])
    first, _neighbour = passages_of(version)
    (passage,) = read(request.getfixturevalue(who), [first], characters=1000)
    assert passage.text == "Found."
