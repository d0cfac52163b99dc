"""What of a corpus leaves in the zip, and for whom."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from common.errors import NotFound
from documents import services
from documents.models import ApprovedAnswer, Document
from documents.tests.approved import approve
from documents.tests.builders import failed_document, make_corpus, make_version, ready_document
from documents.tests.transfer import (
    LEAVE,
    NOTES,
    REPLACED_ON,
    SETTINGS,
    corpus,
    store_instead,
    zipped_corpus,
)
from documents.transfer.errors import FileLost
from documents.transfer.exporting import plan_export
from documents.transfer.manifest import MANIFEST_NAME, decode
from documents.transfer.writing import BLOCK_BYTES, zip_blocks

__all__ = ["corpus"]


def opened(content):
    return zipfile.ZipFile(io.BytesIO(content))


def manifest_of(content):
    with opened(content) as archive:
        return json.loads(archive.read(MANIFEST_NAME))


@pytest.fixture
def content(alice, corpus):
    return zipped_corpus(alice, corpus)


def test_the_zip_holds_the_originals_byte_by_byte(content, corpus):
    with opened(content) as archive:
        assert archive.testzip() is None
        for document in manifest_of(content)["documents"]:
            row = corpus.documents.get(source_path=document["source_path"])
            files = {each["sha256"]: archive.read(each["entry"]) for each in document["versions"]}
            assert set(files) == set(row.versions.values_list("sha256", flat=True))
            assert all(hashlib.sha256(data).hexdigest() == key for key, data in files.items())


def test_the_manifest_says_what_the_curators_have_added(content):
    manifest = manifest_of(content)
    more = {"name": "Rules", "words_only": False, "ocr": True}
    assert manifest["corpus"] == {**SETTINGS, **more}
    leave, pay, notes = manifest["documents"]
    assert [(one.get("live"), one.get("replaced_on")) for one in leave["versions"]] == [
        (None, REPLACED_ON.isoformat()),
        (True, None),
    ]
    assert (pay["title"], pay["hints"]) == ("Salaries", "page 2: supplementary hours")
    assert (notes["title"], notes["valid_from"]) == ("Working time", "2020-01-01")
    assert manifest["glossary"] == [{"term": "RTT", "expansions": ["rest days", "time off"]}]
    [answer] = manifest["approved_answers"]
    assert (answer["status"], answer["text"]) == ("approved", "They have 30 days [1].")
    [passage] = answer["passages"]
    assert (passage["document"], passage["version"], passage["page"]) == (1, 2, 1)
    assert passage["quote"].strip() == LEAVE.replace("25", "30").strip()


def test_nobody_is_named_in_what_leaves(content, alice):
    with opened(content) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode("latin-1")
    for named in (alice.name, alice.email, str(alice.pk)):
        assert named not in everything


def test_a_deleted_document_and_its_words_stay(alice, corpus):
    leave = corpus.documents.get(source_path="leave.txt")
    services.delete_document(by=alice, document=leave)
    manifest = manifest_of(zipped_corpus(alice, corpus))
    assert [one["source_path"] for one in manifest["documents"]] == ["pay.pdf", "notes.md"]
    [answer] = manifest["approved_answers"]
    assert (answer["status"], answer["reason"]) == ("to_review", "deleted")
    assert "document" not in answer["passages"][0]
    assert answer["passages"][0]["quote"] == ""


def test_a_correction_that_no_curator_has_made_their_own_stays(alice, corpus):
    notes = corpus.documents.get(source_path="notes.md")
    approve(alice, corpus, [notes], question="How long is a week?", approve=False)
    ApprovedAnswer.objects.filter(question="How long is a week?").update(origin="correction")
    manifest = manifest_of(zipped_corpus(alice, corpus))
    assert len(manifest["approved_answers"]) == 1


def test_a_file_that_failed_leaves_and_a_cancelled_one_does_not(alice, corpus):
    failed_document(corpus, title="Broken")
    make_version(corpus.documents.get(source_path="pay.pdf"), "cancelled")
    manifest = manifest_of(zipped_corpus(alice, corpus))
    counts = {one["source_path"]: len(one["versions"]) for one in manifest["documents"]}
    assert counts == {"leave.txt": 2, "pay.pdf": 1, "notes.md": 1, "broken.pdf": 1}


def test_attachments_stand_behind_what_they_hang_on(alice, organisation):
    made = make_corpus(organisation, "Mails")
    child = ready_document(made, title="Attached")
    mail = ready_document(made, title="Mail")
    Document.objects.filter(pk=child.pk).update(parent=mail)
    first, second = manifest_of(zipped_corpus(alice, made))["documents"]
    assert (first["title"], second["title"], second["parent"]) == ("Mail", "Attached", 1)


@pytest.mark.parametrize("name", ["../../evil.txt", "a\\b:c?.txt", "…", ".txt", "x" * 297 + ".md"])
def test_the_name_of_an_entry_does_no_harm_where_the_zip_is_unpacked(alice, organisation, name):
    made = make_corpus(organisation, "Names")
    document = ready_document(made, title="Named")
    document.versions.update(file_name=name)
    with opened(zipped_corpus(alice, made)) as archive:
        _manifest, entry = archive.namelist()
    *folders, last = entry.split("/")
    assert folders == ["files", "1", "1"]
    assert not set(last) & set('\\:?*"<>|')
    assert 0 < len(last) <= 100
    assert not last.startswith("..")
    assert (
        manifest_of(zipped_corpus(alice, made))["documents"][0]["versions"][0]["file_name"] == name
    )


def test_a_file_is_sent_block_by_block_before_the_next_is_opened(alice, organisation, monkeypatch):
    made = make_corpus(organisation, "Large")
    for title in ("One", "Two"):
        document = ready_document(made, title=title)
        document.versions.all().delete()
        make_version(document, "ready", live=True, content=bytes(3 * BLOCK_BYTES))
    export = plan_export(by=alice, corpus=made)
    storage = export.originals[0].storage
    opened_names: list[str] = []
    really = storage.open
    monkeypatch.setattr(
        storage, "open", lambda name, mode: opened_names.append(name) or really(name, mode)
    )
    blocks = zip_blocks(export)
    assert max(len(next(blocks)) for _block in range(3)) < 2 * BLOCK_BYTES
    assert len(opened_names) == 1
    blocks.close()


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_it_takes_nothing_away(who, corpus, request):
    with pytest.raises(NotFound):
        plan_export(by=request.getfixturevalue(who), corpus=corpus)


def test_a_lost_file_is_named_before_anything_leaves(alice, corpus):
    version = corpus.documents.get(source_path="notes.md").versions.get()
    version.file.storage.delete(version.file.name)
    with pytest.raises(FileLost) as caught:
        plan_export(by=alice, corpus=corpus)
    assert caught.value.params == {"title": "Working time"}


def test_the_command_writes_the_zip(alice, corpus, tmp_path, capsys):
    target = tmp_path / "rules.zip"
    call_command("export_corpus", corpus.slug, to=str(target))
    assert "3 documents, 4 files" in capsys.readouterr().out
    with zipfile.ZipFile(target) as archive:
        assert decode(archive.read(MANIFEST_NAME)).corpus.name == "Rules"
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_corpus", corpus.slug, to=str(target))


def test_a_file_that_is_not_what_its_row_says_leaves_no_half_zip(alice, corpus, tmp_path):
    version = corpus.documents.get(source_path="notes.md").versions.get()
    store_instead(version, NOTES.replace("38", "39").encode())
    with pytest.raises(CommandError, match="Working time"):
        call_command("export_corpus", corpus.slug, to=str(tmp_path / "rules.zip"))
    assert list(tmp_path.iterdir()) == []
