"""E-mail files: the head that matters, the body, the names of what is attached."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.sections import Sections, checked, count
from documents.errors import NoText
from documents.ports import ExtractedPage, ExtractionLimits

_HEAD = ("From", "To", "Cc", "Date", "Subject")


class MailExtractor:
    media_types = frozenset({"message/rfc822"})
    has_pages = False

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return count(self.extract(path, limits))

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        with path.open("rb") as file:
            message = BytesParser(_class=EmailMessage, policy=policy.default).parse(file)
        sections = Sections(label=_header(message, "Subject"))
        for name in _HEAD:
            value = _header(message, name)
            if value:
                sections.line(f"{name}: {value}")
        _add_body(message, sections)
        names = [_attachment_name(part) for part in message.iter_attachments()]
        if names:
            sections.paragraph("Attachments: " + ", ".join(names))
        yield from checked(sections.pages(), limits)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, LookupError):
        # The parser of structured headers stumbles over some malformed ones.
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).split())


def _add_body(message: EmailMessage, sections: Sections) -> None:
    body = message.get_body(("plain", "html"))
    if not isinstance(body, EmailMessage):
        return
    payload = body.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = body.get_content_charset("")
    if body.get_content_type() == "text/html":
        # Most mail carries a plain body: the parser of HTML is loaded for the rest only.
        from documents.adapters.extractors.html import add_html  # noqa: PLC0415

        try:
            add_html(data, sections, charset=charset)
        except NoText:
            return  # the head is text enough
    else:
        sections.paragraph(decode(data, charset))


def _attachment_name(part: EmailMessage) -> str:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0) if part.is_multipart() else None
        if isinstance(inner, EmailMessage):
            return _header(inner, "Subject") or "message.eml"
    return part.get_filename() or part.get_content_type()
