from __future__ import annotations

import io
import struct
import zipfile

import pytest

from documents.adapters.extractors import archives
from documents.adapters.extractors.archives import check_archive
from documents.adapters.extractors.formats import DOCX, ODT, PPTX, XLSX
from documents.errors import ArchiveBomb, CorruptFile, EncryptedFile
from documents.ports import ExtractionLimits
from documents.tests.extracting import pages_of
from documents.tests.files import docx, zipped


@pytest.fixture
def check(tmp_path):
    def check_content(content: bytes, limits: ExtractionLimits | None = None) -> None:
        (tmp_path / "a.zip").write_bytes(content)
        check_archive(tmp_path / "a.zip", limits or ExtractionLimits())

    return check_content


def test_an_honest_package_passes(check):
    check(docx("text " * 1_000))


def test_a_package_that_unpacks_to_too_much_is_refused(check):
    with pytest.raises(ArchiveBomb):
        check(zipped({"a": bytes(5_000)}), ExtractionLimits(max_unpacked_bytes=4_000))


def test_one_entry_that_swells_beyond_reason_is_refused(check):
    noise = bytes(range(256)) * 400
    with pytest.raises(ArchiveBomb):
        check(zipped({"a": bytes(12_000_000), "b": noise}))


def test_many_entries_that_swell_together_are_refused(check):
    with pytest.raises(ArchiveBomb):
        check(zipped({f"{n}": bytes(2_000_000) for n in range(10)}))


def test_a_small_repetitive_package_passes(check):
    check(zipped({"a": bytes(1_000_000)}))


def test_a_package_of_countless_entries_is_refused_before_it_is_listed(check, monkeypatch):
    content = zipped({f"{n}": b"" for n in range(10_001)})
    monkeypatch.setattr(archives.zipfile, "ZipFile", None)
    with pytest.raises(ArchiveBomb):
        check(content)


def test_a_directory_that_only_the_64_bit_record_owns_up_to_is_refused(check):
    content = zipped({"a": b""})
    honest, end = content[:-22], content[-22:]
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 5_000_000, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(honest), 1)
    with pytest.raises(ArchiveBomb):
        check(honest + record + locator + end)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "..\\evil", "C:\\evil"])
def test_an_entry_that_leaves_the_archive_is_refused(check, name):
    with pytest.raises(CorruptFile):
        check(zipped({name: b"x"}))


def test_an_encrypted_entry_is_refused_as_such(check):
    content = bytearray(zipped({"a": b"x"}))
    central = content.rfind(b"PK\x01\x02")
    struct.pack_into("<H", content, central + 8, 0x1)
    with pytest.raises(EncryptedFile):
        check(bytes(content))


def test_a_lie_about_the_size_is_not_believed(tmp_path):
    """zipfile stops at the declared size: what is declared small cannot unpack large."""
    content = bytearray(zipped({"content.xml": b"<x>" + bytes(1_000_000)}))
    central = content.rfind(b"PK\x01\x02")
    struct.pack_into("<L", content, central + 24, 10)
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive, pytest.raises(zipfile.BadZipFile):
        archive.read("content.xml")


@pytest.mark.parametrize("media_type", [DOCX, PPTX, XLSX, ODT])
def test_no_parser_opens_a_bomb(tmp_path, media_type):
    with pytest.raises(ArchiveBomb):
        pages_of(tmp_path, zipped({"a": bytes(20_000_000)}), media_type)


@pytest.mark.parametrize("media_type", [DOCX, PPTX, XLSX, ODT])
def test_a_zip_of_something_else_is_damaged(tmp_path, media_type):
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, zipped({"a": b"x"}), media_type)
