"""A zip that somebody has made or changed: what is wrong is named, and nothing is written."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from documents.errors import InfectedFile
from documents.models import Corpus, Source
from documents.sources.services import receive_archive
from documents.tests.clamd import VIRUS, running_clamd
from documents.tests.transfer import as_file, changed_zip, minimal_zip
from documents.transfer import archive, errors
from documents.transfer.importing import import_corpus

Change = Callable[[dict[str, Any]], object]

ENTRY = "files/1/1/rules.txt"


def refused(by, content):
    with pytest.raises(errors.TransferRefused) as caught:
        import_corpus(by=by, file=as_file(content))
    assert not Corpus.objects.exists()
    assert not Source.objects.exists()
    return caught.value


def with_entry(name: str, data: bytes = b"more") -> bytes:
    return changed_zip(minimal_zip(), instead={name: data})


@pytest.mark.parametrize(
    ("content", "kind", "named"),
    [
        (b"", errors.NoManifest, ""),
        (b"PK\x03\x04 and nothing more", errors.NoManifest, ""),
        (changed_zip(minimal_zip(), instead={"manifest.json": None}), errors.NoManifest, ""),
        (with_entry("manifest.json", b"[1, 2"), errors.NoManifest, ""),
        (with_entry("manifest.json", b"[" * 100_000), errors.NoManifest, ""),
        (with_entry("manifest.json", b'{"format": "\xed\xa0\x80"}'), errors.NoManifest, ""),
        (changed_zip(minimal_zip(), instead={ENTRY: None}), errors.EntryMissing, ENTRY),
        (with_entry(ENTRY, b"Other words."), errors.EntryDamaged, ENTRY),  # another size
        (with_entry(ENTRY, b"SOME words to read."), errors.EntryDamaged, ENTRY),
        (with_entry("files/2/1/more.txt"), errors.EntryUnsafe, "files/2/1/more.txt"),
        (with_entry("../evil.txt"), errors.EntryUnsafe, "../evil.txt"),
        (with_entry("/etc/passwd"), errors.EntryUnsafe, "/etc/passwd"),
        (with_entry("..\\evil.txt"), errors.EntryUnsafe, "..\\evil.txt"),
        (with_entry("C:evil.txt"), errors.EntryUnsafe, "C:evil.txt"),
        (with_entry("files/folder/", b""), errors.EntryUnsafe, "files/folder/"),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(dana, content, kind, named):
    error = refused(dana, content)
    assert type(error) is kind
    assert named in error.user_sentence


def document(**fields: object) -> Change:
    def change(manifest):
        manifest["documents"][0].update(fields)

    return change


def version(**fields: object) -> Change:
    def change(manifest):
        manifest["documents"][0]["versions"][0].update(fields)

    return change


def manifest(**fields: object) -> Change:
    return lambda manifest: manifest.update(fields)


def corpus(**fields: object) -> Change:
    return lambda manifest: manifest["corpus"].update(fields)


ANSWER = {
    "question": "Why?",
    "text": "Because [1].",
    "language": "en",
    "status": "draft",
    "created_at": "2026-01-01T00:00:00Z",
}
PASSAGE = {"number": 1, "title": "Rules", "page": 1, "start": 0, "end": 4, "quote": "Some"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (manifest(owner="dana"), "owner"),
        (manifest(exported_at="2026-01-01T00:00:00"), "$.exported_at"),
        (corpus(name=""), "$.corpus.name"),
        (corpus(name="x" * 121), "$.corpus.name"),
        (corpus(language="de"), "$.corpus.language"),
        (corpus(passages_read=21), "$.corpus.passages_read"),
        (corpus(evidence_threshold=-0.1), "$.corpus.evidence_threshold"),
        (corpus(visibility="all"), "visibility"),
        (document(title=""), "$.documents[0].title"),
        (document(title="Rules\0"), "\\u0000"),
        (document(number=2), "$.documents[0].number"),
        (document(parent=1), "$.documents[0].parent"),
        (document(created_at="0001-01-01T00:00:00+14:00"), "$.documents[0].created_at"),
        (document(hints="page: 3"), "$.documents[0].hints"),
        (document(valid_from="2026-01-02", valid_until="2026-01-01"), "valid_until"),
        (document(versions=[]), "$.documents[0].versions"),
        (version(sha256="no hash"), "sha256"),
        (version(bytes=0), "bytes"),
        (version(file_name="../evil.txt"), "file_name"),
        (version(file_name=".."), "file_name"),
        (version(replaced_on="2026-01-01"), "replaced_on"),
        (manifest(glossary=[{"term": "RTT", "expansions": []}]), "$.glossary[0].expansions"),
        (manifest(glossary=[{"term": t, "expansions": ["a"]} for t in ("É", "é")]), "glossary[1]"),
        (manifest(approved_answers=[ANSWER]), "$.approved_answers[0].passages"),
        (manifest(approved_answers=[{**ANSWER, "passages": [PASSAGE] * 2}]), "passages"),
        (
            manifest(approved_answers=[{**ANSWER, "passages": [{**PASSAGE, "document": 1}]}]),
            "passages",
        ),
        (
            manifest(
                approved_answers=[
                    {**ANSWER, "passages": [{**PASSAGE, "document": 1, "version": 2}]}
                ]
            ),
            "passages",
        ),
        (
            manifest(approved_answers=[{**ANSWER, "passages": [PASSAGE], "status": "approved"}]),
            "reviewed_at",
        ),
    ],
)
def test_a_manifest_beyond_its_form_is_refused_where_it_is_wrong(dana, change, where):
    error = refused(dana, changed_zip(minimal_zip(), change))
    assert type(error) is errors.ManifestInvalid
    assert where in error.user_sentence


def test_two_live_files_of_one_document_are_refused(dana):
    def double(manifest):
        [first] = manifest["documents"][0]["versions"]
        manifest["documents"][0]["versions"].append({**first, "entry": "files/1/2/rules.txt"})

    content = changed_zip(minimal_zip(), double, instead={"files/1/2/rules.txt": b"x"})
    assert "$.documents[0].versions" in refused(dana, content).user_sentence


def test_one_entry_does_not_stand_for_two_files(dana):
    def double(manifest):
        manifest["documents"].append({**manifest["documents"][0], "number": 2})

    assert type(refused(dana, changed_zip(minimal_zip(), double))) is errors.EntryDamaged


def test_the_manifest_does_not_stand_for_a_file(dana):
    def itself(manifest):
        manifest["documents"][0]["versions"][0]["entry"] = "manifest.json"

    content = changed_zip(minimal_zip(), itself, instead={ENTRY: None})
    assert type(refused(dana, content)) is errors.EntryMissing


def test_a_form_of_later_days_says_that_this_one_must_be_brought_up_to_date(dana):
    error = refused(dana, changed_zip(minimal_zip(), manifest(version=2, more="fields")))
    assert type(error) is errors.NewerFormat
    assert error.params == {"version": 2, "known": 1}


def test_a_zip_of_something_else_is_no_corpus(dana):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as other:
        other.writestr("manifest.json", '{"format": "something", "version": 1}')
    assert type(refused(dana, target.getvalue())) is errors.NoManifest


def test_a_corpus_is_not_unpacked_among_the_documents_of_another(dana, foreign_corpus):
    with pytest.raises(errors.WholeCorpus, match="moved"):
        receive_archive(by=dana, corpus=foreign_corpus, file=as_file(minimal_zip(), "moved.zip"))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as other:
        other.writestr("manifest.json", '{"name": "a program"}')
    receive_archive(by=dana, corpus=foreign_corpus, file=as_file(target.getvalue()))
    assert foreign_corpus.sources.get().kind == Source.Kind.ARCHIVE


def test_a_virus_anywhere_in_it_refuses_the_whole(dana, settings):
    with running_clamd() as daemon:
        settings.CLAMAV_HOST, settings.CLAMAV_PORT = daemon.server_address
        content = minimal_zip(VIRUS.decode())
        with pytest.raises(InfectedFile, match="rules"):
            import_corpus(by=dana, file=as_file(content))
        assert not Corpus.objects.exists()
        assert import_corpus(by=dana, file=as_file(minimal_zip())).corpus.name == "Moved rules"


def test_a_name_that_stands_twice_in_the_zip_is_refused(dana):
    target = io.BytesIO(minimal_zip())
    with zipfile.ZipFile(target, "a") as twice, pytest.warns(UserWarning, match="Duplicate"):
        twice.writestr(ENTRY, b"Some words to read.")
    assert type(refused(dana, target.getvalue())) is errors.EntryUnsafe


def test_an_entry_with_a_password_is_refused(dana):
    content = bytearray(minimal_zip())
    at = content.rindex(b"PK\x01\x02")  # in the directory, the last entry's flags
    content[at + 8] |= 1
    assert type(refused(dana, bytes(content))) is errors.EntryUnsafe


@pytest.mark.parametrize("name", ["manifest.json", ENTRY])
def test_only_the_common_ways_of_packing_are_unpacked(dana, name):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(minimal_zip())) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            way = zipfile.ZIP_LZMA if info.filename == name else zipfile.ZIP_DEFLATED
            new.writestr(info.filename, old.read(info), way)
    expected = errors.NoManifest if name == "manifest.json" else errors.EntryUnsafe
    assert type(refused(dana, target.getvalue())) is expected


def test_an_entry_whose_bytes_were_changed_in_place_is_named(dana):
    content = minimal_zip().replace(b"Some words", b"Same words")
    error = refused(dana, content)
    assert (type(error), error.params) == (errors.EntryDamaged, {"entry": ENTRY})


def test_an_entry_that_unpacks_to_another_size_than_the_directory_says_is_named(dana):
    content = bytearray(minimal_zip())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, at + 24, 18)  # the size, not packed
    struct.pack_into("<L", content, at + 20, 18)
    assert type(refused(dana, bytes(content))) is errors.EntryDamaged


def test_a_bomb_is_refused_before_it_is_unpacked(dana, monkeypatch):
    monkeypatch.setattr(archive.CorpusArchive, "check_files", None)
    swollen = bytes(12_000_000)
    content = changed_zip(minimal_zip(), version(bytes=len(swollen)), instead={ENTRY: swollen})
    assert type(refused(dana, content)) is errors.TransferTooLarge


@pytest.mark.parametrize(("limit", "value"), [("MAX_MANIFEST_BYTES", 100), ("MAX_FILES", 0)])
def test_what_is_larger_than_any_corpus_is_refused(dana, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    assert type(refused(dana, minimal_zip())) is errors.TransferTooLarge


def test_a_literal_backslash_before_u0000_is_only_text(dana):
    content = changed_zip(minimal_zip(), document(title="What \\u0000 means"))
    assert import_corpus(by=dana, file=as_file(content)).corpus.name == "Moved rules"
