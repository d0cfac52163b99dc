"""Images as documents of a page for each frame: read as scans, shown as the pages made of them."""

from __future__ import annotations

import struct
import zlib

import pypdfium2
import pytest
from django.urls import reverse
from PIL import Image

from documents import ocr
from documents.adapters.extractors.formats import PNG, TIFF
from documents.adapters.tools.converting import as_read
from documents.adapters.tools.runner import ToolBounds
from documents.errors import ArchiveBomb, CorruptFile, FileRefused, TooManyPages
from documents.models import CorpusGrant, DocumentVersion, Page
from documents.renditions import rendition_name
from documents.services import delete_document, purge_document_now
from documents.tasks import purge_deleted_document
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online
from documents.tests.scanning import image_file, picture, reads

State = DocumentVersion.State
BOUNDS = ToolBounds(timeout_s=60, memory_mb=1_024)
__all__ = ["reads"]


@pytest.fixture
def corpus(organisation, alice, bob):
    corpus = make_corpus(organisation, "Archive")
    grant(corpus, alice, CorpusGrant.Right.CURATE)
    grant(corpus, bob)
    return corpus


def made_of(content, media_type, tmp_path, *, max_pages=10):
    """Sizes in points of the pages that are made of an image."""
    path = tmp_path / "stored"
    path.write_bytes(content)
    with as_read(path, media_type, bounds=BOUNDS, max_pages=max_pages) as (made, _type):
        return [tuple(map(round, page.get_size())) for page in pypdfium2.PdfDocument(made)]


def png_header(width: int, height: int) -> bytes:
    """A picture of that size in a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG")])
def test_an_image_is_a_document_of_one_page(alice, corpus, reads, name, kind):
    reads("Some", "words")
    version = bring_online(alice, corpus, name, image_file(kind, picture("x")))
    assert (version.state, version.page_count) == (State.READY, 1)
    page = Page.objects.get(version=version)
    assert (page.text, page.ocr_confidence) == ("Some words", 0.9)
    assert (round(page.width), round(page.height)) == (595, 842)


@pytest.mark.django_db
def test_a_tiff_has_a_page_for_each_frame(alice, corpus, reads):
    shown = reads("Words")
    content = image_file("TIFF", picture("x"), picture("x", size=(1754, 1240)))
    version = bring_online(alice, corpus, "a.tiff", content)
    sizes = [(round(p.width), round(p.height)) for p in Page.objects.filter(version=version)]
    assert (shown, sizes) == (["page-1", "page-2"], [(595, 842), (842, 595)])


@pytest.mark.django_db
def test_an_image_without_ocr_waits_for_it(alice, corpus, monkeypatch):
    monkeypatch.setattr(ocr, "find_tesseract", lambda: "")
    version = bring_online(alice, corpus, "a.png", image_file("PNG", picture("x")))
    assert (version.error_code, version.can_be_retried) == ("file-image-only", True)


@pytest.mark.django_db
def test_readers_see_the_pages_of_an_image_and_strangers_do_not(
    alice, bob, charlie, dana, corpus, reads, client
):
    reads("Some", "words")
    content = image_file("PNG", picture("x"))
    version = bring_online(alice, corpus, "a.png", content)
    source = reverse("documents:source", args=[version.document_id])
    client.force_login(bob)
    response = client.get(source, {"start": 0, "end": 4})
    assert len(response.context["boxes"]) == 1
    url = response.context["pdf_url"]
    drawn = client.head(url)
    assert drawn.headers["Content-Type"] == "application/pdf"
    assert drawn.headers["Content-Disposition"].startswith("inline")
    itself = client.head(response.context["file_url"])
    assert itself.headers["Content-Length"] == str(len(content))
    assert itself.headers["Content-Disposition"].startswith("attachment")
    for stranger in (charlie, dana):
        client.force_login(stranger)
        assert client.head(url).status_code == 404


@pytest.mark.django_db
def test_what_was_made_of_an_image_goes_with_it(alice, corpus, reads):
    reads("Words")
    version = bring_online(alice, corpus, "a.png", image_file("PNG", picture("x")))
    storage, name = version.file.storage, rendition_name(version)
    assert storage.exists(name)
    delete_document(by=alice, document=version.document)
    purge_document_now(by=alice, document=version.document)
    purge_deleted_document(str(version.document_id))
    assert not storage.exists(name)


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "I;16", "CMYK"])
def test_pictures_of_every_kind_become_a_page(tmp_path, mode):
    image = Image.new("L", (300, 400), 200).convert("I;16" if mode == "I;16" else mode)
    assert len(made_of(image_file("TIFF", image), TIFF, tmp_path)) == 1


def test_a_photograph_is_as_large_as_a_sheet_and_the_right_way_up(tmp_path):
    image = Image.new("RGB", (4000, 3000))
    exif = image.getexif()
    exif[0x0112] = 6  # held upright
    path = tmp_path / "photo.jpg"
    image.save(path, exif=exif)
    (size,) = made_of(path.read_bytes(), "image/jpeg", tmp_path)
    assert size == (632, 842)


@pytest.mark.parametrize(
    ("content", "media_type", "refusal"),
    [
        (image_file("PNG", picture("x"))[:2_000], PNG, CorruptFile),
        (b"\x89PNG\r\n\x1a\n rubbish", PNG, CorruptFile),
        (png_header(40_000, 40_000), PNG, ArchiveBomb),
        (image_file("TIFF", *[picture("x")] * 11), TIFF, TooManyPages),
    ],
)
def test_what_is_no_honest_picture_is_refused(tmp_path, content, media_type, refusal):
    with pytest.raises(FileRefused) as refused:
        made_of(content, media_type, tmp_path)
    assert type(refused.value) is refusal
