"""What curators are told of a version that went online all the same."""

from __future__ import annotations

import uuid

import pytest

from documents.errors import CorruptFile, EncryptedFile
from documents.leases import LeaseLost, Run
from documents.models import DocumentVersion
from documents.remarks import remark, withdraw
from documents.tests.builders import make_corpus, make_document, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(organisation):
    version = make_version(
        make_document(make_corpus(organisation, "Handbook")),
        DocumentVersion.State.RUNNING,
        lease_owner="me",
    )
    return Run(version=version, owner="me", generation=None, index=None)


def test_remarks_are_kept_once_each_and_read_as_sentences(run):
    remark(run, CorruptFile(file="a.pdf"))
    remark(run, CorruptFile(file="b.pdf"))
    remark(run, CorruptFile(file="a.pdf"))
    sentences = DocumentVersion.objects.get(pk=run.version.pk).remark_sentences
    assert [("a.pdf" in one, "b.pdf" in one) for one in sentences] == [(True, False), (False, True)]


def test_remarks_of_one_kind_can_be_withdrawn_and_the_others_stay(run):
    remark(run, CorruptFile(file="a.pdf"))
    remark(run, EncryptedFile(file="a.pdf"))
    withdraw(run, CorruptFile)
    kept = DocumentVersion.objects.get(pk=run.version.pk).remarks
    assert [one["code"] for one in kept] == [EncryptedFile.code]


def test_who_lost_the_lease_remarks_nothing(run):
    DocumentVersion.objects.update(lease_owner=uuid.uuid4().hex)
    with pytest.raises(LeaseLost):
        remark(run, CorruptFile(file="a.pdf"))
    assert DocumentVersion.objects.get(pk=run.version.pk).remarks == []
