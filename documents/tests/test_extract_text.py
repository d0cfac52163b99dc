from __future__ import annotations

import pytest

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.formats import CSV, HTML, MARKDOWN, PLAIN
from documents.errors import NoText, TooManyPages
from documents.ports import ExtractionLimits, Heading
from documents.tests.extracting import pages_of, text_of

FRENCH = "L’été à Noël : 12 € pour l'œuvre « ça »"


# --- encodings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_french_is_read_in_every_usual_encoding(encoding):
    assert decode(FRENCH.encode(encoding)).removeprefix("\ufeff") == FRENCH


def test_latin_1_is_read_though_nothing_declares_it():
    text = "Réutilisation de l'« Information » élevée à Noël"
    assert decode(text.encode("latin-1")) == text


def test_cyrillic_in_its_old_encoding_is_not_taken_for_french():
    text = "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства"
    assert decode(text.encode("cp1251")) == text


def test_a_wrong_declaration_does_not_spoil_the_text():
    assert decode("été".encode("cp1252"), "utf-8") == "été"
    assert decode("été".encode(), "no-such-encoding") == "été"


# --- plain text -------------------------------------------------------------------------------


def test_line_ends_are_normalised_and_what_no_database_holds_is_dropped(tmp_path):
    content = b"one\r\ntwo\rthree\x00\x07\xef\xbf\xbe four\xc2\xad\xc2\xaded"
    assert text_of(tmp_path, content, PLAIN) == "one\ntwo\nthree foured"


def test_composed_and_decomposed_accents_become_the_same(tmp_path):
    assert text_of(tmp_path, "e\u0301te\u0301 ﬁn".encode(), PLAIN) == "été fin"


def test_a_long_text_is_cut_into_pages_at_paragraph_ends(tmp_path):
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 50 for n in range(200))
    pages = pages_of(tmp_path, text.encode(), PLAIN)
    assert len(pages) > 1
    assert all(len(page.text) <= 20_000 and page.text.startswith("Para") for page in pages)
    assert "\n\n".join(page.text for page in pages).split() == text.split()


def test_a_text_without_any_break_is_cut_all_the_same(tmp_path):
    pages = pages_of(tmp_path, b"x" * 50_000, PLAIN)
    assert [len(page.text) for page in pages] == [20_000, 20_000, 10_000]


def test_a_text_of_blanks_is_refused(tmp_path):
    with pytest.raises(NoText):
        pages_of(tmp_path, b" \n\t\n ", PLAIN)


def test_a_text_of_too_many_pages_is_refused(tmp_path):
    with pytest.raises(TooManyPages):
        pages_of(tmp_path, b"x" * 50_000, PLAIN, ExtractionLimits(max_pages=2))


# --- Markdown ---------------------------------------------------------------------------------


def test_markdown_keeps_its_text_and_tells_its_headings(tmp_path):
    text = "Intro\n\n# One **bold**\n\ntext\n\n## Two\n\n- item\n\n### Three\n\nmore"
    first, second, third = pages_of(tmp_path, text.encode(), MARKDOWN)[:3]
    assert first.text == "Intro"
    assert second.text == "One bold\n\ntext"
    assert second.label == "One bold"
    assert third.text == "Two\n\n- item\n\nThree\n\nmore"
    assert third.headings == (Heading(2, "Two", 0), Heading(3, "Three", 13))


def test_a_hash_in_a_code_block_is_no_heading(tmp_path):
    text = "# Title\n\n```sh\n# a comment\n```\n\n~~~\n# another\n~~~\n\nend"
    (page,) = pages_of(tmp_path, text.encode(), MARKDOWN)
    assert [heading.text for heading in page.headings] == ["Title"]
    assert page.text == text.removeprefix("# ")


def test_underlined_headings_are_headings_and_rules_and_tables_are_not(tmp_path):
    text = "Title\n=====\n\ntext\n\n---\n\nPart\n----\n\na | b\n--|--\n1 | 2"
    headings = [h for page in pages_of(tmp_path, text.encode(), MARKDOWN) for h in page.headings]
    assert [(h.level, h.text) for h in headings] == [(1, "Title"), (2, "Part")]


def test_front_matter_gives_the_title_and_nothing_else(tmp_path):
    text = '---\r\ntitle: "Mes droits"\r\nweight: 20\r\n---\r\n\r\n### Congés\r\n\r\nVingt jours.'
    (page,) = pages_of(tmp_path, text.encode(), MARKDOWN)
    assert page.text == "Mes droits\n\nCongés\n\nVingt jours."
    assert page.label == "Mes droits"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: Site\n---\n# Un\n\na\n\n# Deux\n\nb", "Site\n\nUn\n\na\n\nDeux\n\nb"),
        ("---\ntitle: Site\n---\n# Guide\n\na", "Guide\n\na"),
        ("+++\ntitle = 'Site'\ndraft = true\n+++\na", "Site\n\na"),
        ("<!-- toc -->\na\n\n---\n\nb", "a\n\n---\n\nb"),
    ],
)
def test_a_title_in_the_front_matter_heads_a_text_that_does_not_name_itself(
    tmp_path, text, expected
):
    assert text_of(tmp_path, text.encode(), MARKDOWN) == expected


# --- CSV --------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_read_with_the_delimiter_it_uses(tmp_path, delimiter):
    rows = [["Nom", "Ville"], ["Ann, née B.", "Lyon"], ["Bob", "Paris"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert text_of(tmp_path, text.encode("cp1252"), CSV) == (
        "Nom | Ville\nNom: Ann, née B. | Ville: Lyon\nNom: Bob | Ville: Paris"
    )


def test_a_title_above_the_header_of_a_csv_is_no_header(tmp_path):
    text = "Stanley Cups,,\nTeam,Location,Cups\nBlues,STL,1\n"
    assert text_of(tmp_path, text.encode("utf-16"), CSV) == (
        "Stanley Cups\nTeam | Location | Cups\nTeam: Blues | Location: STL | Cups: 1"
    )


# --- HTML -------------------------------------------------------------------------------------


def test_html_is_read_as_a_reader_sees_it(tmp_path):
    html = (
        "<html><head><title>Site</title><style>p{color:red}</style></head><body>"
        "<nav>Menu</nav><h1>Droits</h1><p>Vingt <b>jours</b>\n par an.<br>Oui.</p>"
        "<script>alert(1)</script><p hidden>unseen</p><p style='display: none'>unseen</p>"
        "<ul><li>été</li><li><p>hiver</p></li></ul>"
        "<table><tr><th>Plan</th><th>Coût</th></tr><tr><td><p>A</p></td><td>1 €</td></tr></table>"
        "<pre>a\n  b</pre>tail</body></html>"
    )
    (page,) = pages_of(tmp_path, html.encode(), HTML)
    assert page.text == (
        "Droits\n\nVingt jours par an.\nOui.\n"
        "- été\n- hiver\nPlan | Coût\nA | 1 €\n\na\n  b\n\ntail"
    )
    assert page.headings == (Heading(1, "Droits", 0),)


def test_the_title_of_an_html_page_stands_in_for_a_missing_heading(tmp_path):
    html = "<title>Mon titre</title><body>Bonjour"
    (page,) = pages_of(tmp_path, html.encode("utf-16"), HTML)
    assert (page.text, page.label) == ("Mon titre\n\nBonjour", "Mon titre")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "iso-8859-15", "utf-8"])
def test_html_says_its_encoding_in_a_meta_element(tmp_path, encoding):
    html = (
        f'<meta charset="{encoding}"><p>Été œuvre</p>'
        if encoding != "iso-8859-1"
        else ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>Été</p>')
    )
    assert text_of(tmp_path, html.encode(encoding), HTML).startswith("Été")


def test_html_nested_beyond_reason_is_read(tmp_path):
    html = "<div>" * 1_500 + "deep" + "</div>" * 1_500 + "<p>after</p>"
    assert "after" in text_of(tmp_path, html.encode(), HTML)


def test_xhtml_with_a_declaration_is_read(tmp_path):
    html = '<?xml version="1.0" encoding="ISO-8859-1"?><html><body><p>Été</p></body></html>'
    assert text_of(tmp_path, html.encode("latin-1"), HTML) == "Été"


def test_html_without_text_is_refused(tmp_path):
    with pytest.raises(NoText):
        pages_of(tmp_path, b"<html><script>x</script></html>", HTML)


def test_a_paragraph_set_as_heading_is_a_paragraph(tmp_path):
    (page,) = pages_of(tmp_path, b"<h1>Title</h1><h4>" + b"word " * 60 + b"</h4>", HTML)
    assert [heading.text for heading in page.headings] == ["Title"]
