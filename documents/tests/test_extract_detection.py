from __future__ import annotations

import pytest

from documents.adapters.extractors import READABLE, get_extractor
from documents.adapters.extractors.detect import detect_media_type
from documents.adapters.extractors.formats import (
    BY_EXTENSION,
    CSV,
    DOCX,
    EML,
    HTML,
    LABELS,
    MARKDOWN,
    ODP,
    ODT,
    PDF,
    PLAIN,
    PPTX,
    SAVE_AS,
    XLSX,
)
from documents.adapters.tools.converting import CONVERTED
from documents.errors import (
    CorruptFile,
    EmptyFile,
    EncryptedFile,
    TypeMismatch,
    UnknownType,
    UnreadFormat,
)
from documents.tests import files
from documents.tests.extracting import text_of


@pytest.fixture
def detect(tmp_path):
    def detect_content(content: bytes, name: str) -> str:
        path = tmp_path / "stored-without-a-name"
        path.write_bytes(content)
        return detect_media_type(path, name)

    return detect_content


ODT_BYTES = files.odt("<text:p>Bonjour</text:p>")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS, ENABLED = "application/vnd.", ".macroEnabled.main"
MANIFEST = '<m:file-entry m:full-path="/" m:media-type="{}"/>'


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (files.pdf("text"), "report.pdf", PDF),
        (files.pdf("text"), "REPORT.PDF", PDF),
        (files.pdf("text"), "no extension", PDF),
        (b"\xef\xbb\xbf\n" + files.pdf("text"), "junk-before.pdf", PDF),
        (files.docx("text"), "letter.docx", DOCX),
        (files.docx("text"), "letter v1.2", DOCX),
        (files.pptx(("a", "b")), "slides.pptx", PPTX),
        (files.xlsx(Sheet=[["a"]]), "table.xlsx", XLSX),
        (ODT_BYTES, "lettre.odt", ODT),
        (b"<p>Bonjour", "page.html", HTML),
        (b"<!DOCTYPE html><p>Bonjour", "page", HTML),
        ("<p>été".encode("utf-16"), "page.htm", HTML),
        (b"# Title", "read.md", MARKDOWN),
        (b"# Title", "read.txt", PLAIN),
        (b"a;b", "data.csv", CSV),
        (b"a\tb", "data.tsv", CSV),
        ("été".encode("utf-16-le") * 20, "unmarked.txt", PLAIN),
        ("été".encode("cp1252"), "old.txt", PLAIN),
        (b"hello", "README", PLAIN),
        (b"Subject: x\n\nbody", "mail.eml", EML),
    ],
)
def test_the_content_tells_the_type(detect, content, name, expected):
    assert detect(content, name) == expected


def test_an_empty_file_is_refused_by_name(detect):
    with pytest.raises(EmptyFile) as refused:
        detect(b"", "vide.pdf")
    assert refused.value.params == {"file": "vide.pdf"}


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (files.png(), "photo.pdf", "PNG"),
        (b"just text", "report.pdf", "TXT"),
        (b"This is not a zip file!", "letter.odt", "TXT"),
        (files.docx("text"), "report.pdf", "DOCX"),
        (files.pdf("text"), "report.docx", "PDF"),
        (files.pdf("text"), "report.doc", "PDF"),
        (files.xlsx(Sheet=[["a"]]), "table.docx", "XLSX"),
        (b"{\\rtf1 hello}", "letter.txt", "RTF"),
        (files.zipped({"a.txt": "a"}), "letter.docx", "ZIP"),
        (b"no header here", "mail.eml", "TXT"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "letter.docx",
            "OLE (DOC, XLS, PPT, MSG)",
        ),
    ],
)
def test_a_name_that_lies_is_refused_with_what_was_found(detect, content, name, found):
    with pytest.raises(TypeMismatch) as refused:
        detect(content, name)
    assert refused.value.params == {"file": name, "found": found}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.bak"),
        (bytes(range(256)) * 4, "random.bin"),
        (b"print('hello')", "program.py"),
        (b"{}", "data.json"),
        (files.zipped({"a.txt": "a"}), "archive.zip"),
        (b"PK\x03\x04 cut off", "archive.zip"),
    ],
)
def test_a_type_that_cannot_be_read_is_refused_with_those_that_can(detect, content, name):
    with pytest.raises(UnknownType) as refused:
        detect(content, name)
    assert refused.value.params["file"] == name
    assert all(label in str(refused.value.params["readable"]) for label in READABLE.values())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (files.encrypted_office(), "secret.docx"),
        (
            files.odt("", manifest="<manifest:encryption-data/>"),
            "secret.odt",
        ),
    ],
)
def test_an_encrypted_office_file_is_refused_as_such(detect, content, name):
    with pytest.raises(EncryptedFile) as refused:
        detect(content, name)
    assert refused.value.params == {"file": name}


def test_a_cut_off_docx_is_damaged(detect):
    with pytest.raises(CorruptFile) as refused:
        detect(files.docx("text")[:-2_000], "letter.docx")
    assert refused.value.params == {"file": "letter.docx"}


def test_a_docx_with_damage_inside_is_damaged(detect):
    content = bytearray(files.zipped({"[Content_Types].xml": DOCX * 50, "word/document.xml": "x"}))
    content[50:80] = b"\xff" * 30
    with pytest.raises(CorruptFile) as refused:
        detect(bytes(content), "letter.docx")
    assert refused.value.params == {"file": "letter.docx"}


def test_an_odt_without_its_mimetype_entry_is_told_by_its_manifest(detect):
    content = files.zipped(
        {"content.xml": "<x/>", "META-INF/manifest.xml": MANIFEST.format(files.ODT_TYPE)}
    )
    assert detect(content, "lettre.odt") == ODT


@pytest.mark.parametrize(
    ("name", "content", "main_part", "instead"),
    [
        ("model.dotx", files.docx("Hello"), f"{DOCX}.main", DOCX.replace(".document", ".template")),
        ("macro.docm", files.docx("Hello"), f"{DOCX}.main", f"{MACROS}ms-word.document{ENABLED}"),
        (
            "show.ppsx",
            files.pptx(("Hello", "")),
            f"{PPTX}.main",
            PPTX.replace("l.presentation", "l.slideshow"),
        ),
        (
            "macro.pptm",
            files.pptx(("Hello", "")),
            f"{PPTX}.main",
            f"{MACROS}ms-powerpoint.presentation{ENABLED}",
        ),
        (
            "macro.xlsm",
            files.xlsx(Sheet=[["Hello"]]),
            f"{XLSX}.main",
            f"{MACROS}ms-excel.sheet{ENABLED}",
        ),
    ],
)
def test_templates_and_files_with_macros_are_read_like_any(
    detect, tmp_path, name, content, main_part, instead
):
    instead = instead.removesuffix(".main") + ".main"
    changed = files.replaced(content, "[Content_Types].xml", main_part, instead)
    media_type = detect(changed, name)
    assert "Hello" in text_of(tmp_path, changed, media_type)


@pytest.mark.parametrize("media_type", sorted(set(READABLE) - CONVERTED))
def test_every_readable_type_has_an_extractor_that_claims_it(media_type):
    assert media_type in get_extractor(media_type).media_types


def test_a_type_without_an_extractor_is_refused():
    with pytest.raises(UnknownType):
        get_extractor("video/mp4")


def test_every_extension_leads_to_a_known_format():
    assert set(BY_EXTENSION.values()) <= set(LABELS)
    assert set(READABLE) | set(SAVE_AS) <= set(LABELS)


@pytest.mark.parametrize(
    ("content", "name", "found", "wanted"),
    [
        (
            files.zipped({"mimetype": ODP}),
            "slides.odp",
            "ODP",
            "PPTX",
        ),
        (
            files.zipped(
                {"[Content_Types].xml": "application/vnd.ms-excel.sheet.binary.macroEnabled.main"}
            ),
            "table.xlsb",
            "XLSB",
            "XLSX",
        ),
        (files.ole("Workbook"), "table.xls", "XLS", "XLSX"),
        (files.ole("PowerPoint Document"), "slides.ppt", "PPT", "PPTX"),
    ],
)
def test_a_known_format_that_is_not_read_says_what_to_save_it_as(
    detect, content, name, found, wanted
):
    with pytest.raises(UnreadFormat) as refused:
        detect(content, name)
    assert refused.value.params == {"file": name, "found": found, "wanted": wanted}


def test_a_damaged_old_file_of_word_is_damaged(detect):
    with pytest.raises(CorruptFile):
        detect(OLE + bytes(600), "old.doc")


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (files.ole("Workbook"), "letter.doc", "XLS"),
        (files.ole("WordDocument"), "letter.docx", "DOC"),
        (b"{\\rtf1 hello}", "letter.doc", "RTF"),
        (b"\xff\xd8\xff\xe0 jpeg", "scan.png", "JPEG"),
        (b"<!-- saved --><!DOCTYPE html><p>Not found", "report.pdf", "HTML"),
        (files.docx("text"), "letter.zip", "DOCX"),
    ],
)
def test_what_is_not_read_or_told_by_its_parts_still_shows_that_a_name_lies(
    detect, content, name, found
):
    with pytest.raises(TypeMismatch) as refused:
        detect(content, name)
    assert refused.value.params == {"file": name, "found": found}


def test_a_whole_html_page_called_text_is_read_as_the_page_it_is(detect):
    assert detect(b"<?xml version='1.0'?>\n<html><p>Bonjour", "page.txt") == HTML
    assert detect(b"Write <html> first", "notes.txt") == PLAIN


def test_a_zip_that_also_holds_a_pdf_signature_is_what_its_parts_say(detect):
    polyglot = files.zipped({"%PDF-1.7": "", **files.entries_of(files.docx("text"))})
    assert detect(polyglot, "letter.docx") == DOCX
