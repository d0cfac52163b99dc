"""Tables of HTML: those that hold data as rows of cells, those that only place blocks as blocks."""

from __future__ import annotations

from lxml import etree

from documents.adapters.extractors.html_main import is_hidden

_CELLS = ("td", "th")
_MAX_SPAN = 1_000
_BLOCKS_IN_CELLS = frozenset({"p", "div", "li", "br", "tr", "ul", "ol", "h1", "h2", "h3", "h4"})


def is_data_table(table: etree._Element) -> bool:
    """Without a table or a main heading inside, and with a row of more than one cell."""
    if table.get("role") in ("presentation", "none"):
        return False
    if next(table.iterdescendants("table", "h1", "h2"), None) is not None:
        return False
    return any(sum(1 for cell in row if cell.tag in _CELLS) > 1 for row in table.iter("tr"))


def rows_of(table: etree._Element) -> list[list[str]]:
    """A cell that spans others stands once, where it begins; what it covers is empty."""
    rows: list[list[str]] = []
    covered: dict[int, int] = {}  # column: rows that a cell from above still reaches into
    for row in table.iter("tr"):
        if is_hidden(row):
            continue
        cells: list[str] = []
        below = {column: left - 1 for column, left in covered.items() if left > 1}
        for cell in row.iterchildren(*_CELLS):
            while len(cells) in covered:
                cells.append("")
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if down > 1:
                below |= dict.fromkeys(range(len(cells), len(cells) + across), down - 1)
            cells += ["" if is_hidden(cell) else text_of_cell(cell), *[""] * (across - 1)]
        covered = below
        rows.append(cells)
    return rows


def text_of_cell(cell: etree._Element) -> str:
    parts: list[str] = []
    walker = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walker:
        if event == "start":
            if element is not cell and is_hidden(element):
                walker.skip_subtree()
            else:
                parts += (" " if element.tag in _BLOCKS_IN_CELLS else "", element.text or "")
        elif element is not cell:
            parts += (" " if element.tag in _BLOCKS_IN_CELLS else "", element.tail or "")
    return " ".join("".join(parts).split())


def _span(cell: etree._Element, name: str) -> int:
    said = (cell.get(name) or "").strip()
    return min(max(int(said), 1), _MAX_SPAN) if said.isascii() and said.isdigit() else 1
