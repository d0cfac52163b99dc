from __future__ import annotations

import pytest

from documents.adapters.extractors.formats import DOCX
from documents.errors import CorruptFile
from documents.tests.extracting import pages_of, text_of
from documents.tests.files import docx, entries_of, zipped
from documents.tests.word_writer import (
    cell,
    level,
    listed,
    numbering,
    p,
    style,
    styled,
    table,
    word,
)


@pytest.fixture
def read(tmp_path):
    return lambda *args, **kwargs: text_of(tmp_path, word(*args, **kwargs), DOCX)


@pytest.mark.parametrize(
    "styles",
    [
        style("Titre2", "heading 2"),
        style("Titre2", "Titre 2"),
        style("Titre2", "Überschrift 2"),
        style("Titre2", "Mon titre", '<w:outlineLvl w:val="1"/>'),
        style("Base", "heading 2") + style("Titre2", "Annexe", based_on="Base"),
    ],
)
def test_a_heading_is_known_by_its_style_in_any_language(tmp_path, styles):
    content = word(styled("Congés", "Titre2") + p("Texte"), parts={"styles": styles})
    (page,) = pages_of(tmp_path, content, DOCX)
    assert [(heading.level, heading.text) for heading in page.headings] == [(2, "Congés")]


def test_an_outline_level_of_body_text_makes_no_heading(tmp_path):
    styles = style("Head", "heading 1") + style("Corps", "Corps", '<w:outlineLvl w:val="9"/>')
    content = word(styled("Corps de texte", "Corps"), parts={"styles": styles})
    assert pages_of(tmp_path, content, DOCX)[0].headings == ()


def test_lists_keep_their_numbers_and_depth(read):
    parts = {
        "numbering": numbering(
            level(0, "decimal", "%1."), level(1, "lowerLetter", "%2)"), level(2, "bullet", "•")
        )
    }
    body = (
        listed("un") + listed("sous", level=1) + listed("point", level=2) + listed("sous", level=1)
    )
    body += listed("deux") + listed("encore", level=1)
    assert read(body, parts=parts) == (
        "1. un\n  a) sous\n    - point\n  b) sous\n2. deux\n  a) encore"
    )


def test_numbered_headings_and_articles_keep_their_numbers(read):
    parts = {
        "styles": style("H1", "heading 1", '<w:numPr><w:numId w:val="1"/></w:numPr>')
        + style(
            "H2", "heading 2", '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>', "H1"
        ),
        "numbering": numbering(
            level(0, "upperRoman", "Titre %1"), level(1, "decimal", "%1.%2", "<w:isLgl/>")
        ),
    }
    body = styled("Objet", "H1") + styled("But", "H2") + styled("Durée", "H1") + styled("An", "H2")
    assert read(body, parts=parts) == "Titre I Objet\n\n1.1 But\n\nTitre II Durée\n\n2.1 An"


def test_a_list_that_restarts_counts_from_its_start_again(read):
    numbers = (
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2">'
        '<w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
        "</w:lvlOverride></w:num>"
    )
    parts = {"numbering": numbering(level(0, "decimal", "%1."), numbers=numbers)}
    assert read(listed("a") + listed("b") + listed("c", 2) + listed("d", 2), parts=parts) == (
        "1. a\n2. b\n1. c\n2. d"
    )


def test_merged_cells_are_read_once_and_keep_the_columns(read):
    restart, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = table(
        cell("Wide", '<w:gridSpan w:val="2"/>') + cell("C"),
        cell("Tall", restart) + cell("1") + cell("2"),
        cell("hidden", goes_on) + cell("3") + cell("4"),
    )
    assert read(body) == "Wide |  | C\nTall | 1 | 2\n | 3 | 4"


def test_a_long_table_says_its_columns_in_each_row(read):
    rows = [cell("Poste") + cell("Montant")]
    rows += [cell(f"Poste {number} du budget") + cell(f"{number} €") for number in range(60)]
    assert read(table(*rows)).split("\n")[50] == "Poste: Poste 49 du budget | Montant: 49 €"


def test_a_table_that_only_places_text_is_read_as_text(read):
    inner = table(cell("A") + cell("B"))
    body = f"<w:tbl><w:tr><w:tc>{p('Left')}{inner}</w:tc><w:tc>{p('Right')}</w:tc></w:tr></w:tbl>"
    assert read(body) == "Left\nA | B\n\nRight"


def test_tracked_changes_read_as_accepted(read):
    body = (
        p("kept ", inside="<w:ins><w:r><w:t>added</w:t></w:r></w:ins>")
        + "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        + "<w:p><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>"
        + "<w:p><w:moveTo><w:r><w:t>moved</w:t></w:r></w:moveTo></w:p>"
    )
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{cell('row')}{cell('gone')}</w:tr>"
    body += f"<w:tbl>{gone}<w:tr>{cell('a')}{cell('b')}</w:tr></w:tbl>"
    assert read(body) == "kept added\n\nmoved\na | b"


def test_a_text_box_is_read_once_and_apart_from_its_paragraph(read):
    box = f"<w:txbxContent>{p('Boxed')}</w:txbxContent>"
    inside = (
        f"<w:r><mc:AlternateContent><mc:Choice><wps:txbx>{box}</wps:txbx></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    assert read(p("Anchor", inside=inside)) == "Anchor\n\nBoxed"


def test_notes_stand_below_what_they_explain(read):
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>Décret de 2019</w:t></w:r></w:p></w:footnote>'
    end = '<w:endnote w:id="3"><w:p><w:r><w:t>Fin</w:t></w:r></w:p></w:endnote>'
    inside = '<w:r><w:footnoteReference w:id="2"/><w:endnoteReference w:id="3"/></w:r>'
    text = read(p("Selon la loi", inside=inside), parts={"footnotes": note, "endnotes": end})
    assert text == "Selon la loi\n(Décret de 2019)\n(Fin)"


def test_links_and_content_controls_are_text_and_field_codes_and_hidden_runs_are_not(read):
    link = "<w:hyperlink><w:r><w:t>le site</w:t></w:r></w:hyperlink>"
    field = "<w:r><w:instrText>HYPERLINK x</w:instrText></w:r>"
    control = "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t> rempli</w:t></w:r></w:sdtContent></w:sdt>"
    block = f"<w:sdt><w:sdtPr/><w:sdtContent>{p('Nom')}</w:sdtContent></w:sdt>"
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r>"
    text = read(p("Voir ", inside=link + field + control + hidden) + block)
    assert text == "Voir le site rempli\n\nNom"


def test_the_table_of_contents_is_not_read_a_second_time(read):
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    contents = (
        f"<w:sdt><w:sdtPr>{gallery}</w:sdtPr><w:sdtContent>{p('Objet 3')}</w:sdtContent></w:sdt>"
    )
    styles = style("TM1", "toc 1")
    assert (
        read(contents + styled("Durée 4", "TM1") + p("Objet"), parts={"styles": styles}) == "Objet"
    )


def test_headers_and_footers_are_read_once_without_bare_page_numbers(read):
    references = (
        '<w:sectPr><w:headerReference r:id="header"/><w:footerReference r:id="footer"/></w:sectPr>'
    )
    body = p("Corps", references) + references
    text = read(body, parts={"header": p("Mairie de Lyon"), "footer": p("Page 1 sur 12")})
    assert text == "Mairie de Lyon\n\nCorps"


def test_html_put_into_a_docx_is_read(read):
    page = "<html><body><h1>Note</h1><p>Texte importé</p></body></html>"
    assert read('<w:altChunk r:id="page.html"/>', files={"page.html": page}) == (
        "Note\n\nTexte importé"
    )


def test_a_reference_to_a_part_that_is_missing_does_no_harm(tmp_path):
    entries = entries_of(docx("Hello"))
    del entries["word/theme/theme1.xml"]
    del entries["word/styles.xml"]
    assert text_of(tmp_path, zipped(entries), DOCX) == "Hello"


def test_the_strict_variant_is_read(tmp_path):
    entries = {
        name: content.replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name, content in entries_of(docx("# Title", "Hello")).items()
    }
    (page,) = pages_of(tmp_path, zipped(entries), DOCX)
    assert (page.text, page.label) == ("Title\n\nHello", "Title")


def test_a_package_without_a_main_document_is_damaged(tmp_path):
    entries = entries_of(docx("Hello"))
    del entries["word/document.xml"]
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, zipped(entries), DOCX)
