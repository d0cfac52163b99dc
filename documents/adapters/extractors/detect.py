"""What a file is, by its content. The name only tells formats of the same text apart."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

from documents.adapters.extractors import formats
from documents.adapters.extractors.encodings import encoding_by_mark, unmarked_wide
from documents.adapters.extractors.packages import ole_type, zip_type
from documents.errors import (
    ArchiveBomb,
    CorruptFile,
    EmptyFile,
    FileRefused,
    TypeMismatch,
    UnknownType,
    UnreadFormat,
)

_SAMPLE_BYTES = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF8_MARK = b"\xef\xbb\xbf"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", formats.PNG),
    (b"\xff\xd8\xff", formats.JPEG),
    (b"II*\0", formats.TIFF),
    (b"MM\0*", formats.TIFF),
    (b"II+\0", formats.TIFF),
    (b"MM\0+", formats.TIFF),
)
_IN_OLE = frozenset({formats.DOC, formats.XLS, formats.PPT, formats.MSG})
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b")) + b"\x7f"
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{0,9}")
_HTML_PAGE = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_MAIL_HEADER = re.compile(rb"\s*(?:From [^\n]*\n)?[A-Za-z][A-Za-z0-9-]*:", re.ASCII)
# The built-in table alone: the machine's own would make answers differ from host to host.
_KNOWN_NAMES = mimetypes.MimeTypes(filenames=())


def detect_media_type(path: Path, file_name: str) -> str:
    """The media type of a file that can be read; otherwise the refusal that names the file."""
    try:
        return _detect(path, file_name)
    except FileRefused as refusal:
        refusal.params.setdefault("file", file_name)
        raise


def _detect(path: Path, file_name: str) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    if not sample:
        raise EmptyFile
    extension = _extension_of(file_name)
    found = _signed_type(path, sample, extension)
    if found:
        return _readable(found, extension)
    if not _is_text(sample):
        raise _refusal(_foreign_label(sample), extension)
    return _textual_type(sample, extension)


def _extension_of(file_name: str) -> str:
    extension = Path(file_name).suffix.lower()
    return extension if _EXTENSION.fullmatch(extension) else ""


def _claimed_type(extension: str) -> str:
    known = formats.BY_EXTENSION.get(extension)
    return known or _KNOWN_NAMES.guess_type(f"name{extension}")[0] or ""


def _readable(found: str, extension: str) -> str:
    """The type that was found, where the name does not say otherwise and it can be read."""
    label = formats.LABELS[found]
    claimed = _claimed_type(extension)
    if claimed and claimed != found:
        raise TypeMismatch(found=label)
    if found in formats.SAVE_AS:
        wanted = formats.LABELS[formats.SAVE_AS[found]]
        raise UnreadFormat(found=label, wanted=wanted, cause=label)
    if found not in formats.READABLE:
        raise UnknownType(readable=formats.READABLE_LABELS, cause=label)
    return found


def _refusal(label: str, extension: str) -> FileRefused:
    """A name that promises a known format lies; any other file is just of no use here."""
    if extension in formats.BY_EXTENSION:
        return TypeMismatch(found=label)
    return UnknownType(readable=formats.READABLE_LABELS, cause=label)


def _signed_type(path: Path, sample: bytes, extension: str) -> str:
    """The known type of a file that begins with a signature, "" without one."""
    says_pdf = b"%PDF-" in sample[:1024]
    if sample.lstrip()[:5] == b"%PDF-" or (says_pdf and extension == ".pdf"):
        return formats.PDF
    if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(path, extension)
    if sample.startswith(_OLE):
        return _ole_type(path, extension)
    for signature, found in _SIGNATURES:
        if sample.startswith(signature):
            return found
    if sample.removeprefix(_UTF8_MARK).lstrip().startswith(b"{\\rtf"):
        return formats.RTF
    return formats.PDF if says_pdf and not _is_text(sample) else ""


def _zip_type(path: Path, extension: str) -> str:
    try:
        found = zip_type(path)
    except (CorruptFile, ArchiveBomb):
        if extension in formats.BY_EXTENSION:
            raise
        raise UnknownType(readable=formats.READABLE_LABELS, cause="damaged zip") from None
    if not found:
        raise _refusal("ZIP", extension)
    return found


def _ole_type(path: Path, extension: str) -> str:
    found = ole_type(path)
    if found:
        return found
    if formats.BY_EXTENSION.get(extension) in _IN_OLE:
        raise CorruptFile(cause="no stream of a known name")
    raise _refusal("OLE (DOC, XLS, PPT, MSG)", extension)


def _is_text(sample: bytes) -> bool:
    if encoding_by_mark(sample) or unmarked_wide(sample):
        return True
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\0" not in sample and controls <= len(sample) // 200


def _textual_type(sample: bytes, extension: str) -> str:
    """Plain text that holds a whole HTML page is read as one, whatever it is called."""
    claimed = formats.BY_EXTENSION.get(extension, "")
    if _is_html_page(sample) and (not extension or claimed == formats.PLAIN):
        return formats.HTML
    if not extension:
        return formats.PLAIN
    is_mail = _MAIL_HEADER.match(sample.removeprefix(_UTF8_MARK))
    if claimed not in formats.TEXTUAL or (claimed == formats.EML and not is_mail):
        found = formats.HTML if _is_html_page(sample) else formats.PLAIN
        raise _refusal(formats.LABELS[found], extension)
    return claimed


def _is_html_page(sample: bytes) -> bool:
    start = sample[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return bool(_HTML_PAGE.match(start))


def _foreign_label(sample: bytes) -> str:
    # Its table of signatures is only needed to name what is refused.
    import puremagic  # noqa: PLC0415

    try:
        return puremagic.from_string(sample).removeprefix(".").upper() or "BIN"
    except puremagic.PureError:
        return "BIN"
