from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from django.core.files.base import ContentFile
from django.db.migrations.writer import MigrationWriter

from common.errors import Unavailable
from common.storage import MinioStorage
from common.tests.test_storage_contract import s3_storage


def storage_at(url: str) -> MinioStorage:
    return MinioStorage(url=url, access_key="key", secret_key="secret", bucket="documents")


def test_no_address_is_ever_given_out():
    with pytest.raises(NotImplementedError):
        storage_at("http://127.0.0.1:9").url("a.pdf")


def test_objects_are_not_opened_for_writing():
    with pytest.raises(ValueError, match="'wb'"):
        storage_at("http://127.0.0.1:9").open("a.pdf", "wb")


def test_a_store_that_does_not_answer_is_named():
    with socket.socket() as taken_but_silent:
        taken_but_silent.bind(("127.0.0.1", 0))
        port = taken_but_silent.getsockname()[1]
        with pytest.raises(Unavailable) as refusal:
            storage_at(f"http://127.0.0.1:{port}").exists("a.pdf")
    assert refusal.value.params == {"component": "S3"}


def test_the_scheme_decides_about_tls():
    assert storage_at("https://files.example.org")._client._base_url.is_https
    assert not storage_at("http://files.example.org:9000")._client._base_url.is_https


def test_a_migration_can_name_the_storage():
    text, _imports = MigrationWriter.serialize(storage_at("http://127.0.0.1:9"))
    assert text.startswith("common.storage.MinioStorage(")


def test_the_minio_client_is_loaded_only_when_it_is_used():
    code = "import sys, common.storage as s; sys.exit('minio' in sys.modules)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cassandre.test_settings"}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


@pytest.mark.services
def test_a_wrong_secret_is_refused_by_the_server():
    storage = s3_storage()
    name = storage.save("private.pdf", ContentFile(b"private"))
    thief = s3_storage(bucket=storage._bucket, secret_key="guessed")
    with pytest.raises(Unavailable) as refusal:
        thief.read_range(name, 0, 7)
    assert "SignatureDoesNotMatch" in refusal.value.cause


@pytest.mark.services
def test_a_second_process_finds_the_bucket_made_by_the_first():
    first = s3_storage()
    name = first.save("a.txt", ContentFile(b"a"))
    second = s3_storage(bucket=first._bucket)
    assert second.exists(name)
    assert second.save("b.txt", ContentFile(b"b")) == "b.txt"
