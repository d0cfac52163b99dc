from __future__ import annotations

import pytest

from documents.adapters.extractors.formats import EPUB
from documents.errors import CorruptFile, EncryptedFile, NoText
from documents.tests.extracting import pages_of, text_of
from documents.tests.files import entries_of, epub, zipped


def chapter(body: str) -> str:
    names = 'xmlns="http://www.w3.org/1999/xhtml"'
    head = "<head><title>x</title></head>"
    return f"<?xml version='1.0'?><html {names}>{head}<body>{body}</body></html>"


def test_an_epub_has_a_page_per_chapter_in_the_order_of_its_spine(tmp_path):
    content = epub(
        {
            "z.xhtml": chapter("<h1>Un</h1><p>Début</p>"),
            "a.xhtml": chapter("<h1>Deux</h1><p>Suite &amp; fin</p>"),
        }
    )
    first, second = pages_of(tmp_path, content, EPUB)
    assert first.text == "Le livre\n\nUn\n\nDébut"
    assert (second.text, second.label) == ("Deux\n\nSuite & fin", "Deux")
    assert [(heading.level, heading.text) for heading in first.headings] == [
        (1, "Le livre"),
        (2, "Un"),
    ]


def test_a_chapter_without_a_heading_is_called_as_the_contents_call_it(tmp_path):
    toc = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel>'
        '<text>Avant-propos</text></navLabel><content src="text/a%20b.xhtml#top"/></navPoint>'
        "</navMap></ncx>"
    )
    item = '<item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    entries = entries_of(epub({"a%20b.xhtml": chapter("<p>Texte</p>")}, more=item))
    entries["OPS/text/a b.xhtml"] = entries.pop("OPS/text/a%20b.xhtml")
    entries["OPS/toc.ncx"] = toc.encode()
    assert text_of(tmp_path, zipped(entries), EPUB) == "Le livre\n\nAvant-propos\n\nTexte"


def test_the_page_of_contents_is_left_out(tmp_path):
    entries = entries_of(
        epub({"nav.xhtml": chapter("<ol><li>Un</li></ol>"), "a.xhtml": chapter("<p>Texte</p>")})
    )
    package = entries["OPS/book.opf"].decode()
    entries["OPS/book.opf"] = package.replace('id="c0"', 'id="c0" properties="nav"').encode()
    assert "- Un" not in text_of(tmp_path, zipped(entries), EPUB)


def test_a_chapter_that_is_missing_or_empty_does_not_stop_the_others(tmp_path):
    entries = entries_of(
        epub({"a.xhtml": "", "b.xhtml": "x", "c.xhtml": chapter("<p>Texte</p>")}, title="")
    )
    del entries["OPS/text/b.xhtml"]
    assert text_of(tmp_path, zipped(entries), EPUB).endswith("Texte")


def test_a_copy_protected_book_is_refused_and_garbled_fonts_are_no_protection(tmp_path):
    cipher = '<e:CipherReference xmlns:e="http://www.w3.org/2001/04/xmlenc#" URI="OPS/text/{}"/>'
    entries = entries_of(epub({"a.xhtml": chapter("<p>Texte</p>")}))
    entries["META-INF/encryption.xml"] = cipher.format("font.otf").encode()
    assert "Texte" in text_of(tmp_path, zipped(entries), EPUB)
    entries["META-INF/encryption.xml"] = cipher.format("a.xhtml").encode()
    with pytest.raises(EncryptedFile):
        pages_of(tmp_path, zipped(entries), EPUB)


def test_a_book_without_package_or_text_is_refused(tmp_path):
    entries = entries_of(epub({"a.xhtml": chapter("")}, title=""))
    with pytest.raises(NoText):
        pages_of(tmp_path, zipped(entries | {"OPS/text/a.xhtml": b""}), EPUB)
    del entries["OPS/book.opf"]
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, zipped(entries), EPUB)
