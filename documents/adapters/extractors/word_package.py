"""The parts of a DOCX as XML.

Plain zipfile and lxml: python-docx refuses templates, documents with macros, those of the strict
variant, and any with one reference to a part that is missing, all of which Word opens.
"""

from __future__ import annotations

import posixpath
import zipfile

from lxml import etree

from documents.adapters.extractors.archives import read_entry
from documents.errors import CorruptFile

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
# The strict variant says the same under other names.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/math",
        b"http://schemas.openxmlformats.org/officeDocument/2006/math",
    ),
)
RELATION_ID = f"{_R}id"


def w(name: str) -> str:
    """The name of an element or attribute of WordprocessingML."""
    return f"{_W}{name}"


def val(element: etree._Element | None) -> str:
    """What most elements say in their one attribute; "" where there is no element."""
    return "" if element is None else str(element.get(f"{_W}val", ""))


class WordPackage:
    """Raises CorruptFile where the main document is not to be had; other parts may be missing."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        main = self._related("", "officeDocument")
        self._main = main[0] if main else "word/document.xml"
        self.document = _parsed(read_entry(archive, self._main))
        self._relations = self._relations_of(self._main)

    def part(self, kind: str) -> etree._Element | None:
        """The part of that kind beside the main document: styles, numbering, footnotes ..."""
        names = self._related(self._main, kind)
        return self._parsed_entry(names[0]) if names else None

    def part_of(self, relation_id: str) -> etree._Element | None:
        name = self._relations.get(relation_id, ("", ""))[1]
        return self._parsed_entry(name) if name else None

    def bytes_of(self, relation_id: str) -> bytes:
        name = self._relations.get(relation_id, ("", ""))[1]
        return read_entry(self._archive, name) if name else b""

    def _parsed_entry(self, name: str) -> etree._Element | None:
        data = read_entry(self._archive, name)
        try:
            return _parsed(data) if data else None
        except CorruptFile:
            return None  # the text itself is in the main document

    def _related(self, source: str, kind: str) -> list[str]:
        relations = self._relations_of(source).values()
        return [name for type_, name in relations if type_.endswith(f"/{kind}")]

    def _relations_of(self, source: str) -> dict[str, tuple[str, str]]:
        """Type and entry's name by the id of each reference inside the package."""
        folder, name = posixpath.split(source)
        root = self._parsed_entry(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return {}
        return {
            relation.get("Id", ""): (
                relation.get("Type", ""),
                posixpath.normpath(posixpath.join(folder, relation.get("Target", ""))).lstrip("/"),
            )
            for relation in root.iter(_RELATION)
            if relation.get("TargetMode") != "External"
        }


def _parsed(data: bytes) -> etree._Element:
    for strict, usual in _STRICT:
        data = data.replace(strict, usual)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CorruptFile(cause=str(error)) from error
