"""What every extracted text goes through before offsets into it mean anything."""

from __future__ import annotations

import re
import unicodedata

# Line ends of every kind become \n; what no database or terminal should hold goes.
_LINE_ENDS = re.compile(r"\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
_DROPPED = {
    **dict.fromkeys((*range(9), *range(14, 32), *range(127, 160))),
    **dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF)),
}
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB06: "st"}
_TABLE = {**_DROPPED, **_LIGATURES, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
# Most texts have none of these, and each pass over every character costs.
_ODD = re.compile(f"[\r\x85\u2028\u2029\x0b\x0c{''.join(map(re.escape, map(chr, _TABLE)))}]")
_TRAILING = re.compile(r"[ \t]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    """Composed characters, `\\n` line ends, no control characters, no trailing blanks."""
    if _ODD.search(text):
        text = _LINE_ENDS.sub("\n", text).translate(_TABLE)
    text = unicodedata.normalize("NFC", text)
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    return _BLANK_LINES.sub("\n\n", text) if "\n\n\n" in text else text


def one_line(text: str) -> str:
    return " ".join(clean_text(text).split())
