"""E-mail files (RFC 5322, MIME): the head that matters, the text once, what is attached."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from pathlib import Path

from documents.adapters.extractors.letters import (
    NOT_FOR_READERS,
    Body,
    Enclosed,
    Letter,
    attachments_of_letter,
    is_decoration,
    pages_of_letter,
)
from documents.errors import EncryptedFile
from documents.ports import Attachment, ExtractedPage, ExtractionLimits

_HEAD = ("From", "To", "Cc", "Date")
_TEXTS = ("text/plain", "text/html")
# What the parser of structured fields raises over malformed ones, in reading them too.
_MALFORMED = (ValueError, IndexError, AttributeError, LookupError, TypeError)


class MailExtractor:
    media_types = frozenset({"message/rfc822"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        yield from pages_of_letter(_letter(path), limits)

    def attachments(self, path: Path, limits: ExtractionLimits) -> Iterator[Attachment]:
        yield from attachments_of_letter(_letter(path))


def _letter(path: Path) -> Letter:
    with path.open("rb") as file:
        message = BytesParser(_class=EmailMessage, policy=policy.default).parse(file)
    letter = Letter(subject=_header(message, "Subject"))
    letter.head += [(name, _header(message, name)) for name in _HEAD]
    leaves = list(_leaves(message))
    html = " ".join(_text(part) for part in leaves if part.get_content_type() == "text/html")
    for part in leaves:
        _sort(part, letter, html)
    if not letter.bodies and _is_encrypted(message):
        raise EncryptedFile(cause="S/MIME or PGP")
    return letter


def _sort(part: EmailMessage, letter: Letter, html: str) -> None:
    kind = part.get_content_type()
    disposition, name = _disposition(part), _file_name(part)
    if kind in _TEXTS and disposition != "attachment" and not name:
        letter.bodies.append(
            Body(_payload(part), is_html=kind == "text/html", charset=_charset(part))
        )
    elif kind == "message/rfc822":
        inner = _inner(part)
        if inner is not None:
            name = name or f"{_header(inner, 'Subject')}.eml"
            letter.enclosed.append(Enclosed(name, kind, partial(_bytes_of, inner)))
    elif kind not in NOT_FOR_READERS and (
        disposition == "attachment" or name or not kind.startswith(("text/", "message/"))
    ):
        content_id = _header(part, "Content-ID")
        if not is_decoration(kind, disposition, content_id, html):
            letter.enclosed.append(Enclosed(name, kind, partial(_payload, part)))


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that hold something, in order; of alternatives the one that is read, and what is
    attached in any of them."""
    parts = message.get_payload() if message.is_multipart() else None
    if not isinstance(parts, list) or message.get_content_type() == "message/rfc822":
        yield message
        return
    branches = [list(_leaves(part)) for part in parts if isinstance(part, EmailMessage)]
    if message.get_content_subtype() == "alternative":
        chosen = _preferred(branches)
        for branch in branches:
            yield from branch if branch is chosen else filter(_is_attached, branch)
    else:
        for branch in branches:
            yield from branch


def _preferred(branches: list[list[EmailMessage]]) -> list[EmailMessage] | None:
    """The first with plain text that is not blank, else the first with HTML."""
    for kind in _TEXTS:
        for branch in branches:
            if any(part.get_content_type() == kind and _text(part).strip() for part in branch):
                return branch
    return next(iter(branches), None)


def _is_attached(part: EmailMessage) -> bool:
    return _disposition(part) == "attachment" or part.get_content_type() == "message/rfc822"


def _is_encrypted(message: EmailMessage) -> bool:
    kinds = {part.get_content_type() for part in message.walk()}
    return bool(kinds & {"multipart/encrypted", "application/pkcs7-mime"})


# --- fields that may be malformed -------------------------------------------------------------


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except _MALFORMED:
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).split())


def _disposition(part: EmailMessage) -> str:
    try:
        return part.get_content_disposition() or ""
    except _MALFORMED:
        return ""


def _file_name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except _MALFORMED:
        return ""


def _charset(part: EmailMessage) -> str:
    try:
        return part.get_content_charset("")
    except _MALFORMED:
        return ""


def _payload(part: EmailMessage) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except _MALFORMED:
        return b""
    return payload if isinstance(payload, bytes) else b""


def _text(part: EmailMessage) -> str:
    """Enough to see whether there is any, and what it refers to."""
    return _payload(part).decode("latin-1")


def _inner(part: EmailMessage) -> EmailMessage | None:
    parts = part.get_payload()
    inner = parts[0] if isinstance(parts, list) and parts else None
    return inner if isinstance(inner, EmailMessage) else None


def _bytes_of(message: EmailMessage) -> bytes:
    try:
        return message.as_bytes(policy=policy.compat32)
    except (*_MALFORMED, UnicodeError):
        return message.as_string(policy=policy.compat32).encode("utf-8", "replace")
