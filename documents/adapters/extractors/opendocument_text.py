"""What OpenDocument's text and spreadsheets have in common: their XML, and text out of it."""

from __future__ import annotations

from lxml import etree

from documents.adapters.extractors.opendocument_names import NOT_TEXT, PARAGRAPHS, TABLE, TEXT
from documents.errors import CorruptFile

_MAX_REPEATED_SPACES = 1_000
_MARKS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n", f"{TEXT}note": " ("}


def parsed(data: bytes) -> etree._Element:
    """Raises CorruptFile."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CorruptFile(cause=str(error)) from error


def repeats(element: etree._Element, what: str, most: int) -> int:
    """How often a cell ("columns") or row ("rows") stands here; empty ones may say a million."""
    said = element.get(f"{TABLE}number-{what}-repeated", "1")
    return min(int(said), most) if said.isdigit() else 1


def text_of(element: etree._Element) -> str:
    parts: list[str] = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if event == "start":
            if node.tag in NOT_TEXT:
                walker.skip_subtree()
            elif isinstance(node.tag, str):
                parts += (_mark(node, element), node.text or "")
        elif node is not element:
            parts += (")" if node.tag == f"{TEXT}note" else "", node.tail or "")
    return "".join(parts)


def _mark(node: etree._Element, within: etree._Element) -> str:
    if node.tag == f"{TEXT}s":
        count_of = node.get(f"{TEXT}c", "1")
        return " " * min(int(count_of) if count_of.isdigit() else 1, _MAX_REPEATED_SPACES)
    if node.tag in PARAGRAPHS and node is not within:
        is_first_of_note = node.getparent().tag == f"{TEXT}note-body"
        return "" if is_first_of_note and node.getprevious() is None else "\n"
    return _MARKS.get(node.tag, "")
