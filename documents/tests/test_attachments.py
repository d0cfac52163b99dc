"""What a mail carries becomes documents below it, and lives and dies with it."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from itertools import pairwise

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from common.errors import NotFound
from documents import attachments, services, tasks
from documents.attached import attachments_of, carrier_of
from documents.errors import AttachmentsWait, CarrierDeleted, EmptyFile, ScannerUnavailable
from documents.ingestion import ingest
from documents.models import CorpusGrant, Document, DocumentVersion
from documents.receiving import Origin, receive_file
from documents.retrieval import search
from documents.tests.builders import grant, make_corpus, make_document, ready_document
from documents.tests.files import eml
from documents.tests.pipeline import bring_online
from documents.version_services import restore_version

State = DocumentVersion.State

PLAN = b"# Plan\n\nThe kitchen is painted in turquoise.\n"
PRICES = b"item,price\nturquoise paint,12\n"


@pytest.fixture
def corpus(organisation, erin):
    corpus = make_corpus(organisation, "Letters")
    grant(corpus, erin, CorpusGrant.Right.CURATE)
    return corpus


def mail(**files: bytes) -> bytes:
    attached = {name.replace("_", "."): content for name, content in files.items()}
    return eml("Please see below.", subject="Kitchen", attachments=attached)


def below(version: DocumentVersion) -> dict[str, Document]:
    found = Document.objects.filter(parent=version.document, deleted_at=None)
    return {document.source_path: document for document in found}


def remarks(version: DocumentVersion) -> list[tuple[str, str]]:
    version.refresh_from_db()
    return [(one["code"], one["params"].get("file", "")) for one in version.remarks]


def test_what_is_attached_to_a_mail_is_found_on_its_own(erin, corpus):
    version = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=PLAN, prices_csv=PRICES))
    assert (version.state, version.document.title) == (State.READY, "Kitchen")
    found = below(version)
    assert sorted(found) == ["kitchen.eml/plan.md", "kitchen.eml/prices.csv"]
    for document in found.values():
        attached = document.versions.get()
        assert (attached.created_by, attached.state) == (erin, State.QUEUED)
        ingest(attached.pk)
    titles = {passage.title for passage in search(erin, "turquoise").passages}
    assert titles == {"Plan", "prices"}
    assert remarks(version) == []


def test_the_folder_of_a_mail_is_that_of_its_attachments(erin, corpus):
    file = ContentFile(mail(plan_md=PLAN), name="kitchen.eml")
    origin = Origin(path="2026/kitchen.eml", folder="2026")
    version = receive_file(by=erin, corpus=corpus, file=file, origin=origin)
    ingest(version.pk)
    (attached,) = below(version).values()
    assert (attached.source_path, attached.folder) == ("2026/kitchen.eml/plan.md", "2026")


def test_a_mail_that_goes_online_once_more_doubles_nothing(erin, corpus):
    version = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=PLAN))
    DocumentVersion.objects.filter(pk=version.pk).update(state=State.QUEUED)
    ingest(version.pk)
    assert Document.objects.count() == 2
    assert below(version)["kitchen.eml/plan.md"].versions.count() == 1
    assert remarks(version) == []


def test_a_refused_attachment_is_told_by_name_and_stops_nothing(erin, corpus):
    content = mail(noise_bin=bytes(range(256)) * 8, nothing_txt=b"", plan_md=PLAN)
    version = bring_online(erin, corpus, "kitchen.eml", content)
    assert version.state == State.READY
    assert remarks(version) == [("file-unknown-type", "noise.bin"), ("file-empty", "nothing.txt")]
    assert list(below(version)) == ["kitchen.eml/plan.md"]


def test_a_new_version_of_a_mail_replaces_its_attachments_and_the_old_one_can_come_back(
    erin, corpus
):
    first = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=PLAN, prices_csv=PRICES))
    old = below(first)
    painted = PLAN.replace(b"turquoise", b"ochre")
    second = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=painted, list_txt=b"brush"))
    assert second.document_id == first.document_id
    now = below(second)
    assert sorted(now) == ["kitchen.eml/list.txt", "kitchen.eml/plan.md"]
    assert now["kitchen.eml/plan.md"].pk == old["kitchen.eml/plan.md"].pk
    assert now["kitchen.eml/plan.md"].versions.count() == 2
    assert Document.objects.get(pk=old["kitchen.eml/prices.csv"].pk).deleted_at is not None


def test_the_attachments_follow_a_mail_whose_earlier_version_is_restored(
    erin, corpus, django_capture_on_commit_callbacks, monkeypatch
):
    first = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=PLAN, prices_csv=PRICES))
    for document in below(first).values():
        ingest(document.versions.get().pk)
    painted = PLAN.replace(b"turquoise", b"ochre")
    second = bring_online(erin, corpus, "kitchen.eml", mail(plan_md=painted))
    ingest(below(second)["kitchen.eml/plan.md"].versions.first().pk)
    asked = []
    monkeypatch.setattr(tasks.take_attachments, "delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        restore_version(by=erin, version=first)
    assert asked == [str(first.pk)]
    for _time in range(2):
        tasks.take_attachments(str(first.pk))
    tasks.take_attachments(str(second.pk))  # not live any more
    now = below(first)
    assert sorted(now) == ["kitchen.eml/plan.md", "kitchen.eml/prices.csv"]
    newest = now["kitchen.eml/plan.md"].versions.first()
    assert (newest.state, newest.sha256) == (State.QUEUED, sha256(PLAN).hexdigest())
    assert now["kitchen.eml/plan.md"].versions.count() == 3
    assert remarks(first) == []


def test_a_mail_in_a_mail_is_followed_but_not_for_ever(erin, corpus, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_DEPTH", 1)
    inner = eml("Inner words.", subject="Inner", attachments={"plan.md": PLAN})
    version = bring_online(erin, corpus, "outer.eml", mail(inner_eml=inner))
    (within,) = below(version).values()
    attached = within.versions.get()
    ingest(attached.pk)
    assert below(attached) == {}
    assert remarks(attached) == [("attachments-too-deep", "inner.eml")]


def test_without_the_right_to_add_files_any_more_nothing_is_attached(erin, corpus):
    file = ContentFile(mail(plan_md=PLAN), name="kitchen.eml")
    version = receive_file(by=erin, corpus=corpus, file=file)
    corpus.grants.all().delete()
    ingest(version.pk)
    version.refresh_from_db()
    assert version.state == State.READY
    assert below(version) == {}
    assert remarks(version) == [("attachments-not-allowed", "kitchen.eml")]


def test_a_mail_waits_where_the_scanner_does_not_answer(erin, corpus, monkeypatch):
    file = ContentFile(mail(plan_md=PLAN), name="kitchen.eml")
    version = receive_file(by=erin, corpus=corpus, file=file)

    def unavailable(**_values):
        raise ScannerUnavailable(file="plan.md")

    monkeypatch.setattr(attachments, "receive_file", unavailable)
    ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, version.error_code) == (State.QUEUED, AttachmentsWait.code)


def test_a_link_that_a_child_left_is_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("ours")
    link = tmp_path / "1"
    link.symlink_to(secret)
    with pytest.raises(EmptyFile), attachments._opened(link, "plan.md"):
        pass


# --- together ---------------------------------------------------------------------------------


@pytest.fixture
def family(handbook):
    """A mail, a mail attached to it, and a file attached to that; all online."""
    kept = [ready_document(handbook, title=title) for title in ("Outer", "Inner", "Plan")]
    for parent, child in pairwise(kept):
        Document.objects.filter(pk=child.pk).update(parent=parent)
    return [Document.objects.get(pk=document.pk) for document in kept]


def present() -> set[str]:
    return set(Document.objects.filter(deleted_at=None).values_list("title", flat=True))


def test_a_mail_is_deleted_and_restored_with_all_that_it_carries(erin, family):
    outer, inner, _plan = family
    services.delete_document(by=erin, document=outer)
    assert present() == set()
    with pytest.raises(CarrierDeleted):
        services.restore_document(by=erin, document=inner)
    services.restore_document(by=erin, document=outer)
    assert present() == {"Outer", "Inner", "Plan"}


def test_a_mail_and_what_it_carries_can_be_chosen_together(client, erin, family):
    client.force_login(erin)
    chosen = {"document": [str(document.pk) for document in reversed(family)]}
    for order in (chosen, {"document": chosen["document"][::-1]}):
        assert client.post(reverse("backoffice:documents_delete"), order).status_code == 302
        assert present() == set()
        assert client.post(reverse("backoffice:documents_restore"), chosen).status_code == 302
        assert present() == {"Outer", "Inner", "Plan"}


def test_what_was_deleted_before_the_mail_stays_deleted(erin, family):
    outer, inner, _plan = family
    services.delete_document(by=erin, document=inner)
    assert present() == {"Outer"}
    services.delete_document(by=erin, document=outer)
    services.restore_document(by=erin, document=outer)
    assert present() == {"Outer"}
    services.restore_document(by=erin, document=inner)
    assert present() == {"Outer", "Inner", "Plan"}


def test_a_purge_takes_the_files_of_all_that_was_attached(erin, family):
    files = [document.versions.get().file for document in family]
    services.delete_document(by=erin, document=family[0])
    Document.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    tasks.purge_deleted_documents()
    assert not Document.objects.exists()
    assert not any(file.storage.exists(file.name) for file in files)


def test_removing_a_mail_for_good_takes_its_attachments_out_of_the_deleted_ones(erin, family):
    services.delete_document(by=erin, document=family[0])
    services.purge_document_now(by=erin, document=family[0])
    with pytest.raises(NotFound):
        services.restore_document(by=erin, document=family[2])


# --- who sees them ----------------------------------------------------------------------------


def test_attachments_are_open_to_the_readers_of_the_corpus_alone(bob, charlie, dana, family):
    outer, inner, _plan = family
    assert list(attachments_of(bob, outer)) == [inner]
    assert carrier_of(bob, inner) == outer
    for stranger in (charlie, dana):
        assert not attachments_of(stranger, outer).exists()
        assert carrier_of(stranger, inner) is None


def test_an_attachment_on_its_way_is_shown_to_curators_alone(bob, erin, handbook, family):
    outer = family[0]
    make_document(handbook, "Waiting", parent=outer)
    assert [one.title for one in attachments_of(erin, outer)] == ["Inner", "Waiting"]
    assert [one.title for one in attachments_of(bob, outer)] == ["Inner"]
    assert carrier_of(bob, outer) is None
