"""RTF where LibreOffice is not installed: its text and the rows of its tables, without headings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from documents.adapters.extractors.sections import Sections, checked
from documents.adapters.extractors.tables import bar_line
from documents.ports import ExtractedPage, ExtractionLimits


class RtfExtractor:
    media_types = frozenset({"application/rtf"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        # The format is ASCII; what is not says itself in which code page it is.
        source = path.read_text(encoding="latin-1")
        text = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]  # no types
        sections = Sections()
        for line in text.split("\n"):
            if line.endswith("|"):
                sections.line(bar_line(line.split("|")))
            else:
                sections.paragraph(line)
        yield from checked(sections.pages(), limits)
