"""The formats that can be read: media type, label, extensions."""

from __future__ import annotations

_OOXML = "application/vnd.openxmlformats-officedocument"
PDF = "application/pdf"
DOCX = f"{_OOXML}.wordprocessingml.document"
PPTX = f"{_OOXML}.presentationml.presentation"
XLSX = f"{_OOXML}.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
CSV = "text/csv"
EML = "message/rfc822"

READABLE: dict[str, str] = {
    PDF: "PDF",
    DOCX: "DOCX",
    PPTX: "PPTX",
    XLSX: "XLSX",
    ODT: "ODT",
    HTML: "HTML",
    MARKDOWN: "Markdown",
    PLAIN: "TXT",
    CSV: "CSV",
    EML: "EML",
}
READABLE_LABELS = ", ".join(READABLE.values())

BY_EXTENSION: dict[str, str] = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".odt": ODT,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".csv": CSV,
    ".tsv": CSV,
    ".eml": EML,
}
TEXTUAL = frozenset({HTML, MARKDOWN, PLAIN, CSV, EML})
