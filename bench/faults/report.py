"""The results as a table, on the terminal and in docs/operations.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
HEAD = (
    "fault",
    "questions",
    "searches",
    "uploads",
    "edits",
    "good again after (question, search, upload, edit)",
    "received files online after",
    "lost",
)
_KINDS = ("question", "search", "upload", "edit")


def row_of(result: Mapping[str, Any]) -> str:
    """One line of the table: what was seen, by code; times in seconds after the fault's end."""
    felt = result["felt"]
    cells = [
        result["what"],
        *(_seen(felt[kind]) for kind in _KINDS),
        ", ".join(_seconds(felt[kind]["recovered_s"]) for kind in _KINDS),
        _seconds(result["online_s"]),
        str(len(result["lost"]) or "nothing"),
    ]
    return f"| {' | '.join(cells)} |"


def _seen(felt: Mapping[str, Any]) -> str:
    others = [f"{number} {code}" for code, number in felt["seen"].items()]
    return ", ".join([f"{felt['good']} good", *others])


def _seconds(value: float | None) -> str:
    return "not seen" if value is None else f"{value:g} s"


def table_of(results: Iterable[Mapping[str, Any]]) -> str:
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return "\n".join([*lines, *(row_of(result) for result in results), ""])


def write_into_docs(results: Iterable[Mapping[str, Any]]) -> None:
    write_between(table_of(results), BEGIN, END)


def write_between(table: str, begin: str, end: str, path: Path = DOCS) -> None:
    """Between the two marks of a page. Raises ValueError where it has them not."""
    before, _, rest = path.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path.name} lacks {begin} and {end}")
    path.write_text(f"{before}{begin}\n{table}{end}{after}")
