"""A DOCX's text as it reads with all tracked changes accepted, and its tables as rows."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.adapters.extractors.word_package import val, w

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
FALLBACK = f"{_MC}Fallback"
TEXT_BOX = w("txbxContent")
# What surrounds blocks without being one.
WRAPPERS = frozenset(
    {
        w("sdt"),
        w("sdtContent"),
        w("ins"),
        w("moveTo"),
        w("customXml"),
        w("smartTag"),
        f"{_MC}AlternateContent",
        f"{_MC}Choice",
    }
)
# A text box is read behind its paragraph, not amid its words.
_SKIPPED = frozenset(
    {w("del"), w("moveFrom"), w("pPr"), w("rPr"), w("rt"), w("sdtPr"), FALLBACK, TEXT_BOX}
)
_TEXTS = frozenset({w("t"), f"{_M}t"})
_MARKS = {
    w("tab"): "\t",
    w("ptab"): "\t",
    w("br"): "\n",
    w("cr"): "\n",
    w("noBreakHyphen"): "-",
}
_OFF = frozenset({"0", "false", "off"})
_MAX_SPAN = 100


def text_of(paragraph: etree._Element) -> str:
    parts: list[str] = []
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, node in walker:
        if node.tag in _SKIPPED or _is_hidden_run(node):
            walker.skip_subtree()
        elif node.tag in _TEXTS:
            parts.append(node.text or "")
        elif node.tag in _MARKS:
            parts.append(_MARKS[node.tag])
        elif node.tag == w("p") and node is not paragraph and parts:
            parts.append("\n")
    return "".join(parts)


def is_contents_control(node: etree._Element) -> bool:
    gallery = node.find(f"{w('sdtPr')}/{w('docPartObj')}/{w('docPartGallery')}")
    return val(gallery) == "Table of Contents"


def _is_hidden_run(node: etree._Element) -> bool:
    if node.tag != w("r"):
        return False
    hidden = node.find(f"{w('rPr')}/{w('vanish')}")
    return hidden is not None and val(hidden) not in _OFF


def text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """Those of the paragraph itself: a box inside a box belongs to the paragraph in there."""
    for box in paragraph.iter(TEXT_BOX):
        above = list(box.iterancestors(w("p"), FALLBACK, w("del")))
        if above and above[0] is paragraph:
            yield box


def rows_of(table: etree._Element) -> Iterator[list[etree._Element | None]]:
    """The cells of each row; None where another cell reaches into the place."""
    for row in table.iter(w("tr")):
        if next(row.iterancestors(w("tbl"))) is not table:
            continue  # of a table inside a cell
        properties = row.find(w("trPr"))
        if properties is not None and properties.find(w("del")) is not None:
            continue
        cells: list[etree._Element | None] = [None] * _span(properties, "gridBefore", 0)
        for cell in row.iter(w("tc")):
            if next(cell.iterancestors(w("tr"))) is not row:
                continue
            about = cell.find(w("tcPr"))
            if about is not None and about.find(w("cellDel")) is not None:
                continue
            # Merged into the cell above: Word keeps its old text but does not show it.
            merge = None if about is None else about.find(w("vMerge"))
            is_covered = merge is not None and val(merge) != "restart"
            cells += [None if is_covered else cell, *[None] * (_span(about, "gridSpan", 1) - 1)]
        yield cells


def _span(properties: etree._Element | None, name: str, default: int) -> int:
    said = val(properties.find(w(name))) if properties is not None else ""
    return min(max(int(said), default), _MAX_SPAN) if said.isdigit() else default
