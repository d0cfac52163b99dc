"""Small intact files of the formats that a folder of samples may lack."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

from PIL import Image, ImageDraw

_TEXT = "A notice that was scanned."
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def made_files() -> dict[str, bytes]:
    """By suffix."""
    pictures = {
        f".{kind}": _picture("jpeg" if kind == "jpg" else kind) for kind in ("png", "jpg", "tiff")
    }
    return pictures | {".ods": _sheet(), ".eml": _mail(pictures[".png"])}


def _picture(kind: str) -> bytes:
    image = Image.new("L", (400, 60), 255)
    ImageDraw.Draw(image).text((20, 20), _TEXT, fill=0)
    buffer = io.BytesIO()
    image.save(buffer, kind, dpi=(96, 96))
    return buffer.getvalue()


def _sheet() -> bytes:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell><text:p>{word} {row}</text:p></table:table-cell>" for word in "ab"
        )
        + "</table:table-row>"
        for row in range(20)
    )
    content = (
        f"<office:document-content {_NAMES}><office:body><office:spreadsheet>"
        f'<table:table table:name="One">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return buffer.getvalue()


def _mail(picture: bytes) -> bytes:
    """With a picture, a sheet, and a mail with a text inside it."""
    inner = EmailMessage()
    inner["Subject"] = "Fwd: =?utf-8?q?R=C3=A9union?="
    inner.set_content("The mail inside.")
    inner.add_attachment(
        b"# Plan\n\nWords.\n", maintype="text", subtype="markdown", filename="plan.md"
    )
    mail = EmailMessage()
    mail["From"] = "Alice <alice@example.org>"
    mail["Subject"] = "Fwd"
    mail.set_content("See below.")
    mail.add_alternative("<p>See <b>below</b>.</p>", subtype="html")
    mail.add_attachment(picture, maintype="image", subtype="png", filename="scan.png")
    mail.add_attachment(_sheet(), maintype="application", subtype="octet-stream", filename="a.ods")
    mail.add_attachment(inner)
    return mail.as_bytes()
