"""Makes small files of every readable format, so that tests need no samples on disk."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from functools import cache

from documents.tests.pdf_writer import pdf

__all__ = [
    "docx",
    "eml",
    "encrypted_office",
    "entries_of",
    "epub",
    "locked_pdf",
    "ods",
    "odt",
    "ole",
    "pdf",
    "png",
    "pptx",
    "replaced",
    "xlsx",
    "zipped",
]

_OFFICE_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
)
ODT_TYPE = "application/vnd.oasis.opendocument.text"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def docx(*blocks: str | Sequence[Sequence[str]]) -> bytes:
    """Blocks in order: "# Title" and "## Title" are headings, "- item" a list item, a list of
    rows a table, anything else a paragraph."""
    import docx as python_docx

    document = python_docx.Document()
    for block in blocks:
        if not isinstance(block, str):
            table = document.add_table(rows=len(block), cols=len(block[0]))
            for row, cells in zip(table.rows, block, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif block.startswith("#"):
            marks, _, title = block.partition(" ")
            document.add_heading(title, level=len(marks))
        elif block.startswith("- "):
            document.add_paragraph(block[2:], style="List Bullet")
        else:
            document.add_paragraph(block)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pptx(*slides: tuple[str, str], notes: str = "", table: Sequence[Sequence[str]] = ()) -> bytes:
    """Slides as (title, body); notes and table go to the last."""
    from pptx import Presentation
    from pptx.util import Cm

    presentation = Presentation()
    for title, body in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    if table:
        shape = slide.shapes.add_table(len(table), len(table[0]), Cm(1), Cm(9), Cm(20), Cm(4)).table
        for row_number, row in enumerate(table):
            for column, text in enumerate(row):
                shape.cell(row_number, column).text = text
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def xlsx(**sheets: Sequence[Sequence[object]]) -> bytes:
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def odt(body: str, *, styles: str = "", manifest: str = "") -> bytes:
    """`body` is what stands inside <office:text>."""
    entries = {
        "mimetype": ODT_TYPE,
        "content.xml": f"<office:document-content {_OFFICE_NAMES}><office:body>"
        f"<office:text>{body}</office:text></office:body></office:document-content>",
        "META-INF/manifest.xml": manifest or "<manifest/>",
    }
    if styles:
        entries["styles.xml"] = (
            f"<office:document-styles {_OFFICE_NAMES}>{styles}</office:document-styles>"
        )
    return zipped(entries)


def ods(tables: str, *, styles: str = "", manifest: str = "") -> bytes:
    """`tables` is what stands inside <office:spreadsheet>."""
    return zipped(
        {
            "mimetype": ODS_TYPE,
            "content.xml": f"<office:document-content {_OFFICE_NAMES}><office:automatic-styles>"
            f"{styles}</office:automatic-styles><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": manifest or "<manifest/>",
        }
    )


def epub(chapters: Mapping[str, str], *, title: str = "Le livre", more: str = "") -> bytes:
    """Chapters by file name in the order of the spine; `more` stands in the manifest."""
    items = "".join(
        f'<item id="c{number}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    container = "urn:oasis:names:tc:opendocument:xmlns:container"
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata>'
        f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{title}</dc:title></metadata>'
        f"<manifest>{items}{more}</manifest><spine>{spine}</spine></package>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f'<container xmlns="{container}"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": package,
            **{f"OPS/text/{name}": text for name, text in chapters.items()},
        }
    )


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def entries_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replaced(package: bytes, entry: str, old: str, new: str) -> bytes:
    """The same zip with another text in one of its entries, where it must stand."""
    entries = entries_of(package)
    assert old.encode() in entries[entry]
    entries[entry] = entries[entry].replace(old.encode(), new.encode())
    return zipped(entries)


def ole(stream: str, content: bytes = b"") -> bytes:
    """A compound file (MS-CFB, version 3) of one stream of at least 4,096 bytes."""
    content = content.ljust(4_096, b"\0")
    sectors = -(-len(content) // 512)
    end, free, fat_sector = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    # Sector 0: the allocation table, 1: the directory, from 2 on: the stream.
    table = [fat_sector, end, *range(3, sectors + 2), end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4_096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    allocation = struct.pack("<128I", *table, *[free] * (128 - len(table)))
    directory = _ole_entry("Root Entry", 5, child=1, start=end, size=0)
    directory += _ole_entry(stream, 2, child=free, start=2, size=len(content))
    directory += (bytes(68) + struct.pack("<3I", free, free, free) + bytes(48)) * 2
    return header + allocation + directory + content.ljust(sectors * 512, b"\0")


def _ole_entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB3I", len(encoded), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def eml(
    body: str, *, subject: str = "Hello", html: str = "", attachments: Mapping[str, bytes] = {}
) -> bytes:
    message = EmailMessage()
    message["From"] = "Alice <alice@example.org>"
    message["To"] = "bob@example.org"
    message["Date"] = "Fri, 20 Nov 2026 12:00:00 +0100"
    message["Subject"] = subject
    if body:
        message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html") if body else message.set_content(
            html, subtype="html"
        )
    for name, content in attachments.items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def encrypted_office() -> bytes:
    """What Word writes when a password is set: no zip but an OLE container."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(1_000)
        + "EncryptedPackage".encode("utf-16-le")
        + bytes(1_000)
    )


def png() -> bytes:
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
        "0000000d4944415478da63fcffff3f0005fe02fea7359c840000000049454e44ae426082"
    )


@cache
def locked_pdf(password: str, *pages: str) -> bytes:
    """A PDF that opens with its password alone."""
    import pikepdf

    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(*pages))) as opened:
        opened.save(buffer, encryption=pikepdf.Encryption(owner="owner", user=password))
    return buffer.getvalue()
