from __future__ import annotations

import copy
import datetime as dt
import io

import pytest
from lxml import etree

from documents.adapters.extractors.formats import DOCX, ODT, PPTX, XLSX
from documents.errors import CorruptFile, EncryptedFile, NoText, TooManyPages
from documents.ports import ExtractionLimits, Heading
from documents.tests import files
from documents.tests.extracting import pages_of, text_of

BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'


COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DIAGRAM = (
    '<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    f' xmlns:a="{DRAWING}" xmlns:r="{RELATIONS}"><p:nvGraphicFramePr><p:cNvPr id="9" name="d"/>'
    "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData"
    ' uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><d:relIds r:dm="{}"'
    ' xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram"/></a:graphicData>'
    "</a:graphic></p:graphicFrame>"
)

# --- DOCX -------------------------------------------------------------------------------------


def test_a_docx_keeps_the_order_of_paragraphs_lists_and_tables(tmp_path):
    content = files.docx(
        "Before", [["Plan", "Cost"], ["Basic", "12 €"]], "- first", "- second", "End"
    )
    assert text_of(tmp_path, content, DOCX) == (
        "Before\nPlan | Cost\nBasic | 12 €\n- first\n- second\n\nEnd"
    )


def test_a_docx_has_a_page_per_top_section(tmp_path):
    content = files.docx("Intro", "# One", "a", "## One A", "b", "### Deep", "c", "# Two", "d")
    pages = pages_of(tmp_path, content, DOCX)
    assert [(page.number, page.label) for page in pages] == [
        (1, ""),
        (2, "One"),
        (3, "One A"),
        (4, "Two"),
    ]
    assert pages[2].headings == (Heading(2, "One A", 0), Heading(3, "Deep", 10))


def test_text_in_content_controls_is_read_and_deleted_text_is_not(tmp_path):
    content = files.replaced(
        files.docx("MARK"),
        "word/document.xml",
        "<w:p><w:r><w:t>MARK</w:t></w:r></w:p>",
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>kept</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>added</w:t></w:r></w:ins></w:p>",
    )
    assert text_of(tmp_path, content, DOCX) == "kept\n\nadded"


def test_headers_and_footers_of_a_docx_are_read_once(tmp_path):
    import docx as python_docx

    document = python_docx.Document(io.BytesIO(files.docx("Body")))
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.sections[0].footer.paragraphs[0].text = "7"  # a page number says nothing
    document.save(tmp_path / "a.docx")
    assert text_of(tmp_path, (tmp_path / "a.docx").read_bytes(), DOCX) == "Confidential\n\nBody"


def test_a_docx_whose_parts_are_rubbish_is_damaged(tmp_path):
    content = files.replaced(files.docx("Body"), "word/document.xml", "<w:body>", "<w:body")
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, content, DOCX)


def test_a_docx_without_text_is_refused(tmp_path):
    with pytest.raises(NoText):
        pages_of(tmp_path, files.docx(""), DOCX)


# --- PPTX -------------------------------------------------------------------------------------


def test_a_pptx_has_a_page_per_slide_with_its_table_and_notes(tmp_path):
    content = files.pptx(
        ("Welcome", "Hello all"),
        ("Prices", "As of May"),
        notes="Speak slowly",
        table=[["Fruit", "Price"], ["Apple", "2"]],
    )
    first, second = pages_of(tmp_path, content, PPTX)
    assert (first.text, first.label) == ("Welcome\n\nHello all", "Welcome")
    assert second.text == "Prices\n\nAs of May\n\nFruit | Price\nApple | 2\n\nSpeak slowly"
    assert second.headings == (Heading(1, "Prices", 0),)
    assert second.width == pytest.approx(720)


def test_a_pptx_with_too_many_slides_is_refused(tmp_path):
    content = files.pptx(("a", "b"), ("c", "d"))
    with pytest.raises(TooManyPages):
        pages_of(tmp_path, content, PPTX, ExtractionLimits(max_pages=1))


def test_a_footer_is_read_once_and_slide_numbers_not_at_all(tmp_path):
    from pptx import Presentation

    presentation = Presentation()
    for number in (1, 2):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
        for placeholder in slide.slide_layout.placeholders:
            if placeholder.placeholder_format.idx in (11, 12):
                copied = copy.deepcopy(placeholder.element)
                slide.shapes.element.append(copied)
                slide.shapes[-1].text_frame.text = "Mairie" if "ftr" in str(copied.xml) else "7"
    buffer = io.BytesIO()
    presentation.save(buffer)
    assert [page.text for page in pages_of(tmp_path, buffer.getvalue(), PPTX)] == [
        "Slide 1\n\nMairie",
        "Slide 2",
    ]


def test_groups_merged_cells_and_shapes_for_newer_programs_are_read(tmp_path):
    from pptx import Presentation
    from pptx.util import Cm

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "in a group"
    table = slide.shapes.add_table(2, 2, Cm(1), Cm(1), Cm(9), Cm(9)).table
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(0, 0).text, table.cell(1, 0).text, table.cell(1, 1).text = "Wide", "a", "b"
    newer = (
        f'<mc:AlternateContent xmlns:mc="{COMPATIBILITY}" xmlns:a="{DRAWING}"><mc:Choice>'
        "<a:p><a:r><a:t>newer</a:t></a:r></a:p></mc:Choice><mc:Fallback><a:p><a:r><a:t>older"
        "</a:t></a:r></a:p></mc:Fallback></mc:AlternateContent>"
    )
    slide.shapes.element.append(etree.fromstring(newer))
    buffer = io.BytesIO()
    presentation.save(buffer)
    assert text_of(tmp_path, buffer.getvalue(), PPTX) == "in a group\n\nWide\na | b\n\nnewer"


def test_the_texts_of_a_diagram_are_read_and_one_that_is_missing_does_no_harm(tmp_path):
    from pptx import Presentation
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    texts = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in ("Plan", "Do"))
    data = f'<x xmlns:a="{DRAWING}">{texts}<a:p/></x>'.encode()
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, data)
    for relation in (slide.part.relate_to(part, f"{RELATIONS}/diagramData"), "rId99"):
        slide.shapes.element.append(etree.fromstring(DIAGRAM.format(relation)))
    buffer = io.BytesIO()
    presentation.save(buffer)
    assert text_of(tmp_path, buffer.getvalue(), PPTX) == "Plan\nDo"


# --- XLSX -------------------------------------------------------------------------------------


def test_an_xlsx_has_a_page_per_sheet_whose_rows_say_what_their_values_are(tmp_path):
    content = files.xlsx(
        Staff=[["Name", "Born", "Share"], ["Ann", dt.date(1990, 5, 1), 0.5], ["Bob", None, 2.0]],
        Empty=[],
        Other=[["only cell"]],
    )
    staff, other = pages_of(tmp_path, content, XLSX)
    assert staff.text == (
        "Staff\nName | Born | Share\n"
        "Name: Ann | Born: 1990-05-01 | Share: 0.5\nName: Bob | Share: 2"
    )
    assert (staff.label, other.label, other.number) == ("Staff", "Other", 2)


def test_rows_under_no_plain_header_are_bare(tmp_path):
    content = files.xlsx(Sheet=[[1, 2, 3], ["a", "b", "c"]])
    assert text_of(tmp_path, content, XLSX) == "Sheet\n1 | 2 | 3\na | b | c"


def test_a_long_sheet_is_cut_between_rows(tmp_path):
    content = files.xlsx(Long=[["Code", "Text"], *([n, "word " * 20] for n in range(600))])
    pages = pages_of(tmp_path, content, XLSX)
    assert len(pages) > 2
    assert all(len(page.text) <= 20_000 and page.label == "Long" for page in pages)
    lines = [line for page in pages for line in page.text.split("\n")]
    assert [line for line in lines[2:] if not line.startswith("Code: ")] == []
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


def test_percentages_are_read_as_shown(tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active["A1"] = 0.125
    workbook.active["A1"].number_format = "0.0%"
    buffer = io.BytesIO()
    workbook.save(buffer)
    assert text_of(tmp_path, buffer.getvalue(), XLSX) == "Sheet\n12.5 %"


# --- ODT --------------------------------------------------------------------------------------


def test_an_odt_keeps_headings_lists_tables_and_notes(tmp_path):
    content = files.odt(
        '<text:h text:outline-level="1">Congés</text:h>'
        "<text:p>Vingt<text:s text:c='2'/>jours<text:note>"
        "<text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>ouvrés</text:p></text:note-body></text:note> par an</text:p>"
        "<text:list><text:list-item><text:p>été</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
        "<table:table-cell><text:p>B</text:p></table:table-cell></table:table-row></table:table>"
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        "<text:table-of-content><text:p>Congés 1</text:p></text:table-of-content>"
    )
    (page,) = pages_of(tmp_path, content, ODT)
    assert page.text == "Congés\n\nVingt  jours (ouvrés) par an\n- été\nA | B"
    assert page.headings == (Heading(1, "Congés", 0),)


def test_the_lists_of_an_odt_keep_their_numbers_and_depth(tmp_path):
    numbered = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"'
        ' style:num-format="1" style:num-suffix="."/><text:list-level-style-number text:level="2"'
        ' style:num-format="a" style:num-suffix=")"/></text:list-style>'
    )
    inner = "<text:list><text:list-item><text:p>sous</text:p></text:list-item></text:list>"
    content = files.odt(
        '<text:list text:style-name="L1"><text:list-item><text:p>un</text:p><text:p>suite</text:p>'
        f"{inner}</text:list-item><text:list-item><text:p>deux</text:p></text:list-item></text:list>"
        '<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item>'
        "<text:p>trois</text:p></text:list-item></text:list>",
        styles=numbered,
    )
    assert text_of(tmp_path, content, ODT) == ("1. un\n  suite\n  a) sous\n2. deux\n3. trois")


def test_merged_and_repeated_cells_of_an_odt_keep_the_columns(tmp_path):
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    covered = "<table:covered-table-cell/>"
    content = files.odt(
        "<table:table><table:table-row>"
        + cell.format(' table:number-columns-spanned="2"', "A")
        + covered
        + cell.format("", "B")
        + "</table:table-row><table:table-row>"
        + cell.format(' table:number-columns-repeated="3"', "x")
        + "</table:table-row></table:table>"
    )
    assert text_of(tmp_path, content, ODT) == "A |  | B\nx | x | x"


def test_the_title_of_an_odt_is_a_heading_and_hidden_sections_are_left_out(tmp_path):
    content = files.odt(
        '<text:p text:style-name="Title">Rapport</text:p><text:p>Corps</text:p>'
        '<text:section text:display="none"><text:p>caché</text:p></text:section>'
    )
    (page,) = pages_of(tmp_path, content, ODT)
    assert (page.text, page.headings) == ("Rapport\n\nCorps", (Heading(1, "Rapport", 0),))


def test_footers_of_an_odt_are_read_once(tmp_path):
    footer = "<style:footer><text:p>Siège social</text:p></style:footer>"
    content = files.odt("<text:p>Corps</text:p>", styles=footer * 2)
    assert text_of(tmp_path, content, ODT) == "Corps\n\nSiège social"


def test_an_odt_with_entities_is_not_blown_up(tmp_path):
    import zipfile

    content = files.odt("<text:p>&b;</text:p>")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    entries["content.xml"] = bomb + entries["content.xml"]
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, files.zipped(entries), ODT)


def test_an_encrypted_odt_is_refused(tmp_path):
    with pytest.raises(EncryptedFile):
        pages_of(tmp_path, files.odt("", manifest="<encryption-data/>"), ODT)


def test_an_odt_of_broken_xml_is_damaged(tmp_path):
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, files.odt("<text:p>"), ODT)
