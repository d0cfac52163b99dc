"""What is in a container: a zip (Office Open XML, OpenDocument, EPUB) or an OLE compound file."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path

import olefile

from documents.adapters.extractors import formats
from documents.adapters.extractors.archives import open_archive, read_entry
from documents.errors import EncryptedFile

# Content types of the main part; macro-enabled ones are written with and without capitals.
_MAIN_PARTS = (
    (rb"wordprocessingml\.(?:document|template)\.main\+xml", formats.DOCX),
    (rb"ms-word\.(?:document|template)\.macroenabled\w*\.main\+xml", formats.DOCX),
    (rb"presentationml\.(?:presentation|template|slideshow)\.main\+xml", formats.PPTX),
    (
        rb"ms-powerpoint\.(?:presentation|template|slideshow)\.macroenabled\.main\+xml",
        formats.PPTX,
    ),
    (rb"spreadsheetml\.(?:sheet|template)\.main\+xml", formats.XLSX),
    (rb"ms-excel\.(?:sheet|template)\.macroenabled\.main\+xml", formats.XLSX),
    (rb"ms-excel\.sheet\.binary\.macroenabled\.main", formats.XLSB),
)
_DECLARED = {
    media_type.encode(): media_type
    for media_type in (formats.ODT, formats.ODS, formats.ODP, formats.EPUB)
}
_SMALL_BYTES = 4_000_000

# What an OLE file's streams say of it; the first that is there.
_STREAMS = (
    ("WordDocument", formats.DOC),
    ("Workbook", formats.XLS),
    ("Book", formats.XLS),
    ("PowerPoint Document", formats.PPT),
    ("__properties_version1.0", formats.MSG),
)
_ENCRYPTED_PACKAGE = "EncryptedPackage"
_OLE_DAMAGE = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)


def zip_type(path: Path) -> str:
    """Its media type, "" where it is a zip like any. Raises CorruptFile, ArchiveBomb or
    EncryptedFile."""
    with open_archive(path) as archive:
        if "[Content_Types].xml" in archive.NameToInfo:
            declared = _small_entry(archive, "[Content_Types].xml").lower()
            return next((found for part, found in _MAIN_PARTS if re.search(part, declared)), "")
        manifest = _small_entry(archive, "META-INF/manifest.xml")
        mimetype = _small_entry(archive, "mimetype").strip() or _root_type(manifest)
        if not mimetype and "META-INF/container.xml" in archive.NameToInfo:
            return formats.EPUB
        found = _DECLARED.get(mimetype.removesuffix(b"-template"), "")
        if found and b"encryption-data" in manifest:
            raise EncryptedFile
        return found


def _small_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.NameToInfo.get(name)
    if entry is None or entry.file_size > _SMALL_BYTES:
        return b""
    return read_entry(archive, name)


def _root_type(manifest: bytes) -> bytes:
    for tag in re.findall(rb"<[\w:]*file-entry[^>]*>", manifest):
        declared = re.search(rb'media-type="([^"]*)"', tag)
        if declared and re.search(rb'full-path="/"', tag):
            return bytes(declared[1])
    return b""


def ole_type(path: Path) -> str:
    """Its media type, "" where no stream tells or the file is damaged. Raises EncryptedFile."""
    try:
        with olefile.OleFileIO(str(path)) as container:
            if container.exists(_ENCRYPTED_PACKAGE):
                raise EncryptedFile
            return next((found for name, found in _STREAMS if container.exists(name)), "")
    except _OLE_DAMAGE:
        if _contains(path, _ENCRYPTED_PACKAGE.encode("utf-16-le")):
            raise EncryptedFile from None
        return ""


def is_locked_doc(path: Path) -> bool:
    """Whether a DOC says that its text is encrypted ([MS-DOC] 2.5.2, FibBase.fEncrypted)."""
    try:
        with olefile.OleFileIO(str(path)) as container:
            head = container.openstream("WordDocument").read(12)
    except _OLE_DAMAGE:
        return False
    return len(head) == 12 and bool(head[11] & 1)


def _contains(path: Path, needle: bytes) -> bool:
    kept = b""
    with path.open("rb") as file:
        while block := file.read(1_000_000):
            if needle in kept + block:
                return True
            kept = block[-len(needle) :]
    return False
