"""Scans for tests: pages of drawn words, as PDF or as images."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image, ImageDraw, ImageFont

from documents import ocr
from documents.adapters.tools.tesseract import SeenWord

# Dots per inch; small, so that drawing them takes no time.
RESOLUTION = 150
SHEET = (1240, 1754)  # A4 at that


def picture(text: str, *, size: tuple[int, int] = SHEET) -> Image.Image:
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).text((120, 150), text, 0, ImageFont.load_default(34), spacing=16)
    return image


def image_file(kind: str, *pages: Image.Image) -> bytes:
    """A file of that Pillow format; more than one page where it has several."""
    stream = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(stream, kind, dpi=(RESOLUTION, RESOLUTION), **more)
    return stream.getvalue()


def scanned_pdf(*pages: str, turned: int = 0) -> bytes:
    """One scan for each text; `turned` degrees clockwise, as a page that is fed sideways."""
    images = [picture(text).rotate(-turned, expand=True) for text in pages]
    stream = io.BytesIO()
    images[0].save(stream, "PDF", resolution=RESOLUTION, save_all=True, append_images=images[1:])
    return stream.getvalue()


def joined(*files: bytes, stamp: str = "", rotation: int = 0) -> bytes:
    """The pages of several PDFs, with `stamp` as text on each and turned by the viewer."""
    whole = pypdfium2.PdfDocument.new()
    for content in files:
        whole.import_pages(pypdfium2.PdfDocument(content))
    for page in whole:
        page.set_rotation(rotation)
        if stamp:
            _stamp(whole, page, stamp)
    stream = io.BytesIO()
    whole.save(stream)
    return stream.getvalue()


def _stamp(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, text: str) -> None:
    shape = pdfium_c.FPDFPageObj_NewTextObj(document, b"Helvetica", ctypes.c_float(9))
    units = (ctypes.c_ushort * (len(text) + 1))(*map(ord, text), 0)
    pdfium_c.FPDFText_SetText(shape, units)
    pdfium_c.FPDFPageObj_Transform(shape, 1, 0, 0, 1, 280, 20)
    pdfium_c.FPDFPage_InsertObject(page, shape)
    page.gen_content()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """OCR that sees these words on every page, one line; returns the pictures that it was shown.

    A word may be a function instead, which is called for the picture.
    """

    def install(*words: str | Callable[[str], list[SeenWord]]) -> list[str]:
        shown: list[str] = []

        def read(path, language, resolution, bounds, on_wait):
            assert path.exists()
            shown.append(path.stem)
            if words and callable(words[0]):
                return words[0](path.stem)
            return line_of(*words)

        monkeypatch.setattr(ocr, "find_tesseract", lambda: "tesseract")
        monkeypatch.setattr(ocr, "read_picture", read)
        return shown

    return install


def line_of(*words: str, confidence: float = 0.9, line: int = 1) -> list[SeenWord]:
    return [
        SeenWord(word, 100 + 300 * at, 100 * line, 250, 50, confidence, (1, 1, line))
        for at, word in enumerate(words)
    ]
