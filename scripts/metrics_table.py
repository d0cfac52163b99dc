"""Writes the table of metrics of docs/observability.md from common/metrics.py, its only source.

python -m scripts.metrics_table
"""

from __future__ import annotations

from itertools import dropwhile
from pathlib import Path

from common import metrics
from common.metrics import Gauge

PAGE = Path(__file__).resolve().parent.parent / "docs" / "observability.md"
HEAD = "| metric | kind | labels | what it says |\n|---|---|---|---|\n"


def table() -> str:
    rows = []
    for metric in metrics.declared():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        kind = metric.kind
        if isinstance(metric, Gauge) and metric.scope == "installation":
            kind = "figure"
        rows.append(f"| `{metric.name}` | {kind} | {labels} | {metric.about} |\n")
    return HEAD + "".join(rows)


def page_with_table() -> str:
    before, _head, after = PAGE.read_text(encoding="utf-8").partition(HEAD)
    lines = after.splitlines(keepends=True)
    rest = dropwhile(lambda line: line.startswith("| `cassandre_"), lines)
    return before + table() + "".join(rest)


if __name__ == "__main__":
    PAGE.write_text(page_with_table(), encoding="utf-8")
