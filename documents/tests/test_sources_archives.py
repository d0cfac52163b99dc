"""A zip that is dropped: unpacked in a child, its files received one by one."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from common.errors import NotFound
from documents.errors import FileTooLarge
from documents.ingestion import ingest
from documents.models import Chunk, Document, DocumentVersion, Source, SourceEntry
from documents.retrieval import search
from documents.sources.archives import is_archive
from documents.sources.gathering import gather
from documents.sources.services import receive_archive
from documents.tests.files import docx

Seen = SourceEntry.State


def zipped(files: dict[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def take(erin, handbook, content: bytes, name: str = "rules.zip") -> Source:
    """Dropped and looked at; as it stands then."""
    source = receive_archive(by=erin, corpus=handbook, file=ContentFile(content, name=name))
    gather(source.pk)
    source.refresh_from_db()
    return source


def states(source: Source) -> dict[str, str]:
    return dict(source.entries.values_list("path", "state"))


def codes(source: Source) -> dict[str, str]:
    return dict(source.entries.filter(state=Seen.REFUSED).values_list("path", "error_code"))


def test_folders_become_the_outermost_sections(erin, handbook):
    content = zipped({"Pay/2026/scale.md": "# Steps\n\nThe pay scale has six steps.\n"})
    source = take(erin, handbook, content)
    assert (source.state, states(source)) == ("idle", {"Pay/2026/scale.md": Seen.TAKEN})
    version = DocumentVersion.objects.get()
    assert version.document.folder == "Pay/2026"
    ingest(version.pk)
    assert Chunk.objects.get().section == "Pay › 2026 › Steps"
    found = search(erin, "pay scale steps")
    assert found.passages[0].section.startswith("Pay")


def test_the_archives_bytes_are_removed_behind_its_unpacking(
    erin, handbook, django_capture_on_commit_callbacks
):
    source = receive_archive(
        by=erin, corpus=handbook, file=ContentFile(zipped({"a.txt": "Words."}), name="a.zip")
    )
    name = source.file.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        gather(source.pk)
    assert not default_storage.exists(name)
    source.refresh_from_db()
    assert not source.file


def test_one_bad_entry_does_not_stop_the_rest(erin, handbook):
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../etc/cron.txt", "Outside.")
        archive.writestr("/root.txt", "At the root.")
        archive.writestr("C:\\windows.txt", "On a drive.")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("empty.txt", "")
        archive.writestr("inner.zip", zipped({"deep.txt": "Deep words."}))
        archive.writestr("good.txt", "Good words.")
        archive.writestr("__MACOSX/._good.txt", "litter")
        archive.writestr(".DS_Store", "litter")
    source = take(erin, handbook, packed.getvalue())
    assert codes(source) == {
        "../../etc/cron.txt": "source-entry-outside",
        "//root.txt": "source-entry-outside",
        "C:/windows.txt": "source-entry-outside",
        "link.txt": "source-entry-outside",
        "empty.txt": "file-empty",
        "inner.zip": "source-nested-archive",
    }
    assert states(source)["good.txt"] == Seen.TAKEN
    assert [version.file_name for version in DocumentVersion.objects.all()] == ["good.txt"]


def encrypted(content: bytes) -> bytes:
    """The mark of encryption set on every entry, in both records of it."""
    data = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def test_entries_behind_a_password_are_refused_by_name(erin, handbook):
    source = take(erin, handbook, encrypted(zipped({"secret.txt": "Words."})))
    assert codes(source) == {"secret.txt": "file-encrypted"}
    assert "secret.txt" in source.entries.get().error_sentence


def test_a_bomb_is_refused_whole(erin, handbook):
    source = take(erin, handbook, zipped({"good.txt": "Words.", "zeros.txt": b"\0" * 30_000_000}))
    assert (source.state, source.error_code) == ("failed", "file-archive-bomb")
    assert "rules.zip" in source.error_sentence
    assert not Document.objects.exists()
    assert not source.file


def test_too_many_entries_are_refused_whole(erin, handbook, settings):
    settings.SOURCES_MAX_FILES = 3
    source = take(erin, handbook, zipped({f"{n}.txt": f"Words {n}." for n in range(4)}))
    assert (source.state, source.error_code) == ("failed", "file-archive-bomb")
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 and then noise", "file-corrupt"),
        (zipped({}), "source-empty-archive"),
        (zipped({"a/": "", ".DS_Store": "litter"}), "source-empty-archive"),
    ],
    ids=["damaged", "empty", "litter alone"],
)
def test_an_archive_without_files_says_so(erin, handbook, content, code):
    source = take(erin, handbook, content)
    assert (source.state, source.error_code) == ("failed", code)


def test_an_entry_that_is_damaged_is_refused_alone(erin, handbook):
    content = zipped(
        {"bad.txt": "Damaged words.", "good.txt": "Good words."}, compression=zipfile.ZIP_STORED
    )
    source = take(erin, handbook, content.replace(b"Damaged", b"damaged"))
    assert codes(source) == {"bad.txt": "file-corrupt"}
    assert states(source)["good.txt"] == Seen.TAKEN


@pytest.mark.parametrize("marked", [True, False], ids=["marked as UTF-8", "unmarked"])
def test_names_keep_their_accents(erin, handbook, marked):
    content = zipped({"Congés/été.txt": "Des mots."})
    if not marked:
        for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
            at = content.find(signature)
            content = content[: at + offset] + b"\0" + content[at + offset + 1 :]
    source = take(erin, handbook, content)
    assert list(states(source)) == ["Congés/été.txt"]
    assert Document.objects.get().folder == "Congés"


def test_names_of_old_programs_are_read_as_code_page_437(erin, handbook):
    source = take(erin, handbook, zipped({"caf_.txt": "Des mots."}).replace(b"caf_", b"caf\x82"))
    assert list(states(source)) == ["café.txt"]


def test_folders_without_end_are_refused(erin, handbook):
    deep = "/".join("abcdefghijklmnopqrstuvwxyzabcdefgh") + "/deep.txt"
    assert codes(take(erin, handbook, zipped({deep: "Words."}))) == {deep: "file-archive-bomb"}


def test_a_newer_archive_of_the_same_name_is_the_same_source(erin, handbook):
    first = take(erin, handbook, zipped({"a.txt": "First.", "b.txt": "Same."}))
    second = take(erin, handbook, zipped({"a.txt": "Second.", "b.txt": "Same.", "c.txt": "New."}))
    assert first.pk == second.pk
    assert states(second) == {"a.txt": Seen.TAKEN, "b.txt": Seen.KNOWN, "c.txt": Seen.TAKEN}
    third = take(erin, handbook, zipped({"a.txt": "Second."}))
    assert states(third)["b.txt"] == Seen.VANISHED
    assert Document.objects.get(title="b").vanished_at is not None
    assert Document.objects.get(title="a").versions.count() == 2


def test_an_archive_that_unpacks_to_more_than_is_kept_ahead_is_taken_whole(erin, handbook):
    source = take(erin, handbook, zipped({f"{n:02}.txt": f"Words {n}." for n in range(40)}))
    assert set(states(source).values()) == {Seen.TAKEN}
    assert (source.progress_done, source.progress_total) == (40, 40)


def test_a_document_that_is_packed_as_a_zip_is_none():
    assert is_archive(ContentFile(zipped({"a.txt": "Words."}), name="A.ZIP"))
    assert not is_archive(ContentFile(docx("Some words."), name="letter.zip"))
    assert not is_archive(ContentFile(zipped({"a.txt": "Words."}), name="a.docx"))
    assert not is_archive(ContentFile(b"words", name="words.zip"))


def test_one_that_is_too_large_is_not_kept(erin, handbook, settings):
    settings.MAX_UPLOAD_MB = 0
    with pytest.raises(FileTooLarge):
        receive_archive(by=erin, corpus=handbook, file=ContentFile(b"PK", name="a.zip"))
    assert not Source.objects.exists()


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_the_corpus_leaves_nothing_in_it(who, handbook, request):
    with pytest.raises(NotFound):
        receive_archive(
            by=request.getfixturevalue(who),
            corpus=handbook,
            file=ContentFile(zipped({"a.txt": "Words."}), name="a.zip"),
        )
    assert not Source.objects.exists()
