"""Outlook's messages ([MS-OXMSG]) by python-oxmsg, field by field: one that is damaged is left out
and the rest is read. A message inside another becomes an EML file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import HeaderParser
from email.utils import format_datetime, formataddr, parseaddr
from functools import partial
from pathlib import Path
from typing import TypeVar

from olefile import OleFileIO
from oxmsg.properties import Properties
from oxmsg.storage import Storage

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.letters import (
    NOT_FOR_READERS,
    Body,
    Enclosed,
    Letter,
    attachments_of_letter,
    is_decoration,
    names_of,
    pages_of_letter,
)
from documents.errors import CorruptFile
from documents.ports import Attachment, ExtractedPage, ExtractionLimits

# Property identifiers and types of [MS-OXPROPS].
_SUBJECT, _BODY, _HTML, _RTF, _TRANSPORT_HEADERS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_DISPLAY_TO, _DISPLAY_CC, _SUBMITTED, _DELIVERED = 0x0E04, 0x0E03, 0x0039, 0x0E06
_DATA, _METHOD, _CONTENT_ID, _HIDDEN, _MIME_TYPE = 0x3701, 0x3705, 0x3712, 0x7FFE, 0x370E
_NAMES = (0x3707, 0x3704, 0x3001)  # long, short, as displayed
_UNICODE, _STRING8, _BINARY = 0x001F, 0x001E, 0x0102
_EMBEDDED_MESSAGE = 5
# Where the properties begin: of a file, of a message inside it, of an attachment ([MS-OXMSG] 2.4).
_FILE_OFFSET, _EMBEDDED_OFFSET, _ATTACHMENT_OFFSET = 32, 24, 8
# Each message inside is read here as a whole, with all that is inside it.
_DEPTH = 5

Value = TypeVar("Value")


class MsgExtractor:
    media_types = frozenset({"application/vnd.ms-outlook"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        yield from pages_of_letter(_letter_at(path), limits)

    def attachments(self, path: Path, limits: ExtractionLimits) -> Iterator[Attachment]:
        yield from attachments_of_letter(_letter_at(path))


def _letter_at(path: Path) -> Letter:
    try:
        with OleFileIO(str(path)) as ole:
            storage = Storage.from_ole(ole)
    except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise CorruptFile(cause=repr(error)) from error
    return _letter(storage, _FILE_OFFSET, _DEPTH)


def _letter(storage: Storage, offset: int, depth: int) -> Letter:
    properties = Properties(storage, offset)
    encoding = _safely(lambda: properties.body_encoding, "")
    text = partial(_string, storage, encoding=encoding)
    letter = Letter(subject=_one_line(text(_SUBJECT)))
    letter.head = _head(text, properties)
    html = _stream(storage, _HTML, _BINARY) or text(_HTML).encode()
    if plain := text(_BODY).strip():
        letter.bodies.append(Body(plain.encode(), charset="utf-8"))
    elif html:
        letter.bodies.append(Body(html, is_html=True, charset=encoding))
    elif packed := _stream(storage, _RTF, _BINARY):
        letter.bodies.append(
            Body(_safely(lambda: _text_of_rtf(packed), "").encode(), charset="utf-8")
        )
    for attached in storage.iter_attachment_storages():
        enclosed = _enclosed(attached, encoding, html.decode("latin-1"), depth)
        if enclosed is not None:
            letter.enclosed.append(enclosed)
    return letter


def _text_of_rtf(packed: bytes) -> str:
    # For the rare message that has neither plain text nor HTML.
    from compressed_rtf import decompress  # noqa: PLC0415
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415

    source = decompress(packed).decode("latin-1")
    return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]  # no types


def _head(text: Callable[[int], str], properties: Properties) -> list[tuple[str, str]]:
    sent = HeaderParser().parsestr(text(_TRANSPORT_HEADERS))
    address = text(_SENDER_SMTP) or text(_SENDER_ADDRESS)
    sender = f"{text(_SENDER_NAME)} <{address}>" if "@" in address else text(_SENDER_NAME)
    moment = _safely(lambda: properties.date_prop_value(_SUBMITTED), None) or _safely(
        lambda: properties.date_prop_value(_DELIVERED), None
    )
    date = _safely(lambda: format_datetime(moment) if moment else "", "")
    known = {"From": sender, "To": text(_DISPLAY_TO), "Cc": text(_DISPLAY_CC), "Date": date}
    return [(name, _one_line(value or str(sent.get(name, "")))) for name, value in known.items()]


def _enclosed(storage: Storage, encoding: str, html: str, depth: int) -> Enclosed | None:
    properties = Properties(storage, _ATTACHMENT_OFFSET)
    name = next((found for pid in _NAMES if (found := _string(storage, pid, encoding))), "")
    kind = _string(storage, _MIME_TYPE, encoding) or "application/octet-stream"
    if _safely(lambda: properties.int_prop_value(_METHOD), None) == _EMBEDDED_MESSAGE:
        inner = next((one for one in storage.storages if one.name.endswith("_3701000D")), None)
        if inner is None or depth == 0:
            return None
        name = f"{name.removesuffix('.msg')}.eml"
        return Enclosed(name, "message/rfc822", lambda: _as_eml(inner, depth - 1))
    data = _stream(storage, _DATA, _BINARY)
    hidden = bool(_safely(lambda: properties.int_prop_value(_HIDDEN), None))
    content_id = _string(storage, _CONTENT_ID, encoding)
    is_shown = is_decoration(kind, "inline" if hidden else "attachment", content_id, html)
    if data is None or kind in NOT_FOR_READERS or is_shown:
        return None
    return Enclosed(name, kind, lambda: data)


def _as_eml(storage: Storage, depth: int) -> bytes:
    """The same bytes each time: by them the attachment is recognised."""
    letter = _letter(storage, _EMBEDDED_OFFSET, depth)
    # Everything inside is in base64, so that this occurs nowhere else.
    message = MIMEMultipart(boundary="==part==")
    for name, value in [("Subject", letter.subject), *letter.head]:
        if value:
            message[name] = _encoded(value)
    for body in letter.bodies:
        kind = "html" if body.is_html else "plain"
        message.attach(MIMEText(decode(body.data, body.charset), kind, "utf-8"))
    for name, enclosed in zip(names_of(letter.enclosed), letter.enclosed, strict=True):
        part = MIMEApplication(enclosed.content())
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        message.attach(part)
    return message.as_bytes()


def _encoded(value: str) -> str:
    """As a header has it; of an address the name alone may be encoded."""
    if value.isascii():
        return value
    name, address = parseaddr(value)
    return formataddr((name, address)) if "@" in address else Header(value, "utf-8").encode()


def _string(storage: Storage, pid: int, encoding: str) -> str:
    data = _stream(storage, pid, _UNICODE)
    if data is not None:
        return data.decode("utf-16-le", "replace").strip("\0")
    return decode(_stream(storage, pid, _STRING8) or b"", encoding).strip("\0")


def _stream(storage: Storage, pid: int, kind: int) -> bytes | None:
    try:
        return storage.property_stream_bytes(pid, kind)
    except KeyError:
        return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _safely(read: Callable[[], Value], default: Value) -> Value:
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (the library trusts the file: anything may be raised)
        return default
