"""The formats that are known: media type, label, extensions; which of them are read."""

from __future__ import annotations

_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
PDF = "application/pdf"
DOCX = f"{_OOXML}.wordprocessingml.document"
PPTX = f"{_OOXML}.presentationml.presentation"
XLSX = f"{_OOXML}.spreadsheetml.sheet"
ODT = f"{_ODF}.text"
ODS = f"{_ODF}.spreadsheet"
ODP = f"{_ODF}.presentation"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
PPT = "application/vnd.ms-powerpoint"
RTF = "application/rtf"
EPUB = "application/epub+zip"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
CSV = "text/csv"
EML = "message/rfc822"
MSG = "application/vnd.ms-outlook"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

LABELS: dict[str, str] = {
    PDF: "PDF",
    DOCX: "DOCX",
    DOC: "DOC",
    RTF: "RTF",
    PPTX: "PPTX",
    XLSX: "XLSX",
    ODT: "ODT",
    ODS: "ODS",
    HTML: "HTML",
    EPUB: "EPUB",
    MARKDOWN: "Markdown",
    PLAIN: "TXT",
    CSV: "CSV",
    EML: "EML",
    MSG: "MSG",
    PNG: "PNG",
    JPEG: "JPEG",
    TIFF: "TIFF",
    XLS: "XLS",
    XLSB: "XLSB",
    PPT: "PPT",
    ODP: "ODP",
}

# What is recognised and not read, and the format to save it as.
SAVE_AS: dict[str, str] = {XLS: XLSX, XLSB: XLSX, PPT: PPTX, ODP: PPTX}

# What is read, in the order in which it is named to users; DOC, RTF and images where the programs
# that they need are installed (documents/adapters/tools).
READABLE: dict[str, str] = {
    media_type: label for media_type, label in LABELS.items() if media_type not in SAVE_AS
}
READABLE_LABELS = ", ".join(READABLE.values())

# A document with macros, a template and a slide show are read as what they are made of: a macro
# is never run.
BY_EXTENSION: dict[str, str] = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".dotx": DOCX,
    ".dotm": DOCX,
    ".doc": DOC,
    ".dot": DOC,
    ".rtf": RTF,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".potx": PPTX,
    ".ppsx": PPTX,
    ".ppsm": PPTX,
    ".ppt": PPT,
    ".pps": PPT,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".xltx": XLSX,
    ".xltm": XLSX,
    ".xls": XLS,
    ".xlt": XLS,
    ".xlsb": XLSB,
    ".odt": ODT,
    ".ott": ODT,
    ".ods": ODS,
    ".ots": ODS,
    ".odp": ODP,
    ".epub": EPUB,
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
    ".msg": MSG,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
}
TEXTUAL = frozenset({HTML, MARKDOWN, PLAIN, CSV, EML})
IMAGES = frozenset({PNG, JPEG, TIFF})
SHEETS = frozenset({XLSX, ODS})
# Formats that other files come with, which become documents of their own.
CARRIERS = frozenset({EML, MSG})
