"""From a file to text, page by page. One module per family of formats.

A module is imported when its format is first asked for, so that reading a PDF does not load
the parsers of spreadsheets.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from documents.adapters.extractors.formats import (
    CSV,
    DOCX,
    EML,
    EPUB,
    HTML,
    MARKDOWN,
    MSG,
    ODS,
    ODT,
    PDF,
    PLAIN,
    PPTX,
    READABLE,
    READABLE_LABELS,
    RTF,
    XLSX,
)
from documents.errors import UnknownType
from documents.ports import LOCKED_OFFICE, Extractor

__all__ = ["READABLE", "get_extractor"]

_EXTRACTORS = {
    PDF: ("pdf", "PdfExtractor"),
    DOCX: ("word", "WordExtractor"),
    PPTX: ("slides", "SlidesExtractor"),
    XLSX: ("sheets", "SheetsExtractor"),
    ODT: ("opendocument", "OpenDocumentExtractor"),
    ODS: ("opensheets", "OpenSheetsExtractor"),
    EPUB: ("epub", "EpubExtractor"),
    HTML: ("html", "HtmlExtractor"),
    MARKDOWN: ("text", "MarkdownExtractor"),
    PLAIN: ("text", "PlainTextExtractor"),
    CSV: ("text", "CsvExtractor"),
    RTF: ("rtf", "RtfExtractor"),
    EML: ("mail", "MailExtractor"),
    MSG: ("msg", "MsgExtractor"),
    LOCKED_OFFICE: ("locked", "LockedExtractor"),
}


def get_extractor(media_type: str) -> Extractor:
    try:
        module, name = _EXTRACTORS[media_type]
    except KeyError:
        raise UnknownType(readable=READABLE_LABELS, cause=media_type) from None
    extractor = getattr(import_module(f"{__name__}.{module}"), name)
    return cast("Extractor", extractor())
