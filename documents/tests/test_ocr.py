"""The step that reads scans, on documents that are really ingested."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import reverse

from common.errors import NotFound
from documents import ocr
from documents.adapters.tools.runner import ToolBounds, ToolFailed
from documents.adapters.tools.tesseract import read_picture
from documents.errors import ExtractionExceeded, OcrMissing
from documents.geometry import unpack
from documents.ingestion import ingest
from documents.models import CorpusGrant, DocumentVersion, Page
from documents.tests import files
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online, upload
from documents.tests.scanning import joined, line_of, picture, reads, scanned_pdf
from documents.version_services import cancel_version, retry_version

pytestmark = pytest.mark.django_db
State = DocumentVersion.State
__all__ = ["reads"]


@pytest.fixture
def corpus(organisation, alice):
    corpus = make_corpus(organisation, "Archive")
    grant(corpus, alice, CorpusGrant.Right.CURATE)
    return corpus


def texts_of(version):
    return list(Page.objects.filter(version=version).values_list("text", flat=True))


def without_ocr(monkeypatch):
    monkeypatch.setattr(ocr, "find_tesseract", lambda: "")


# --- with Tesseract -----------------------------------------------------------------------------


def test_a_scan_is_read_and_its_words_are_marked_where_they_stand(alice, corpus, program, client):
    program("tesseract", package="tesseract-ocr")
    scan = scanned_pdf("The annual leave is\ntwenty-five days.")
    version = bring_online(alice, corpus, "scan.pdf", joined(files.pdf("Cover"), scan))
    assert (version.state, version.remarks, version.language) == (State.READY, [], "en")
    cover, page = Page.objects.filter(version=version)
    assert (cover.is_scan, cover.ocr_confidence) == (False, None)
    assert page.text == "The annual leave is\ntwenty-five days."
    assert page.ocr_confidence > 0.8
    (leave,) = (w for w in unpack(page.words.packed) if page.text[w.start : w.end] == "leave")
    # Drawn some 120 pixels from the left and 150 from the top, at 150 to the inch of a 842 points.
    assert 842 - 72 - 34 <= leave.box.bottom < leave.box.top <= 842 - 72 + 6
    assert 57 + 60 <= leave.box.left < leave.box.right <= 57 + 180
    client.force_login(alice)
    start = page.text.index("leave")
    marks = {"page": 2, "start": start, "end": start + 5}
    response = client.get(reverse("documents:source", args=[version.document_id]), marks)
    assert len(response.context["boxes"]) == 1


def test_a_scan_that_was_fed_sideways_is_read_all_the_same(alice, corpus, program):
    program("tesseract", package="tesseract-ocr")
    lines = "The annual leave is\ntwenty-five days a year\nfor everybody in the house\n"
    version = bring_online(alice, corpus, "scan.pdf", scanned_pdf(lines * 3, turned=90))
    assert "twenty-five days a year" in texts_of(version)[0]


def test_a_page_for_which_memory_is_short_is_not_taken_for_an_empty_one(tmp_path, program):
    program("tesseract", package="tesseract-ocr")
    page = tmp_path / "page-1.pgm"
    picture("Text\n" * 10).resize((5_000, 7_000)).save(page)
    with pytest.raises((ToolFailed, ExtractionExceeded)):
        read_picture(page, "en", 300, ToolBounds(60, 160), lambda: None)


# --- whatever reads them ------------------------------------------------------------------------


def test_a_page_number_over_a_scan_gives_way_to_what_is_read(alice, corpus, reads):
    reads("Long", "text", "12")
    version = bring_online(alice, corpus, "a.pdf", joined(scanned_pdf("x"), stamp="12"))
    assert texts_of(version) == ["Long text 12"]


def test_a_text_of_which_less_is_seen_stays_as_the_file_has_it(alice, corpus, reads):
    reads("12")
    version = bring_online(alice, corpus, "a.pdf", joined(scanned_pdf("x"), stamp="Page 12"))
    page = Page.objects.get(version=version)
    assert (page.text, page.is_scan, page.ocr_confidence) == ("Page 12", False, None)
    assert version.remarks == []


def test_the_reading_goes_on_behind_the_pages_that_are_read(alice, corpus, reads):
    def seen(name):
        if shown.count("page-3") == 1 and name == "page-3":
            raise KeyboardInterrupt  # as good as a kill: nothing is tidied up on the row
        return line_of("Words", "of", name)

    shown = reads(seen)
    version = upload(alice, corpus, "a.pdf", scanned_pdf(*["x"] * 4))
    with pytest.raises(KeyboardInterrupt):
        ingest(version.pk)
    version.refresh_from_db()
    assert (version.step, version.progress_done, version.progress_total) == ("ocr", 2, 4)
    DocumentVersion.objects.update(state=State.QUEUED)
    ingest(version.pk)
    version.refresh_from_db()
    assert version.state == State.READY
    assert Counter(shown) == {"page-1": 1, "page-2": 1, "page-3": 2, "page-4": 1}


def test_a_cancelled_reading_stops_behind_the_page_that_is_under_way(alice, corpus, reads):
    def seen(name):
        cancel_version(by=alice, version=version)
        return line_of("Words")

    shown = reads(seen)
    version = upload(alice, corpus, "a.pdf", scanned_pdf("x", "x"))
    ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, shown) == (State.CANCELLED, ["page-1"])
    assert texts_of(version) == ["", ""]


def test_a_page_that_cannot_be_read_does_not_cost_the_others(alice, corpus, reads):
    def seen(name):
        if name == "page-2":
            raise ToolFailed(1, "broken")
        return line_of("Words")

    reads(seen)
    version = bring_online(alice, corpus, "a.pdf", scanned_pdf(*["x"] * 3))
    assert (version.state, texts_of(version)) == (State.READY, ["Words", "", "Words"])
    assert version.remarks == [{"code": "pages-not-read", "params": {"pages": "2"}}]


def test_scans_on_which_nothing_is_seen_are_no_text(alice, corpus, reads):
    reads()
    version = bring_online(alice, corpus, "a.pdf", scanned_pdf("x"))
    assert (version.state, version.error_code) == (State.FAILED, "file-no-text")
    assert not version.can_be_retried


# --- without it ---------------------------------------------------------------------------------


def test_scans_alone_wait_until_they_can_be_read(alice, corpus, reads, monkeypatch):
    without_ocr(monkeypatch)
    version = bring_online(alice, corpus, "a.pdf", scanned_pdf("x"))
    assert (version.state, version.error_code) == (State.FAILED, "file-image-only")
    assert "a.pdf" in version.error_sentence
    assert version.can_be_retried
    reads("Words")
    retry_version(by=alice, version=version)
    ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, texts_of(version)) == (State.READY, ["Words"])


def test_scans_are_left_alone_where_the_corpus_wants_it_so(alice, corpus, reads):
    shown = reads("Words")
    corpus.ocr = False
    corpus.save()
    version = bring_online(alice, corpus, "a.pdf", scanned_pdf("x"))
    assert (version.error_code, shown) == ("file-image-only", [])


def test_pages_left_unread_are_named_and_blank_ones_are_not(alice, corpus, monkeypatch):
    without_ocr(monkeypatch)
    scan, blank, text = scanned_pdf("x"), files.pdf(""), files.pdf("Some text")
    content = joined(text, scan, blank, text, scan, scan, scan)
    version = bring_online(alice, corpus, "a.pdf", content)
    assert version.state == State.READY
    (sentence,) = version.remark_sentences
    assert "2, 5-7." in sentence


def test_blank_pages_alone_are_no_text_rather_than_unread(alice, corpus, monkeypatch):
    without_ocr(monkeypatch)
    version = bring_online(alice, corpus, "a.pdf", files.pdf("", ""))
    assert version.error_code == "file-no-text"


def test_what_is_online_without_its_scans_can_be_read_again(alice, bob, corpus, reads, monkeypatch):
    without_ocr(monkeypatch)
    content = joined(files.pdf("Some text"), scanned_pdf("x"))
    old = bring_online(alice, corpus, "a.pdf", content)
    assert old.can_be_retried
    with pytest.raises(OcrMissing):
        retry_version(by=alice, version=old)
    reads("Words")
    with pytest.raises(NotFound):
        retry_version(by=bob, version=old)
    assert retry_version(by=alice, version=old)
    assert not retry_version(by=alice, version=old)  # it is under way
    new = DocumentVersion.objects.get(state=State.QUEUED)
    old.refresh_from_db()
    assert old.live
    ingest(new.pk)
    new.refresh_from_db()
    assert (new.live, new.remarks, texts_of(new)) == (True, [], ["Some text", "Words"])
    assert not new.can_be_retried
