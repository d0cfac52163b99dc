"""DOC and RTF, read by LibreOffice where it is installed."""

from __future__ import annotations

import pytest

from documents.adapters.extractors.formats import DOC, RTF
from documents.adapters.extractors.opendocument import OpenDocumentExtractor
from documents.adapters.tools import office
from documents.adapters.tools.converting import as_read
from documents.adapters.tools.runner import ToolBounds, run_tool
from documents.errors import CorruptFile, EncryptedFile
from documents.models import CorpusGrant, DocumentVersion, Page
from documents.ports import ExtractionLimits
from documents.tests import files
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

BOUNDS = ToolBounds(timeout_s=120, memory_mb=2_048)
LETTER = rb"{\rtf1\ansi\ansicpg1252 {\b Rapport}\par Les cong\'e9s sont dus.\par}"


@pytest.fixture
def soffice(program):
    return program("soffice", package="libreoffice-writer-nogui")


def pages_of(content, media_type, tmp_path):
    path = tmp_path / "stored"
    path.write_bytes(content)
    with as_read(path, media_type, bounds=BOUNDS, max_pages=10) as (made, _type):
        return list(OpenDocumentExtractor().extract(made, ExtractionLimits()))


def test_a_doc_is_read_with_its_headings_and_asks_for_its_password(soffice, tmp_path):
    (tmp_path / "a.docx").write_bytes(files.docx("# Congés", "Vingt-cinq jours.", "# Fin", "z"))
    profile = f"-env:UserInstallation={(tmp_path / 'made').as_uri()}"
    command = (soffice, profile, "--headless", "--convert-to", "doc", "a.docx")
    run_tool(command, tmp_path, BOUNDS, readable=None)
    content = (tmp_path / "a.doc").read_bytes()
    first, second = pages_of(content, DOC, tmp_path)
    assert [heading.text for heading in (*first.headings, *second.headings)] == ["Congés", "Fin"]
    assert "Vingt-cinq jours." in first.text
    locked = bytearray(content)
    locked[content.index(b"\xec\xa5") + 11] |= 1
    with pytest.raises(EncryptedFile):
        pages_of(locked, DOC, tmp_path)


def test_an_rtf_is_read_and_what_it_names_elsewhere_is_not(soffice, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of this machine")
    field = rb'{\field{\*\fldinst { INCLUDETEXT "%b" }}{\fldrslt old}}' % str(secret).encode()
    content = LETTER.replace(rb"Rapport", field)
    (page,) = pages_of(content, RTF, tmp_path)
    assert "Les congés sont dus." in page.text
    assert "secret" not in page.text


def test_a_doc_that_is_none_is_corrupt(soffice, tmp_path):
    with pytest.raises(CorruptFile):
        pages_of(files.ole("WordDocument"), DOC, tmp_path)


@pytest.mark.django_db
def test_without_libreoffice_a_doc_waits_for_it(organisation, alice, monkeypatch):
    corpus = make_corpus(organisation, "Archive")
    grant(corpus, alice, CorpusGrant.Right.CURATE)
    monkeypatch.setattr(office, "find_tool", lambda *names: "")
    version = bring_online(alice, corpus, "letter.doc", files.ole("WordDocument"))
    assert version.state == DocumentVersion.State.FAILED
    assert version.error_code == "file-needs-libreoffice"
    assert "letter.doc" in version.error_sentence
    assert version.can_be_retried


@pytest.mark.django_db
def test_without_libreoffice_an_rtf_is_read_with_its_tables(organisation, alice, monkeypatch):
    corpus = make_corpus(organisation, "Archive")
    grant(corpus, alice, CorpusGrant.Right.CURATE)
    monkeypatch.setattr(office, "find_tool", lambda *names: "")
    table = rb"\trowd\cellx1\cellx2 Jours\intbl\cell 25\intbl\cell\row }"
    version = bring_online(alice, corpus, "letter.rtf", LETTER.removesuffix(b"}") + table)
    text = Page.objects.get(version=version).text
    assert text == "Rapport\n\nLes congés sont dus.\nJours | 25"


@pytest.mark.django_db
def test_an_rtf_goes_online(organisation, alice, soffice):
    corpus = make_corpus(organisation, "Archive")
    grant(corpus, alice, CorpusGrant.Right.CURATE)
    version = bring_online(alice, corpus, "letter.rtf", LETTER)
    assert version.state == DocumentVersion.State.READY
    assert "Les congés" in Page.objects.get(version=version).text
