"""Shared by the extraction tests: bytes in, pages out."""

from __future__ import annotations

from pathlib import Path

from documents.adapters.extractors import get_extractor
from documents.ports import ExtractedPage, ExtractionLimits


def pages_of(
    folder: Path, content: bytes, media_type: str, limits: ExtractionLimits | None = None
) -> list[ExtractedPage]:
    path = folder / "file"
    path.write_bytes(content)
    pages = list(get_extractor(media_type).extract(path, limits or ExtractionLimits()))
    for page in pages:
        for heading in page.headings:
            shown = " ".join(page.text[heading.start :].split()).lstrip("# ").replace("*", "")
            assert shown.casefold().startswith(heading.text.casefold()), heading
    return pages


def text_of(folder: Path, content: bytes, media_type: str) -> str:
    return "\n\n".join(page.text for page in pages_of(folder, content, media_type))
