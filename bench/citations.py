"""Whether citations of real PDF files would open where they should.

    python -m bench.citations --data DIR [--json]

Ingests every PDF below DIR into a scratch corpus through the real pipeline, then reads each file
again by itself and compares, passage by passage: does the page exist, does it hold the passage's
words, are there boxes for them, and do the boxes, read back, hold the words? And of each
sentence, is it found again in its page, as a model would quote it?
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.scratch import say, scratch_installation

# A box is whole points, so that what stands just beside may be read with it.
_MARGIN = 1
_LITTLE_ELSE = 1.05


def ingest_files(folder: Path) -> tuple[Any, list[tuple[Path, Any]], list[str]]:
    """The curator, each file that came online with its version, and a line for each other one."""
    from django.core.files.base import ContentFile

    from accounts.services import create_first_administrator
    from common.errors import CassandreError
    from documents.ingestion import ingest
    from documents.models import DocumentVersion
    from documents.receiving import receive_file
    from documents.services import create_corpus

    user = create_first_administrator(email="bench@example.org", password="-", name="Bench")
    corpus = create_corpus(by=user, name="Bench", language="en")
    online, refused = [], []
    for path in sorted(folder.rglob("*.pdf")):
        try:
            file = ContentFile(path.read_bytes(), name=path.name)
            version = receive_file(by=user, corpus=corpus, file=file)
        except CassandreError as error:
            refused.append(f"{path.name}: {error.code}")
            continue
        ingest(version.pk)
        version.refresh_from_db()
        if version.state == DocumentVersion.State.READY:
            online.append((path, version))
        else:
            refused.append(f"{path.name}: {version.error_code}")
    return user, online, refused


def check_file(user: Any, path: Path, version: Any) -> Counter[str]:
    """Counts of passages and of what is true of them."""
    import pypdfium2

    from documents.models import Chunk, Page
    from documents.selectors import placed_words_of

    counts: Counter[str] = Counter(files=1, pages=version.page_count)
    pages = {page.number: page for page in Page.objects.filter(version=version)}
    words = {number: placed_words_of(user, page) for number, page in pages.items()}
    with closing(pypdfium2.PdfDocument(path)) as document:
        for chunk in Chunk.objects.filter(version=version):
            counts["passages"] += 1
            counts.update(_check_passage(document, chunk, pages.get(chunk.page), words))
    return counts


def _check_passage(document: Any, chunk: Any, page: Any, words: Any) -> Iterator[str]:
    from documents.folding import fold
    from documents.geometry import boxes_of

    if page is None or chunk.page > len(document):
        return
    yield "on a page that exists"
    wanted = fold(chunk.text).letters
    with closing(document[chunk.page - 1]) as pdf_page, closing(pdf_page.get_textpage()) as text:
        if wanted in fold(text.get_text_range()).letters:
            yield "whose words stand on it"
        boxes = boxes_of(words[chunk.page], [(chunk.start, chunk.end)])
        if boxes:
            yield "with boxes"
            read = _read_back(pdf_page, text, boxes)
            if Counter(wanted) <= read:
                yield "whose boxes hold all their words"
            if read.total() <= _LITTLE_ELSE * len(wanted):
                yield "whose boxes hold little else"


def _read_back(pdf_page: Any, text: Any, boxes: Any) -> Counter[str]:
    """The letters that stand in the boxes."""
    from documents.folding import fold

    x, y, _right, _top = pdf_page.get_bbox()
    read: Counter[str] = Counter()
    for box in boxes:
        inside = text.get_text_bounded(
            left=box.left + x - _MARGIN,
            bottom=box.bottom + y - _MARGIN,
            right=box.right + x + _MARGIN,
            top=box.top + y + _MARGIN,
        )
        read.update(fold(inside).letters)
    return read


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.citations")
    parser.add_argument("--data", type=Path, required=True, help="a folder with PDF files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with scratch_installation():
        user, online, refused = ingest_files(options.data)
        counts: Counter[str] = Counter()
        for path, version in online:
            found = check_file(user, path, version)
            say(f"{path.name}: {found['passages']} passages, {found['with boxes']} with boxes")
            counts += found
    for line in refused:
        say(f"not read: {line}")
    figures = {**counts, "not read": len(refused)}
    if options.json:
        sys.stdout.write(f"{json.dumps(figures)}\n")
        return
    passages = counts["passages"]
    for name, count in figures.items():
        share = f"  {100 * count / passages:.2f} %" if name.startswith(("on ", "wh", "wi")) else ""
        sys.stdout.write(f"{name:34}{count:>7}{share}\n")


if __name__ == "__main__":
    main()
