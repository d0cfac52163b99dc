"""What stands before the first page of an installation on services."""

from __future__ import annotations

import pytest

from accounts.models import User
from cassandre.preparing import prepare
from common.tests.test_storage_contract import s3_storage


@pytest.mark.services
def test_preparing_makes_the_bucket_once_however_often(monkeypatch, db):
    storage = s3_storage()
    assert not storage._client.bucket_exists(bucket_name=storage._bucket)
    monkeypatch.setattr("cassandre.preparing.storages", {"default": storage})
    User.objects.create(email="alice@example.org")  # no starter corpus
    for _time in range(2):
        prepare(lambda _line: None)
        storage._bucket_is_there = False  # another process
    assert storage._client.bucket_exists(bucket_name=storage._bucket)
