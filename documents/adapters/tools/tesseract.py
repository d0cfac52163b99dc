"""Words of a picture by Tesseract, with their place and how sure it is of each."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.adapters.tools.runner import ToolBounds, ToolFailed, find_tool, run_tool

# ISO 639-1, as a corpus has it, to the names of Tesseract's files.
_NAMES = {"fr": "fra", "en": "eng"}
_LIST_SECONDS = 20
_WORD_LEVEL = "5"
# No honest page comes near.
_MOST_BYTES = 20_000_000
# Page segmentation: 1 finds out first how the page is turned, 3 takes it as it is.
_TURNED, _UPRIGHT = "1", "3"
# Of its image library, short of memory: it takes the page for an empty one then.
_FAULT = "Error in pix"


@dataclass(frozen=True, slots=True)
class SeenWord:
    """In pixels of the picture, from its upper left corner."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float  # 0 to 1
    line: tuple[int, int, int]  # block, paragraph and line of the page


def find_tesseract() -> str:
    """The path of Tesseract; "" where it is not here or has no language that it could read."""
    path = find_tool("tesseract")
    return path if path and _languages(path) - {"osd"} else ""


def read_picture(
    picture: Path,
    language: str,
    resolution: int,
    bounds: ToolBounds,
    on_wait: Callable[[], None],
) -> list[SeenWord]:
    """The words of a picture in reading order; `language` (ISO 639-1) is tried first, the other
    installed ones of ours after it, and a page that lies on its side is read all the same.

    Raises ToolFailed, ExtractionExceeded.
    """
    program = find_tool("tesseract")
    installed = _languages(program)
    command = (
        program,
        picture.name,
        picture.stem,
        "-l",
        "+".join(_order(language, installed)),
        "--dpi",
        str(resolution),
        "--psm",
        _TURNED if "osd" in installed else _UPRIGHT,
        "tsv",
    )
    said = run_tool(command, picture.parent, bounds, on_wait=on_wait)
    with picture.with_suffix(".tsv").open(encoding="utf-8", errors="replace") as table:
        words = list(_words(table.read(_MOST_BYTES).split("\n")))
    if not words and _FAULT in said:
        raise ToolFailed(0, said)
    return words


def _order(language: str, installed: frozenset[str]) -> Sequence[str]:
    ours = sorted(_NAMES, key=lambda name: name != language)
    return [_NAMES[name] for name in ours if _NAMES[name] in installed] or sorted(
        installed - {"osd"}
    )[:1]


def _languages(program: str) -> frozenset[str]:
    done = subprocess.run(
        (program, "--list-langs"),
        capture_output=True,
        text=True,
        timeout=_LIST_SECONDS,
        check=False,
    )
    return frozenset(done.stdout.split("\n")[1:]) - {""}


def _words(lines: Sequence[str]) -> Iterator[SeenWord]:
    for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 12 or row[0] != _WORD_LEVEL or not row[11].strip():
            continue
        block, paragraph, line, _word, left, top, width, height = map(int, row[2:10])
        confidence = max(0.0, min(float(row[10]) / 100, 1.0))
        place = (block, paragraph, line)
        yield SeenWord(row[11].strip(), left, top, width, height, confidence, place)
