"""A PDF as heavy as wanted: pages of text, each with a picture that does not compress."""

from __future__ import annotations

import random
from pathlib import Path

import pikepdf

from bench.passages import files

WIDTH = 300
LINE_CHARACTERS = 90
LINES = 45


def write_pdf(path: Path, *, pages: int, size_bytes: int) -> None:
    randomness = random.Random(7)
    height = max(1, size_bytes // pages // WIDTH)
    texts = [text for _name, text in files(pages * 4)]
    words = " ".join(texts).split()
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
        for number in range(pages):
            picture = pdf.make_stream(
                randomness.randbytes(WIDTH * height),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=WIDTH,
                Height=height,
                ColorSpace=pikepdf.Name.DeviceGray,
                BitsPerComponent=8,
            )
            page = pdf.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(
                Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(Im1=picture)
            )
            page.Contents = pdf.make_stream(_content(words, number))
        pdf.save(path)


def _content(words: list[str], number: int) -> bytes:
    lines, at = [], number * 400
    for _line in range(LINES):
        line = ""
        while len(line) < LINE_CHARACTERS:
            line += words[at % len(words)].replace("\\", "").replace("(", "").replace(")", "") + " "
            at += 1
        lines.append(f"({line}) Tj T*")
    text = "BT /F1 10 Tf 12 TL 50 790 Td " + " ".join(lines) + " ET"
    return (text + " q 200 0 0 150 50 60 cm /Im1 Do Q").encode("latin-1", "replace")
