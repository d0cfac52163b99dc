from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from backups.adapters.registry import open_target
from backups.ports import BackupTarget
from backups.tests.house import House, build_house
from documents.models import Corpus


def store_in(settings, backend: str, **options: object) -> None:
    default = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": default}


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of this test alone: what is in a shared bucket would be no empty installation."""
    folder = "django.core.files.storage.FileSystemStorage"
    store_in(settings, folder, location=tmp_path / "files", base_url=None)
    return default_storage


@pytest.fixture
def bucket(settings, storage):
    """The same in a bucket, where there is an S3 server."""
    if settings.MINIO_URL:
        store_in(
            settings,
            "common.storage.MinioStorage",
            url=settings.MINIO_URL,
            access_key=settings.BACKUP_S3_KEY,
            secret_key=settings.BACKUP_S3_SECRET,
            bucket=f"files-{uuid.uuid4()}",
        )


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.services)])
def target(request, settings, tmp_path) -> BackupTarget:
    """On S3, the files are on S3 too."""
    if request.param == "folder":
        return open_target(str(tmp_path / "backups"), make=True)
    if not os.environ.get("MINIO_URL"):
        pytest.skip("MINIO_URL names no S3 server (make test-services starts one)")
    request.getfixturevalue("bucket")
    return open_target(f"s3://backups-{uuid.uuid4()}/every/night", make=True)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def here(folder) -> BackupTarget:
    """A folder, where it is of no matter which target."""
    return open_target(str(folder), make=True)


@pytest.fixture
def house(request, transactional_db, handbook: Corpus, alice, bob) -> House:
    if "target" in request.fixturenames:
        request.getfixturevalue("target")  # which decides where its files are
    return build_house(handbook, alice, bob)
