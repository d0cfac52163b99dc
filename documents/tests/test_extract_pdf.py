from __future__ import annotations

import io
import subprocess
import sys

import pytest

from documents.adapters.extractors import get_extractor
from documents.adapters.extractors import pdf as pdf_extractor
from documents.adapters.extractors.formats import PDF
from documents.adapters.extractors.hyphens import HyphenMender
from documents.errors import CorruptFile, EncryptedFile, RepairedFile, TooManyPages
from documents.models import DocumentVersion
from documents.ports import ExtractionLimits, Heading
from documents.tests.extracting import pages_of
from documents.tests.files import pdf
from documents.tests.pipeline import bring_online


def test_a_pdf_is_read_page_by_page_with_line_ends_normalised(tmp_path):
    pages = pages_of(tmp_path, pdf("Première ligne\ndeuxième", "page two"), PDF)
    assert [(page.number, page.text) for page in pages] == [
        (1, "Première ligne\ndeuxième"),
        (2, "page two"),
    ]


def test_the_number_of_pages_is_known_before_they_are_read(tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf("one", "two", "three"))
    assert get_extractor(PDF).page_count(tmp_path / "a.pdf", ExtractionLimits()) == 3


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_size_is_that_of_the_unrotated_page(tmp_path, turn):
    (page,) = pages_of(tmp_path, pdf("text", size=(300, 500), rotate=turn), PDF)
    assert (page.width, page.height, page.rotation) == (300, 500, turn)


def test_a_page_is_called_what_the_file_calls_it_where_that_is_not_its_number(tmp_path):
    content = pdf(
        *"abcde", labels="0 << /S /r >> 2 << /S /D /St 3 >> 4 << /P (A very long name) >>"
    )
    labels = [page.label for page in pages_of(tmp_path, content, PDF)]
    assert labels == ["i", "ii", "", "", ""]


def test_blank_pages_keep_their_numbers(tmp_path):
    pages = pages_of(tmp_path, pdf("first", "", "third"), PDF)
    assert [(page.number, page.text) for page in pages] == [(1, "first"), (2, ""), (3, "third")]


def test_pages_without_text_are_kept_with_their_size_for_who_reads_scans(tmp_path):
    pages = pages_of(tmp_path, pdf("", "", size=(300, 500), rotate=90), PDF)
    assert [(page.number, page.text, page.width, page.height) for page in pages] == [
        (1, "", 300, 500),
        (2, "", 300, 500),
    ]
    assert {page.rotation for page in pages} == {90}


def test_a_pdf_with_a_password_is_refused_as_encrypted(tmp_path):
    with pytest.raises(EncryptedFile):
        pages_of(tmp_path, pdf("secret", password="sesame"), PDF)


@pytest.mark.parametrize("content", [b"%PDF-1.4\nrubbish", pdf("text")[:200]])
def test_a_damaged_pdf_is_refused(tmp_path, content):
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, content, PDF)


def cut_off(*pages: str) -> bytes:
    """What a broken download leaves: without its end, where the list of all objects is. PDFium
    does not open it."""
    content = pdf(*pages)
    return content[: content.rindex(b"xref\n0 ")]


def test_a_damaged_pdf_is_repaired_and_says_so(tmp_path):
    (tmp_path / "a.pdf").write_bytes(cut_off("first page", "second page"))
    extractor = get_extractor(PDF)
    assert extractor.page_count(tmp_path / "a.pdf", ExtractionLimits()) == 2
    pages = list(extractor.extract(tmp_path / "a.pdf", ExtractionLimits()))
    assert [page.text for page in pages] == ["first page", "second page"]
    assert [type(remark) for remark in extractor.remarks] == [RepairedFile]


def test_a_sound_pdf_is_not_repaired(tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf("first page"))
    extractor = get_extractor(PDF)
    assert len(list(extractor.extract(tmp_path / "a.pdf", ExtractionLimits()))) == 1
    assert extractor.remarks == []


def test_a_repaired_pdf_goes_online_with_a_remark(erin, handbook):
    version = bring_online(erin, handbook, "cut.pdf", cut_off("The canteen opens at noon."))
    assert (version.state, version.error_code) == (DocumentVersion.State.READY, "")
    assert version.remarks == [{"code": "file-repaired", "params": {"file": "cut.pdf"}}]
    assert "cut.pdf" in version.remark_sentences[0]


def test_a_pdf_that_only_its_owner_may_change_is_read(tmp_path):
    import pikepdf

    for strength in (2, 3, 4, 6):
        buffer = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf("for everybody"))) as document:
            weak = {"aes": False, "metadata": False} if strength < 4 else {}
            protection = pikepdf.Encryption(owner="owner", user="", R=strength, **weak)
            document.save(buffer, encryption=protection)
        (page,) = pages_of(tmp_path, buffer.getvalue(), PDF)
        assert page.text == "for everybody"


def test_a_pdf_with_too_many_pages_is_refused_with_the_limit(tmp_path):
    with pytest.raises(TooManyPages) as refused:
        pages_of(tmp_path, pdf("1", "2", "3"), PDF, ExtractionLimits(max_pages=2))
    assert refused.value.params == {"limit": 2}


def test_bookmarks_become_headings_where_their_title_stands(tmp_path):
    content = pdf(
        "see Leave below\nLeave\nTwenty days.",
        "Sick  leave\nCall first.",
        bookmarks=[(1, "Leave", 1), (2, "Sick leave", 2), (2, "Not in the text", 2)],
    )
    first, second = pages_of(tmp_path, content, PDF)
    assert first.headings == (Heading(1, "Leave", 16),)
    assert second.headings == (Heading(2, "Sick leave", 0),)


def test_a_word_broken_at_a_line_end_is_whole_again(tmp_path):
    content = pdf("The committee discusses nego-\ntiation at length.")
    (page,) = pages_of(tmp_path, content, PDF)
    assert page.text == "The committee discusses negotiation at length."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in-network care; an in\ufffenetwork doctor", "in-network care; an in-network doctor"),
        (
            "sous contrat, un traitant, le sous\ufffetraitant",
            "sous contrat, un traitant, le sous-traitant",
        ),
        ("information is in\ufffeformation", "information is information"),
        ("COVID\ufffe19", "COVID-19"),
        ("Jean\ufffePaul", "Jean-Paul"),
        ("acces\ufffesibilité", "accessibilité"),
        ("a stray \ufffe mark", "a stray - mark"),
    ],
)
def test_real_hyphens_at_line_ends_are_told_from_mere_breaks(text, expected):
    assert HyphenMender().mend(text) == expected


def test_text_that_is_hardly_ever_hyphenated_keeps_its_hyphens():
    mender = HyphenMender()
    mender.mend("a line\n" * 300)
    assert mender.mend("cutting\ufffeedge") == "cutting-edge"


def test_reading_a_pdf_loads_no_other_parser():
    code = (
        "import sys; from documents.adapters.extractors import get_extractor;"
        f"get_extractor('{PDF}');"
        "print([m for m in ('docx', 'pptx', 'openpyxl', 'lxml', 'langchain_text_splitters')"
        " if m in sys.modules], 'pypdfium2' in sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[] True"


def test_a_large_pdf_is_opened_anew_now_and_then_and_reads_the_same(tmp_path, monkeypatch):
    texts = [f"page {number} of the re-\nport" for number in range(5)]
    content = pdf(*texts, bookmarks=[(1, "page 3", 4)])
    whole = pages_of(tmp_path, content, PDF)
    opened = []
    open_once = pdf_extractor._opened
    monkeypatch.setattr(pdf_extractor, "_opened", lambda path: opened.append(1) or open_once(path))
    monkeypatch.setattr(pdf_extractor, "_OPEN_BYTES", 1)
    monkeypatch.setattr(pdf_extractor, "_FEWEST_PAGES", 2)
    assert pages_of(tmp_path, content, PDF) == whole
    assert len(opened) == 1 + 3
    assert [heading.text for heading in whole[3].headings] == ["page 3"]
