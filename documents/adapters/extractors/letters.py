"""A mail, whatever its format: what is read of it, and the files that come with it."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.sections import Sections, checked
from documents.errors import NoText
from documents.ports import Attachment, ExtractedPage, ExtractionLimits

_NAME_CHARACTERS = 120
_SUFFIX_CHARACTERS = 12
# What a mail program adds for mail programs: signatures and keys, nothing to be read.
NOT_FOR_READERS = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
    }
)
# The built-in table alone: the machine's own would make names differ from host to host.
_KNOWN_NAMES = mimetypes.MimeTypes(filenames=())
_KNOWN_NAMES.add_type("message/rfc822", ".eml")


@dataclass(frozen=True, slots=True)
class Body:
    """One part of the text: plain, or HTML with the charset that was declared for it."""

    data: bytes
    is_html: bool = False
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that came with a mail; its bytes are only made when they are wanted."""

    name: str  # as the mail has it, perhaps empty
    media_type: str
    content: Callable[[], bytes]


@dataclass(slots=True)
class Letter:
    subject: str = ""
    head: list[tuple[str, str]] = field(default_factory=list)  # From, To, Cc, Date
    bodies: list[Body] = field(default_factory=list)
    enclosed: list[Enclosed] = field(default_factory=list)


def pages_of_letter(letter: Letter, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
    sections = Sections(label=letter.subject)
    sections.heading(1, letter.subject)
    for name, value in letter.head:
        if value:
            sections.line(f"{name}: {value}")
    for body in letter.bodies:
        _add(body, sections)
    names = names_of(letter.enclosed)
    if names:
        sections.paragraph("Attachments: " + ", ".join(names))
    yield from checked(sections.pages(), limits)


def _add(body: Body, sections: Sections) -> None:
    if not body.is_html:
        sections.paragraph(decode(body.data, body.charset))
        return
    # Most mail carries a plain body: the parser of HTML is loaded for the rest only.
    from documents.adapters.extractors.html import add_html  # noqa: PLC0415

    try:
        add_html(body.data, sections, charset=body.charset)
    except NoText:
        return  # the head is text enough


def attachments_of_letter(letter: Letter) -> Iterator[Attachment]:
    for name, enclosed in zip(names_of(letter.enclosed), letter.enclosed, strict=True):
        yield Attachment(name, enclosed.content)


def names_of(enclosed: list[Enclosed]) -> list[str]:
    """Safe file names, each once: “plan.pdf”, “plan (2).pdf”."""
    names: list[str] = []
    copies: dict[str, int] = {}
    for number, one in enumerate(enclosed, start=1):
        name = _safe_name(one.name, one.media_type, number)
        path = PurePosixPath(name)
        while name.casefold() in copies:
            # From where the last one ended: a mail may carry thousands of one name.
            copies[str(path).casefold()] += 1
            name = f"{path.stem} ({copies[str(path).casefold()]}){path.suffix}"
        copies[name.casefold()] = 1
        names.append(name)
    return names


def _safe_name(name: str, media_type: str, number: int) -> str:
    bare = re.split(r"[/\\]", name)[-1]
    bare = "".join(c for c in bare if unicodedata.category(c)[0] != "C")
    bare = " ".join(bare.split()).strip(". ")
    if not bare:
        bare = f"attachment-{number}"
    suffix = PurePosixPath(bare).suffix
    if not suffix or len(suffix) > _SUFFIX_CHARACTERS:
        suffix = _KNOWN_NAMES.guess_extension(media_type) or ""
        bare += suffix
    return bare[: _NAME_CHARACTERS - len(suffix)].removesuffix(suffix).rstrip(". ") + suffix


def is_decoration(media_type: str, disposition: str, content_id: str, html: str) -> bool:
    """Whether it is an image inside the text: a logo, a signature, a smiley."""
    if not media_type.startswith("image/"):
        return False
    shown = bool(content_id) and f"cid:{content_id.strip('<> ')}" in html
    return shown or disposition == "inline" or (bool(content_id) and disposition != "attachment")
