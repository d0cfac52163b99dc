"""Which pages of a PDF are pictures of text, told without drawing them."""

from __future__ import annotations

from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium_c

# A page number, a stamp or a running title over a scan; more is the text itself.
_MARGINAL_LETTERS = 60
# Of a page's text, to count that many letters in.
_ENOUGH_CHARACTERS = 600
# Of the page, for a picture under such text; strips of one scan count together.
_SHARE_UNDER_TEXT = 0.5
# Of the page, for the pictures of one without any text: less is a spot or a rule.
_SHARE_ALONE = 0.01
# Text that is drawn letter by letter as curves.
_DRAWN_LETTERS = 60
_MOST_OBJECTS = 2_000


def is_scan(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether OCR may find text on the page that `text`, which the file has, does not hold."""
    letters = sum(map(str.isalnum, text[:_ENOUGH_CHARACTERS]))
    if letters > _MARGINAL_LETTERS:
        return False
    try:
        share, curves = _pictures(page)
    except pypdfium2.PdfiumError:  # a broken object; the text is there
        return False
    if letters:
        return share >= _SHARE_UNDER_TEXT
    return share >= _SHARE_ALONE or curves >= _DRAWN_LETTERS


def _pictures(page: pypdfium2.PdfPage) -> tuple[float, int]:
    """The share of the page that pictures cover, and the number of curves."""
    width, height = page.get_size()
    covered, curves = 0.0, 0
    for shape in islice(page.get_objects(), _MOST_OBJECTS):
        if shape.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = shape.get_bounds()
            covered += abs((right - left) * (top - bottom))
        elif shape.type == pdfium_c.FPDF_PAGEOBJ_PATH:
            curves += 1
    return covered / max(width * height, 1.0), curves
