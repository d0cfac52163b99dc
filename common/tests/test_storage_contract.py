"""What the code above may expect of the place where documents' files lie, whichever it is."""

from __future__ import annotations

import io
import os
import uuid

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from common.storage import BLOCK_BYTES, PART_BYTES, MinioStorage


def s3_storage(**changes: str) -> MinioStorage:
    if not os.environ.get("MINIO_URL"):
        pytest.skip("MINIO_URL names no S3 server (make test-services starts one)")
    options = {
        "url": os.environ["MINIO_URL"],
        "access_key": os.environ["MINIO_ACCESS_KEY_ID"],
        "secret_key": os.environ["MINIO_SECRET_ACCESS_KEY"],
        "bucket": f"contract-{uuid.uuid4()}",
    }
    return MinioStorage(**options | changes)


@pytest.fixture(
    params=["filesystem", "memory", pytest.param("s3", marks=pytest.mark.services)],
)
def storage(request, tmp_path) -> Storage:
    if request.param == "filesystem":
        return FileSystemStorage(location=tmp_path, base_url=None)
    return InMemoryStorage() if request.param == "memory" else s3_storage()


def pattern(length: int) -> bytes:
    """Bytes of which no two blocks are alike."""
    return b"".join(number.to_bytes(4, "big") for number in range(length // 4 + 1))[:length]


def test_a_file_comes_back_as_it_was_saved(storage):
    name = storage.save("documents/é/report 1.pdf", ContentFile(b"one page"))
    assert storage.exists(name)
    assert storage.size(name) == 8
    with storage.open(name, "rb") as file:
        assert file.read() == b"one page"


def test_an_upload_that_was_already_read_is_saved_whole(storage):
    upload = SimpleUploadedFile("a.txt", b"read by the checks")
    upload.read()
    with storage.open(storage.save("a.txt", upload)) as file:
        assert file.read() == b"read by the checks"


def test_an_empty_file_is_a_file(storage):
    name = storage.save("empty", ContentFile(b""))
    assert storage.size(name) == 0
    with storage.open(name) as file:
        assert file.read() == b""


def test_a_file_of_several_parts_and_blocks_comes_back_whole(storage):
    content = pattern(PART_BYTES + 3 * BLOCK_BYTES + 17)
    with TemporaryUploadedFile("big.pdf", "application/pdf", len(content), None) as upload:
        upload.write(content)
        name = storage.save("big.pdf", upload)
    with storage.open(name) as file:
        assert b"".join(file.chunks()) == content


def test_any_range_of_a_file_can_be_read(storage):
    content = pattern(2 * BLOCK_BYTES + 100)
    name = storage.save("ranges.pdf", ContentFile(content))
    with storage.open(name) as file:
        for start, length in ((0, 1), (BLOCK_BYTES - 3, 7), (5, 2), (len(content) - 4, 50)):
            file.seek(start)
            assert file.read(length) == content[start : start + length]
        file.seek(-10, io.SEEK_END)
        assert file.read() == content[-10:]
        file.seek(len(content) + 5)
        assert file.read(1) == b""


def test_an_existing_name_is_never_written_over(storage):
    first = storage.save("same.txt", ContentFile(b"first"))
    second = storage.save("same.txt", ContentFile(b"second"))
    assert first != second
    with storage.open(first) as file:
        assert file.read() == b"first"


def test_a_deleted_file_is_gone_and_may_be_deleted_again(storage):
    name = storage.save("gone.txt", ContentFile(b"x"))
    storage.delete(name)
    storage.delete(name)
    assert not storage.exists(name)
    with pytest.raises(FileNotFoundError):
        storage.open(name)


def test_a_missing_file_is_missing_for_every_question(storage):
    assert not storage.exists("never/saved.pdf")
    with pytest.raises(FileNotFoundError):
        storage.size("never/saved.pdf")
    with pytest.raises(FileNotFoundError):
        storage.open("never/saved.pdf")


def test_a_django_file_over_a_plain_stream_is_saved(storage):
    with storage.open(storage.save("s.txt", File(io.BytesIO(b"stream"), "s.txt"))) as file:
        assert file.read() == b"stream"
