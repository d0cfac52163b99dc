"""Writes the environment table of docs/operations.md from .env.example, its only source.

python -m scripts.env_table
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import fill

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / ".env.example"
PAGE = ROOT / "docs" / "operations.md"
HEAD = "| variable | default | what it does |\n|---|---|---|\n"
SECRET = re.compile(
    r"""env_secret\(\s*"([A-Z_0-9]+)"|env_url\(\s*"([A-Z_0-9]+)"[^"]*(?:"[a-z]+"[^"]*)*secret=True"""
)
LIST = "They are: "
LISTED = re.compile(rf"^{LIST}.*?\.$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"((?:^# .*\n)+)^([A-Z_0-9]+)=(.*)$", re.MULTILINE)


def table() -> str:
    rows = []
    for comment, name, default in ENTRY.findall(EXAMPLE.read_text(encoding="utf-8")):
        words = " ".join(line.removeprefix("# ") for line in comment.splitlines())
        text = re.sub(r"^-{3}.*?-{3,} ", "", words)
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {text} |\n")
    return HEAD + "".join(rows)


def secrets() -> list[str]:
    """Every variable that is read with env_secret, or that is a URL with a password."""
    found: set[str] = set()
    for path in sorted(ROOT.glob("*/**/*.py")):
        if "tests" not in path.parts and not path.parts[len(ROOT.parts)].startswith("."):
            text = path.read_text(encoding="utf-8")
            found.update(a or b for a, b in SECRET.findall(text))
    return sorted(found)


def page_with_table() -> str:
    before, _head, _rows = PAGE.read_text(encoding="utf-8").partition(HEAD)
    names = ", ".join(f"`{name}`" for name in secrets())
    listed = fill(f"{LIST}{names}.", width=100, break_on_hyphens=False)
    return LISTED.sub(lambda _found: listed, before) + table()


if __name__ == "__main__":
    PAGE.write_text(page_with_table(), encoding="utf-8")
