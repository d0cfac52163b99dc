"""What OCR saw, as text with places; and which pages are given to it."""

from __future__ import annotations

import pytest

from documents.adapters.extractors.pdf import PdfExtractor
from documents.adapters.tools.tesseract import SeenWord
from documents.geometry import Box, as_shown, as_stored
from documents.ocr import named
from documents.ports import ExtractionLimits
from documents.scans import Sheet, read_scan
from documents.tests import files
from documents.tests.scanning import image_file, joined, line_of, picture, scanned_pdf

A4 = Sheet(width=600, height=800, rotation=0, resolution=72)


def test_words_stand_in_their_lines_and_paragraphs():
    other = SeenWord("Deux", 0, 500, 50, 10, 0.9, (1, 2, 1))
    found = read_scan([*line_of("Congé", "payé"), *line_of("annuel", line=2), other], A4)
    assert found.text == "Congé payé\nannuel\n\nDeux"
    assert [found.text[word.start : word.end] for word in found.words] == [
        "Congé",
        "payé",
        "annuel",
        "Deux",
    ]


def test_a_word_that_a_line_end_breaks_is_whole_and_has_a_box_in_each_line():
    found = read_scan([*line_of("la", "procé-"), *line_of("dure", "est", line=2)], A4)
    assert found.text == "la procédure est"
    parts = [(found.text[word.start : word.end], word.box.top) for word in found.words]
    assert parts == [("la", 700), ("procé", 700), ("dure", 600), ("est", 600)]


def test_stains_and_rules_are_no_words():
    unsure = line_of("blot", confidence=0.1, line=2)
    found = read_scan([*line_of("|", "—"), *unsure, *line_of("Text", line=3)], A4)
    assert (found.text, found.confidence) == ("Text", 0.9)


def test_a_word_that_it_is_unsure_of_stays_among_others():
    unsure = SeenWord("over.", 700, 100, 50, 20, 0.0, (1, 1, 1))
    assert read_scan([*line_of("are", "carried"), unsure], A4).text == "are carried over."


def test_the_confidence_is_that_of_the_letters():
    words = [*line_of("long" * 2, confidence=1.0), *line_of("ab", confidence=0.5, line=2)]
    assert read_scan(words, A4).confidence == 0.9
    assert read_scan([], A4).confidence == 0.0


def test_boxes_are_points_from_the_lower_left_corner():
    word = SeenWord("word", 300, 600, 150, 60, 0.9, (1, 1, 1))
    (placed,) = read_scan([word], Sheet(600, 800, 0, 144)).words
    assert placed.box == Box(150, 470, 225, 500)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_box_on_a_turned_page_is_stored_as_on_the_unturned_one(rotation):
    box = Box(100, 200, 150, 220)
    turned = (800, 600) if rotation in {90, 270} else (600, 800)
    stored = as_stored(box, width=600, height=800, rotation=rotation)
    x, y, across, up = as_shown(stored, width=600, height=800, rotation=rotation)
    assert (x, y, across, up) == (100, turned[1] - 220, 50, 20)


def test_pages_are_named_in_ranges():
    assert named([2, 5, 6, 7]) == "2, 5-7"
    assert named(range(1, 100, 2)).endswith(", …")


def scans_in(content, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    return [page.is_scan for page in PdfExtractor().extract(path, ExtractionLimits())]


def test_a_scan_is_told_from_text_and_from_an_empty_page(tmp_path):
    content = joined(files.pdf("Only text"), scanned_pdf("A scan"), files.pdf(""))
    assert scans_in(content, tmp_path) == [False, True, False]


def test_a_scan_under_a_page_number_is_one_and_under_its_own_text_is_none(tmp_path):
    assert scans_in(joined(scanned_pdf("A scan"), stamp="12"), tmp_path) == [True]
    text = "The text that a scanner has put behind its picture, more than any page number has."
    assert scans_in(joined(scanned_pdf("A scan"), stamp=text), tmp_path) == [False]


def test_a_small_picture_beside_few_words_is_no_scan(tmp_path):
    from pypdfium2 import PdfDocument, PdfImage, PdfMatrix

    document = PdfDocument(files.pdf("Chapter 1"))
    logo = PdfImage.new(document)
    stamp = tmp_path / "logo.jpg"
    stamp.write_bytes(image_file("JPEG", picture("", size=(80, 80))))
    logo.load_jpeg(stamp)
    logo.set_matrix(PdfMatrix().scale(80, 80).translate(50, 50))
    page = document[0]
    page.insert_obj(logo)
    page.gen_content()
    document.save(tmp_path / "made.pdf")
    assert scans_in((tmp_path / "made.pdf").read_bytes(), tmp_path) == [False]
