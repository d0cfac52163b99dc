"""Pages of a PDF as grey pictures, for OCR.

`python -m documents.adapters.tools.render FILE 3:300 4:150 ...` (page number and dots per inch)
writes page-3.pgm, page-4.pgm, ... into the working folder. Run it by `run_tool`; it gives up what
it does not need itself: other programs and files. A page that cannot be drawn has no picture.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pypdfium2

from documents.adapters.confinement import close_network
from documents.adapters.landlock import close_files


def main(path: str, *wanted: str) -> None:
    close_network()
    close_files([Path(path)], [Path.cwd()])
    with closing(pypdfium2.PdfDocument(path)) as document:
        for each in wanted:
            number, resolution = map(int, each.split(":"))
            try:
                page = document[number - 1]
            except pypdfium2.PdfiumError:
                continue
            with closing(page):
                _write(page, resolution, Path(f"page-{number}.pgm"))


def _write(page: pypdfium2.PdfPage, resolution: int, target: Path) -> None:
    with closing(page.render(scale=resolution / 72, grayscale=True)) as bitmap:
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        rows = memoryview(bitmap.buffer).cast("B")
        with target.open("wb") as file:
            file.write(b"P5\n%d %d\n255\n" % (width, height))
            for row in range(height):
                file.write(rows[row * stride : row * stride + width])


if __name__ == "__main__":
    main(*sys.argv[1:])
