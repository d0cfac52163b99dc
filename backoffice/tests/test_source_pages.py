"""The pages of a corpus's sources, and the zip that is dropped on its documents."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from documents.models import Corpus, Document, Source, SourceEntry
from documents.sources.gathering import gather
from documents.tests.builders import ready_document
from documents.tests.web_server import web_site

State = Source.State
Seen = SourceEntry.State


@pytest.fixture
def site(settings):
    with web_site() as found:
        settings.SOURCES_ALLOWED_HOSTS = [found.host]
        settings.SOURCES_DELAY_S = 0
        yield found


@pytest.fixture
def client(signed_in, erin):
    return signed_in(erin)


def page_of(corpus: Corpus) -> str:
    return reverse("backoffice:corpus_sources", args=[corpus.pk])


def door(name: str, source: Source) -> str:
    return reverse(f"backoffice:corpus_source_{name}", args=[source.corpus_id, source.pk])


def make_source(corpus: Corpus, **fields) -> Source:
    """Of a document that is there, one that has vanished, and a file that was refused."""
    values = {"kind": "sitemap", "address": "https://www.example.org/map.xml", "state": State.IDLE}
    source = Source.objects.create(corpus=corpus, finished_at=timezone.now(), **values | fields)
    for title, state in (("Kept", Seen.TAKEN), ("Gone", Seen.VANISHED)):
        document = ready_document(corpus, title=title)
        vanished = timezone.now() if state == Seen.VANISHED else None
        Document.objects.filter(pk=document.pk).update(source=source, vanished_at=vanished)
        source.entries.create(path=title, document=document, state=state, seen_at=timezone.now())
    source.entries.create(
        path="Shut",
        state=Seen.REFUSED,
        seen_at=timezone.now(),
        error_code="source-robots",
        error_params={"address": "https://www.example.org/shut"},
    )
    return source


def test_a_page_of_the_web_is_added_and_looked_at(
    client, handbook, site, django_capture_on_commit_callbacks
):
    address = site.page("/leave", "<html><title>Leave</title><p>25 days.</p></html>")
    asked = {"kind": "page", "address": address, "every_hours": "24"}
    with django_capture_on_commit_callbacks() as enqueued:
        response = client.post(page_of(handbook), asked, follow=True)
    assert b"are on their way" in response.content
    source = Source.objects.get()
    assert (source.every_hours, source.state) == (24, State.QUEUED)
    assert len(enqueued) == 1
    gather(source.pk)
    text = client.get(page_of(handbook)).content.decode()
    assert "Up to date" in text
    assert "Every day, next on" in text


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:22/", "may not be asked"),
        ("file:///etc/passwd", "may not be asked"),
        ("https://user:word@www.example.org/", "may not be asked"),
        ("", "required"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_beside_its_field(
    client, handbook, address, sentence
):
    asked = {"kind": "page", "address": address}
    assert sentence in client.post(page_of(handbook), asked).content.decode()
    assert not Source.objects.exists()


def test_a_store_that_the_operator_has_not_opened_is_refused(client, handbook, settings):
    settings.SOURCES_S3_ENDPOINT, settings.SOURCES_S3_BUCKETS = "http://127.0.0.1:9", ["open/here"]
    asked = {"kind": "bucket", "address": "open/there"}
    text = client.post(page_of(handbook), asked).content.decode()
    assert "not among the object stores" in text
    client.post(page_of(handbook), asked | {"address": "s3://open/here/deep/"})
    assert Source.objects.get().address == "open/here/deep"


def test_trying_an_address_keeps_nothing(client, handbook, site):
    address = site.page("/leave", "<html><title>Leave</title><p>25 days.</p></html>")
    asked = {"kind": "page", "address": address, "try": "1"}
    text = client.post(page_of(handbook), asked).content.decode()
    assert "It can be read: 1 file." in text
    assert "Leave.html" in text
    gone = client.post(page_of(handbook), asked | {"address": f"{site.url}/no"}).content.decode()
    assert "answers with the error 404" in gone
    assert not Source.objects.exists()
    assert not Document.objects.exists()


def test_the_same_source_is_not_added_twice(client, handbook):
    make_source(handbook)
    asked = {"kind": "sitemap", "address": "https://www.example.org/map.xml"}
    assert b"there already" in client.post(page_of(handbook), asked).content
    assert Source.objects.count() == 1


def test_the_list_asks_again_only_while_something_moves(client, handbook):
    source = make_source(handbook)
    assert "every 2s" not in client.get(page_of(handbook)).content.decode()
    Source.objects.update(state=State.RUNNING, progress_done=3, progress_total=12)
    rows = reverse("backoffice:corpus_sources_rows", args=[handbook.pk])
    text = client.get(rows).content.decode()
    assert "every 2s" in text
    assert "3 of 12" in text
    assert "every 2s" in client.get(door("look", source).removesuffix("look/")).content.decode()


def test_the_entries_are_filtered_and_say_why_they_were_refused(client, handbook):
    address = door("look", make_source(handbook)).removesuffix("look/")
    text = client.get(address).content.decode()
    assert all(path in text for path in ("Kept", "Gone", "Shut"))
    refused = client.get(f"{address}?state=refused").content.decode()
    assert "robots.txt" in refused
    assert "Kept" not in refused


def test_the_entries_are_exported_as_they_are_filtered(client, handbook):
    source = make_source(handbook)
    text = client.get(f"{door('export', source)}?state=refused").content.decode("utf-8-sig")
    assert "robots.txt" in text
    assert "Kept" not in text


def test_the_list_is_exported(client, handbook):
    make_source(handbook, every_hours=24)
    address = reverse("backoffice:corpus_sources_export", args=[handbook.pk])
    text = client.get(address).content.decode("utf-8-sig")
    assert "Sitemap,https://www.example.org/map.xml,Up to date" in text
    assert text.rstrip().endswith(",Every day,1,0,1,1,")


def test_what_has_vanished_is_told_and_deleted_on_demand(client, handbook):
    source = make_source(handbook)
    text = client.get(door("look", source).removesuffix("look/")).content.decode()
    assert "1 document is no longer at its source" in text
    client.post(door("clear", source))
    deleted = Document.objects.exclude(deleted_at=None)
    assert [document.title for document in deleted] == ["Gone"]


@pytest.mark.parametrize(("choice", "left"), [("keep", 2), ("delete", 0)])
def test_a_removed_source_leaves_its_documents_or_takes_them_along(client, handbook, choice, left):
    source = make_source(handbook)
    client.post(door("remove", source), {"documents": choice})
    assert not Source.objects.exists()
    assert Document.objects.filter(deleted_at=None).count() == left


def test_a_look_is_begun_once_and_can_be_stopped(client, handbook, erin):
    source = make_source(handbook, created_by=erin)
    client.post(door("look", source))
    source.refresh_from_db()
    assert source.state == State.QUEUED
    assert b"looked at already" in client.post(door("look", source), follow=True).content
    client.post(door("cancel", source))
    source.refresh_from_db()
    assert source.state == State.CANCELLED


def test_who_asks_goes_on_where_the_right_was_lost(client, handbook, erin, bob):
    source = make_source(handbook, created_by=bob)
    client.post(door("look", source))
    source.refresh_from_db()
    assert source.created_by == erin


def test_the_schedule_can_be_changed(client, handbook):
    source = make_source(handbook)
    client.post(door("schedule", source), {"every_hours": "168"})
    source.refresh_from_db()
    assert source.every_hours == 168
    assert source.next_at > timezone.now()
    client.post(door("schedule", source), {"every_hours": ""})
    source.refresh_from_db()
    assert (source.every_hours, source.next_at) == (None, None)


def zip_file(name: str = "rules.zip") -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Pay/scale.txt", "The pay scale has six steps.")
    return SimpleUploadedFile(name, packed.getvalue(), content_type="application/zip")


def test_a_dropped_zip_becomes_a_source(client, handbook):
    response = client.post(
        reverse("backoffice:upload"),
        {"corpus": str(handbook.pk), "file": zip_file()},
        headers={"accept": "application/json"},
    )
    assert response.status_code == 201
    source = Source.objects.get(pk=response.json()["source"])
    assert (source.kind, source.address) == ("archive", "rules.zip")
    gather(source.pk)
    assert Document.objects.get().folder == "Pay"


def test_the_documents_follow_the_unpacking_and_say_what_was_refused(client, handbook):
    asked = {"corpus": str(handbook.pk), "file": zip_file()}
    client.post(reverse("backoffice:upload"), asked)
    archives = reverse("backoffice:documents_archives")
    text = client.get(archives).content.decode()
    assert "Waiting to be unpacked" in text
    assert "every 2s" in text
    source = Source.objects.get()
    gather(source.pk)
    assert "rules.zip" not in client.get(archives).content.decode()
    source.entries.update(state=Seen.REFUSED, error_code="file-empty")
    text = client.get(archives).content.decode()
    assert "1 file refused" in text
    assert "every 2s" not in text


@pytest.mark.parametrize("who", ["alice", "dana"])
def test_the_archives_of_others_are_not_shown(who, client, handbook, request, signed_in):
    asked = {"corpus": str(handbook.pk), "file": zip_file()}
    client.post(reverse("backoffice:upload"), asked)
    other = signed_in(request.getfixturevalue(who))
    text = other.get(reverse("backoffice:documents_archives")).content.decode()
    assert ("rules.zip" in text) == (who == "alice")  # who administers the organisation


def test_a_form_without_scripts_takes_a_zip_too(client, handbook):
    asked = {"corpus": str(handbook.pk), "file": zip_file()}
    assert client.post(reverse("backoffice:upload"), asked).status_code == 302
    assert Source.objects.get().kind == "archive"


def test_a_source_is_only_found_under_its_own_corpus(client, handbook, organisation, erin):
    source = make_source(handbook)
    address = reverse("backoffice:corpus_source", args=[source.pk, source.pk])
    assert client.get(address).status_code == 404
