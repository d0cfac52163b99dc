"""A prefix of an object store: its ETags say what has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from common.errors import InvalidInput, Unavailable
from common.tests.test_storage_contract import s3_storage
from documents.adapters.buckets import Bucket, FoundObject, StoreAccess
from documents.models import Document, DocumentVersion, Source, SourceEntry
from documents.sources import places
from documents.sources.buckets import BucketPlace
from documents.sources.gathering import gather
from documents.sources.services import add_source
from documents.sources.stores import opened_prefix

Seen = SourceEntry.State


class FakeBucket:
    """Objects in memory; counts what is downloaded."""

    def __init__(self, **objects: str) -> None:
        self.objects_: dict[str, str] = objects
        self.downloaded: list[str] = []

    def objects(self, prefix: str):
        for name, text in sorted(self.objects_.items()):
            if name.startswith(prefix):
                yield FoundObject(name, f"etag of {text}", len(text))

    def download(self, name: str, to: Path, on_block) -> None:
        self.downloaded.append(name)
        to.write_text(self.objects_[name])
        on_block()


@pytest.fixture
def bucket(settings) -> FakeBucket:
    settings.SOURCES_S3_ENDPOINT = "https://store.example.org"
    settings.SOURCES_S3_BUCKETS = ["shared/rules"]
    found = FakeBucket()
    found.objects_ = {
        "rules/pay/scale.txt": "Six steps.",
        "rules/leave.txt": "25 days.",
        "rules/pay/": "",
        "rules-secret/plan.txt": "Secret plan.",
    }
    return found


def look(erin, handbook, bucket, monkeypatch, limit=100) -> dict[str, str]:
    source = Source.objects.first()
    if source is None:
        source = add_source(by=erin, corpus=handbook, kind="bucket", address="shared/rules")
    place = BucketPlace(bucket, source.address, 1, limit, lambda: None)
    monkeypatch.setattr(places, "_bucket", lambda _address, _beat: place)
    Source.objects.update(state=Source.State.QUEUED)
    gather(source.pk)
    return dict(source.entries.values_list("path", "state"))


def test_the_objects_below_the_prefix_are_taken_with_their_folders(
    erin, handbook, bucket, monkeypatch
):
    assert look(erin, handbook, bucket, monkeypatch) == {
        "leave.txt": Seen.TAKEN,
        "pay/scale.txt": Seen.TAKEN,
    }
    scale = Document.objects.get(title="scale")
    assert (scale.folder, scale.source_path) == ("pay", "shared/rules/pay/scale.txt")


def test_what_has_the_same_etag_is_not_downloaded(erin, handbook, bucket, monkeypatch):
    look(erin, handbook, bucket, monkeypatch)
    bucket.downloaded.clear()
    bucket.objects_["rules/leave.txt"] = "30 days."
    del bucket.objects_["rules/pay/scale.txt"]
    assert look(erin, handbook, bucket, monkeypatch) == {
        "leave.txt": Seen.TAKEN,
        "pay/scale.txt": Seen.VANISHED,
    }
    assert bucket.downloaded == ["rules/leave.txt"]
    assert Document.objects.get(title="leave").versions.count() == 2


def test_a_server_that_does_not_answer_marks_nothing(erin, handbook, bucket, monkeypatch):
    look(erin, handbook, bucket, monkeypatch)

    def silent(_prefix):
        raise Unavailable(component="S3")

    bucket.objects = silent
    look(erin, handbook, bucket, monkeypatch)
    source = Source.objects.get()
    assert (source.state, source.error_code) == ("failed", "unavailable")
    assert not Document.objects.exclude(vanished_at=None).exists()


def test_more_files_than_a_source_may_have_are_left_out(erin, handbook, bucket, monkeypatch):
    assert len(look(erin, handbook, bucket, monkeypatch, limit=1)) == 1
    assert Source.objects.get().error_code == "source-too-many-entries"


@pytest.mark.parametrize(
    "address",
    ["", "/", "shared", "shared/rule", "shared/rules-secret", "shared/other", "other/rules",
     "shared/rules/../plans"],
)  # fmt: skip
def test_only_what_the_operator_has_opened_can_be_named(erin, handbook, bucket, address):
    with pytest.raises(InvalidInput):
        add_source(by=erin, corpus=handbook, kind="bucket", address=address)


def test_a_whole_bucket_may_be_opened_but_never_our_own(bucket, settings):
    settings.SOURCES_S3_BUCKETS = ["shared", "cassandre"]
    assert opened_prefix("s3://shared/any/where/") == "shared/any/where"
    assert opened_prefix("cassandre/documents") == "cassandre/documents"
    settings.MINIO_URL = "https://store.example.org"
    settings.STORAGES = {"default": {"OPTIONS": {"bucket": "cassandre"}}}
    with pytest.raises(Exception, match="source-store-refused"):
        opened_prefix("cassandre/documents")


@pytest.mark.services
def test_a_real_server_lists_and_sends(erin, handbook, settings):
    storage = s3_storage()
    for name in ("rules/pay/scale.txt", "rules/leave.txt", "other/plan.txt"):
        storage.save(name, ContentFile(f"Words of {name}.".encode()))
    settings.SOURCES_S3_ENDPOINT = storage._url
    settings.SOURCES_S3_KEY = storage._access_key
    settings.SOURCES_S3_SECRET = storage._secret_key
    settings.SOURCES_S3_BUCKETS = [storage._bucket]
    address = f"{storage._bucket}/rules"
    source = add_source(by=erin, corpus=handbook, kind="bucket", address=address)
    gather(source.pk)
    source.refresh_from_db()
    assert (source.state, source.error_sentence) == ("idle", "")
    assert set(source.entries.values_list("path", "state")) == {
        ("leave.txt", Seen.TAKEN),
        ("pay/scale.txt", Seen.TAKEN),
    }
    Source.objects.update(state=Source.State.QUEUED)
    gather(source.pk)
    assert set(source.entries.values_list("state", flat=True)) == {Seen.KNOWN}
    assert DocumentVersion.objects.count() == 2
    access = StoreAccess(storage._url, storage._access_key, "guessed")
    with pytest.raises(Unavailable):
        list(Bucket(access, storage._bucket).objects("rules/"))
    real = StoreAccess(storage._url, storage._access_key, storage._secret_key)
    with pytest.raises(FileNotFoundError):
        list(Bucket(real, "no-such-bucket").objects(""))
