from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from documents.chunking import ChunkSettings, chunk_page, chunk_pages
from documents.ports import ExtractedPage, Heading

SMALL = ChunkSettings(size=100, overlap=20)
SENTENCES = " ".join(f"Sentence number {n} speaks of leave." for n in range(60))


def checked(chunks, pages, settings):
    """What holds for any chunks: exact spans, no blank ends, the size, no lost words."""
    texts = {page.number: page.text for page in pages}
    covered: dict[int, set[int]] = {page.number: set() for page in pages}
    for chunk in chunks:
        assert chunk.text == texts[chunk.page][chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip() != ""
        assert len(chunk.text) <= settings.size
        covered[chunk.page].update(range(chunk.start, chunk.end))
    for page in pages:
        for heading in page.headings:  # in the heading path of the chunks, not in their text
            end = page.text.find("\n", heading.start)
            covered[page.number].update(range(heading.start, end))
    for number, text in texts.items():
        lost = [text[i] for i in range(len(text)) if i not in covered[number]]
        assert "".join(lost).strip() == ""
    return chunks


@pytest.mark.parametrize(
    "text",
    [
        SENTENCES,
        "\n".join(f"line {n} of a page of a PDF without paragraphs" for n in range(80)),
        "\n\n".join(f"Paragraph {n}. " + "word " * (n % 40) for n in range(50)),
        "ab" * 5_000,  # no place to cut, and every place looks like every other
        "x" * 99 + " " + "y" * 350 + "\n\n\n  " + "z" * 30,
        "日本語の文章です。" * 100,
        "   \n\n  lead and trail  \n ",
        "a\n" * 500,
        "mot,\u00a0mot; mot… " * 100,
    ],
)
@pytest.mark.parametrize(
    "settings", [SMALL, ChunkSettings(size=100, overlap=0), ChunkSettings(size=100, overlap=50)]
)
def test_chunks_are_exact_spans_that_lose_nothing(text, settings):
    page = ExtractedPage(number=3, text=text)
    checked(chunk_page(page, settings), [page], settings)


def test_a_short_page_is_one_chunk_without_its_blank_ends():
    (chunk,) = chunk_page(ExtractedPage(number=1, text="\n  Bonjour.\n"), SMALL)
    assert (chunk.start, chunk.end, chunk.text, chunk.section) == (3, 11, "Bonjour.", ())


def test_a_blank_page_has_no_chunk():
    assert chunk_page(ExtractedPage(number=1, text=" \n "), SMALL) == []


def test_neighbouring_chunks_overlap_by_whole_words_and_no_more_than_asked():
    chunks = chunk_page(ExtractedPage(number=1, text=SENTENCES), ChunkSettings(300, 60))
    overlaps = [a.end - b.start for a, b in itertools.pairwise(chunks)]
    assert all(0 < overlap <= 60 for overlap in overlaps)
    assert all(SENTENCES[chunk.start - 1].isspace() for chunk in chunks[1:])


def test_rows_of_a_table_are_not_cut():
    rows = [f"row {n} | value of {n} | {n * 7}" for n in range(200)]
    page = ExtractedPage(number=1, text="\n".join(rows))
    for chunk in chunk_page(page, SMALL):
        assert set(chunk.text.split("\n")) <= set(rows)


def test_chunks_are_filled_where_the_text_allows():
    text = "\n\n".join(["short"] * 3 + ["long " * 60] + ["short"] * 3)
    chunks = chunk_page(ExtractedPage(number=1, text=text), ChunkSettings(200, 0))
    assert all(len(a.text) + len(b.text) > 150 for a, b in itertools.pairwise(chunks))


def test_each_section_has_chunks_of_its_own_with_the_heading_path():
    text = "Intro\n\nOne\n\nfirst\n\nOne A\n\nsecond\n\nTwo\n\nthird"
    page = ExtractedPage(
        number=1,
        text=text,
        headings=(
            Heading(1, "One", text.index("One\n")),
            Heading(2, "One A", text.index("One A")),
            Heading(1, "Two", text.index("Two")),
        ),
    )
    chunks = checked(chunk_page(page, SMALL), [page], SMALL)
    assert [(chunk.section, chunk.text) for chunk in chunks] == [
        ((), "Intro"),
        (("One",), "first"),
        (("One", "One A"), "second"),
        (("Two",), "third"),
    ]


def test_a_title_right_above_its_first_section_stays_with_it():
    text = "# Leave\n\n## Annual leave\n\nTwenty days."
    page = ExtractedPage(
        number=1,
        text=text,
        headings=(Heading(1, "Leave", 0), Heading(2, "Annual leave", 9)),
    )
    (chunk,) = chunk_page(page, SMALL)
    assert (chunk.text, chunk.section) == ("Twenty days.", ("Leave", "Annual leave"))


def test_headings_hold_over_the_following_pages():
    pages = [
        ExtractedPage(1, "Leave\nbody", headings=(Heading(1, "Leave", 0),)),
        ExtractedPage(2, "still leave"),
        ExtractedPage(3, "more\nSick leave\nx", headings=(Heading(2, "Sick leave", 5),)),
        ExtractedPage(4, "Pay\ny", headings=(Heading(1, "Pay", 0),)),
    ]
    chunks = checked(list(chunk_pages(iter(pages), SMALL)), pages, SMALL)
    assert [(chunk.page, chunk.section) for chunk in chunks] == [
        (1, ("Leave",)),
        (2, ("Leave",)),
        (3, ("Leave",)),
        (3, ("Leave", "Sick leave")),
        (4, ("Pay",)),
    ]


def test_headings_out_of_order_do_no_harm():
    text = "A\nbody of a\nB\nbody of b"
    headings = (Heading(1, "B", 12), Heading(1, "A", 0), Heading(2, "A", 0))
    page = ExtractedPage(number=1, text=text, headings=headings)
    checked(chunk_page(page, SMALL), [page], SMALL)


def test_short_sections_do_not_load_the_splitter():
    code = (
        "import sys; from documents.chunking import *; from documents.ports import *;"
        "chunk_page(ExtractedPage(1, 'short'), ChunkSettings());"
        "print('langchain_text_splitters' in sys.modules, 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_a_heading_of_an_earlier_page_takes_no_line_of_this_one():
    pages = [
        ExtractedPage(1, "Leave\nbody", headings=(Heading(1, "Leave", 0),)),
        ExtractedPage(2, "first line\nsecond line"),
    ]
    assert [chunk.text for chunk in chunk_pages(pages, SMALL)] == ["body", pages[1].text]


def test_a_heading_is_never_left_alone_above_a_long_section():
    text = "Leave\n\n" + "Twenty days a year. " * 20
    page = ExtractedPage(1, text, headings=(Heading(1, "Leave", 0),))
    chunks = checked(chunk_page(page, SMALL), [page], SMALL)
    assert all("Twenty" in chunk.text or "days" in chunk.text for chunk in chunks)
    assert {chunk.section for chunk in chunks} == {("Leave",)}


def test_a_heading_with_nothing_below_it_is_a_chunk():
    page = ExtractedPage(1, "Leave", headings=(Heading(1, "Leave", 0),))
    assert [chunk.text for chunk in chunk_page(page, SMALL)] == ["Leave"]
