"""A disk that fills up while a file is taken."""

from __future__ import annotations

import errno

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents.models import Document, DocumentVersion


def fill_up(monkeypatch, number: int) -> list[str]:
    """The disk holds half of a file and then fails; the list is of what was tried."""
    save, tried = default_storage.save, []

    def save_half(name, content, max_length=None):
        half = ContentFile(content.read()[: content.size // 2])
        tried.append(save(name, half, max_length=max_length))
        raise OSError(number, "it failed")

    monkeypatch.setattr(default_storage, "save", save_half)
    return tried


def send(client, corpus):
    file = SimpleUploadedFile("notes.txt", b"Employees have 25 days of leave.")
    fields = {"corpus": str(corpus.pk), "file": file}
    accepts = {"Accept": "application/json"}
    return client.post(reverse("backoffice:upload"), fields, headers=accepts)


def test_a_file_that_the_disk_cannot_hold_is_refused_with_nothing_kept(
    handbook, erin, signed_in, monkeypatch
):
    tried = fill_up(monkeypatch, errno.ENOSPC)

    response = send(signed_in(erin), handbook)

    assert (response.status_code, response.json()["code"]) == (507, "storage-full")
    assert not Document.objects.filter(source_path="notes.txt").exists()
    assert not DocumentVersion.objects.filter(file_name="notes.txt").exists()
    assert [default_storage.exists(name) for name in tried] == [False]


def test_another_failure_of_the_disk_is_not_called_a_full_one(
    handbook, erin, signed_in, monkeypatch
):
    tried = fill_up(monkeypatch, errno.EIO)

    with pytest.raises(OSError, match="it failed"):
        send(signed_in(erin), handbook)

    assert [default_storage.exists(name) for name in tried] == [False]
