from __future__ import annotations

import pypdfium2

from bench.heavy_pdf import write_pdf


def test_it_has_the_pages_and_the_weight_that_were_asked_for(tmp_path):
    path = tmp_path / "heavy.pdf"
    write_pdf(path, pages=4, size_bytes=400_000)
    assert 380_000 < path.stat().st_size < 480_000
    with pypdfium2.PdfDocument(path) as document:
        assert len(document) == 4
        texts = [page.get_textpage().get_text_range() for page in document]
    assert all(len(text) > 2_000 for text in texts)
    assert len(set(texts)) == 4
