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


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of this test alone: what is in a shared bucket would be no empty installation."""
    if settings.MINIO_URL:
        options = {**settings.STORAGES["default"]["OPTIONS"], "bucket": f"files-{uuid.uuid4()}"}
    else:
        options = {"location": tmp_path / "files", "base_url": None}
    default = {**settings.STORAGES["default"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return default_storage


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.services)])
def target(request, settings, tmp_path) -> BackupTarget:
    if request.param == "folder":
        return open_target(str(tmp_path / "backups"), make=True)
    if not os.environ.get("MINIO_URL"):
        pytest.skip("MINIO_URL names no S3 server (make test-services starts one)")
    return open_target(f"s3://backups-{uuid.uuid4()}/every/night", make=True)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def here(folder) -> BackupTarget:
    """A folder, where it is of no matter which target."""
    return open_target(str(folder), make=True)


@pytest.fixture
def house(transactional_db, handbook: Corpus, alice, bob) -> House:
    return build_house(handbook, alice, bob)
