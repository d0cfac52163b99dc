"""Writes the environment table of docs/operations.md from .env.example, its only source.

python -m scripts.env_table
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / ".env.example"
PAGE = ROOT / "docs" / "operations.md"
HEAD = "| variable | default | what it does |\n|---|---|---|\n"
ENTRY = re.compile(r"((?:^# .*\n)+)^([A-Z_0-9]+)=(.*)$", re.MULTILINE)


def table() -> str:
    rows = []
    for comment, name, default in ENTRY.findall(EXAMPLE.read_text(encoding="utf-8")):
        words = " ".join(line.removeprefix("# ") for line in comment.splitlines())
        text = re.sub(r"^-{3}.*?-{3,} ", "", words)
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {text} |\n")
    return HEAD + "".join(rows)


def page_with_table() -> str:
    before, _head, _rows = PAGE.read_text(encoding="utf-8").partition(HEAD)
    return before + table()


if __name__ == "__main__":
    PAGE.write_text(page_with_table(), encoding="utf-8")
