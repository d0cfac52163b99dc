"""What a file is, by its content. The name only tells formats of the same text apart."""

from __future__ import annotations

import mimetypes
import re
import zipfile
from pathlib import Path

from documents.adapters.extractors import formats
from documents.adapters.extractors.archives import open_archive, read_entry
from documents.adapters.extractors.encodings import encoding_by_mark, unmarked_utf16
from documents.errors import (
    ArchiveBomb,
    CorruptFile,
    EmptyFile,
    EncryptedFile,
    FileRefused,
    TypeMismatch,
    UnknownType,
)

_SAMPLE_BYTES = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b")) + b"\x7f"
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{0,9}")
_MAIN_PARTS = {
    f"{media_type}.main+xml".encode(): media_type
    for media_type in (formats.DOCX, formats.PPTX, formats.XLSX)
}
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
    found = _binary_type(path, sample, extension)
    if found:
        return _agreeing(found, extension)
    if not _is_text(sample):
        raise _refusal(_foreign_label(sample), extension)
    return _textual_type(sample, extension)


def _extension_of(file_name: str) -> str:
    extension = Path(file_name).suffix.lower()
    return extension if _EXTENSION.fullmatch(extension) else ""


def _claimed_type(extension: str) -> str:
    known = formats.BY_EXTENSION.get(extension)
    return known or _KNOWN_NAMES.guess_type(f"name{extension}")[0] or ""


def _agreeing(found: str, extension: str) -> str:
    claimed = _claimed_type(extension)
    if claimed and claimed != found:
        raise TypeMismatch(found=formats.READABLE[found])
    return found


def _refusal(label: str, extension: str) -> FileRefused:
    """A name that promises a readable format lies; any other file is just of no use here."""
    if extension in formats.BY_EXTENSION:
        return TypeMismatch(found=label)
    return UnknownType(readable=formats.READABLE_LABELS, cause=label)


def _binary_type(path: Path, sample: bytes, extension: str) -> str:
    """The readable type of a binary file, "" where it is none that is known."""
    if sample.lstrip()[:5] == b"%PDF-" or (
        b"%PDF-" in sample[:1024] and (extension == ".pdf" or not _is_text(sample))
    ):
        return formats.PDF
    if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(path, extension)
    if sample.startswith(_OLE):
        if _contains(path, _ENCRYPTED_PACKAGE):
            raise EncryptedFile
        raise _refusal("OLE (DOC, XLS, PPT, MSG)", extension)
    return ""


def _zip_type(path: Path, extension: str) -> str:
    try:
        with open_archive(path) as archive:
            found = _packaged_type(archive)
    except (CorruptFile, ArchiveBomb):
        if extension in formats.BY_EXTENSION:
            raise
        raise UnknownType(readable=formats.READABLE_LABELS, cause="damaged zip") from None
    if not found:
        raise _refusal("ZIP", extension)
    return found


def _packaged_type(archive: zipfile.ZipFile) -> str:
    if "[Content_Types].xml" in archive.NameToInfo:
        declared = _small_entry(archive, "[Content_Types].xml")
        return next((found for part, found in _MAIN_PARTS.items() if part in declared), "")
    manifest = _small_entry(archive, "META-INF/manifest.xml")
    mimetype = _small_entry(archive, "mimetype").strip() or _root_type(manifest)
    if mimetype != formats.ODT.encode():
        return ""
    if b"encryption-data" in manifest:
        raise EncryptedFile
    return formats.ODT


def _small_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.NameToInfo.get(name)
    if entry is None or entry.file_size > 4_000_000:
        return b""
    return read_entry(archive, name)


def _root_type(manifest: bytes) -> bytes:
    for tag in re.findall(rb"<[\w:]*file-entry[^>]*>", manifest):
        declared = re.search(rb'media-type="([^"]*)"', tag)
        if declared and re.search(rb'full-path="/"', tag):
            return bytes(declared[1])
    return b""


def _contains(path: Path, needle: bytes) -> bool:
    kept = b""
    with path.open("rb") as file:
        while block := file.read(1_000_000):
            if needle in kept + block:
                return True
            kept = block[-len(needle) :]
    return False


def _is_text(sample: bytes) -> bool:
    if encoding_by_mark(sample) or unmarked_utf16(sample):
        return True
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\0" not in sample and controls <= len(sample) // 200


def _textual_type(sample: bytes, extension: str) -> str:
    if sample.startswith(b"{\\rtf"):
        raise _refusal("RTF", extension)
    claimed = formats.BY_EXTENSION.get(extension, "")
    if not extension:
        return formats.HTML if _looks_like_html(sample) else formats.PLAIN
    if claimed not in formats.TEXTUAL or (
        claimed == formats.EML and not _MAIL_HEADER.match(sample.removeprefix(b"\xef\xbb\xbf"))
    ):
        raise _refusal(formats.READABLE[formats.PLAIN], extension)
    return claimed


def _looks_like_html(sample: bytes) -> bool:
    start = sample[:2048].replace(b"\0", b"").lower()
    return b"<!doctype html" in start or b"<html" in start


def _foreign_label(sample: bytes) -> str:
    # Its table of signatures is only needed to name what is refused.
    import puremagic  # noqa: PLC0415

    try:
        return puremagic.from_string(sample).removeprefix(".").upper() or "BIN"
    except puremagic.PureError:
        return "BIN"
