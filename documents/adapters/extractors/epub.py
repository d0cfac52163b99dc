"""EPUB: the chapters in the order of its spine, below the title of the book."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from documents.adapters.extractors.archives import (
    ZIP_DAMAGE,
    check_archive,
    open_archive,
    read_entry,
)
from documents.adapters.extractors.html import add_html
from documents.adapters.extractors.sections import Sections, checked
from documents.errors import CorruptFile, EncryptedFile, NoText
from documents.ports import ExtractedPage, ExtractionLimits

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
_HTML = "{http://www.w3.org/1999/xhtml}"
_CIPHER = "{http://www.w3.org/2001/04/xmlenc#}CipherReference"
_CHAPTERS = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


class EpubExtractor:
    media_types = frozenset({"application/epub+zip"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        check_archive(path, limits)
        try:
            with open_archive(path) as archive:
                sections = _Book(archive).sections()
        except ZIP_DAMAGE as error:
            raise CorruptFile(cause=repr(error)) from error
        yield from checked(sections.pages(), limits)


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._package_name = self._rootfile()
        self._package = _parsed(read_entry(archive, self._package_name))
        self._items = {item.get("id"): item for item in self._package.iter(f"{_OPF}item")}
        self._titles = self._chapter_titles()
        self._locked = self._encrypted_names()

    def sections(self) -> Sections:
        sections = Sections()
        title = self._package.find(f".//{_TITLE}")
        if title is not None:
            sections.heading(1, "".join(title.itertext()))
        for name in self._spine():
            if name in self._locked:
                raise EncryptedFile(cause=name)
            data = read_entry(self._archive, name)
            if data:
                try:
                    add_html(data, sections, title=self._titles.get(name, ""), below=1)
                except NoText:
                    continue  # a page of nothing; the book may still hold text
        return sections

    def _rootfile(self) -> str:
        container = _parsed(read_entry(self._archive, "META-INF/container.xml"))
        rootfile = container.find(f".//{_CONTAINER}rootfile")
        return "" if rootfile is None else rootfile.get("full-path", "")

    def _spine(self) -> Iterator[str]:
        """The chapters' entries; the contents page only repeats their titles."""
        for reference in self._package.iter(f"{_OPF}itemref"):
            item = self._items.get(reference.get("idref"))
            if item is None or "nav" in item.get("properties", "").split():
                continue
            if item.get("media-type") in _CHAPTERS:
                yield self._resolved(self._package_name, item.get("href", ""))

    def _chapter_titles(self) -> dict[str, str]:
        """What the table of contents calls each file: EPUB 3's page, or the NCX of EPUB 2."""
        titles: dict[str, str] = {}
        for item in self._items.values():
            name = self._resolved(self._package_name, item.get("href", ""))
            if "nav" in item.get("properties", "").split():
                for link in _elements(read_entry(self._archive, name), f"{_HTML}a"):
                    target = self._resolved(name, link.get("href", ""))
                    titles.setdefault(target, "".join(link.itertext()))
            elif item.get("media-type") == "application/x-dtbncx+xml":
                points = _elements(read_entry(self._archive, name), f"{_NCX}navPoint")
                for point in points:
                    content, label = point.find(f"{_NCX}content"), point.find(f"{_NCX}navLabel")
                    if content is not None and label is not None:
                        target = self._resolved(name, content.get("src", ""))
                        titles.setdefault(target, "".join(label.itertext()))
        return titles

    def _encrypted_names(self) -> frozenset[str]:
        """Of copy protection; embedded fonts are merely garbled and no chapter."""
        found = _elements(read_entry(self._archive, "META-INF/encryption.xml"), _CIPHER)
        return frozenset(unquote(reference.get("URI", "")) for reference in found)

    def _resolved(self, base: str, reference: str) -> str:
        path = unquote(reference.partition("#")[0])
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


def _parsed(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CorruptFile(cause=str(error)) from error
    if root is None:
        raise CorruptFile(cause="no package document")
    return root


def _elements(data: bytes, tag: str) -> list[etree._Element]:
    """The elements of that name; none where the entry is missing or damaged."""
    try:
        return list(_parsed(data).iter(tag)) if data else []
    except CorruptFile:
        return []
