"""Bytes to text without being told the encoding, or being told wrongly."""

from __future__ import annotations

import codecs

_SAMPLE_BYTES = 65_536
# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What the upper half of windows-1252 holds in running text of Western Europe.
_WESTERN = frozenset(
    "àâäãáåæçèéêëìíîïñòóôöõøùúûüýÿœßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜŸŒ«»‘’“”–—…•·€£§°²³½¼©®™\xa0¿¡ª"
)


def decode(data: bytes, declared: str = "") -> str:
    """Never fails: bytes that fit no encoding become replacement characters."""
    marked = encoding_by_mark(data)
    if marked:
        return data.decode(marked, "replace")
    for name in (unmarked_utf16(data[:_SAMPLE_BYTES]), declared, "utf-8"):
        text = _strictly(data, name)
        if text is not None:
            return text
    return data.decode(_guess(data), "replace")


def encoding_by_mark(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def unmarked_utf16(sample: bytes) -> str:
    """UTF-16 without a mark, told by where the zero bytes of Latin letters fall."""
    half = len(sample) // 2
    if half < 2:
        return ""
    zeros_first, zeros_second = sample[0::2].count(0), sample[1::2].count(0)
    if zeros_second > 0.4 * half and zeros_first < 0.05 * half:
        return "utf-16-le"
    if zeros_first > 0.4 * half and zeros_second < 0.05 * half:
        return "utf-16-be"
    return ""


def _strictly(data: bytes, name: str) -> str | None:
    if not name:
        return None
    try:
        codec = codecs.lookup(name).name
        # Pages that say latin-1 are written in windows-1252, as browsers know.
        return data.decode("cp1252" if codec in ("iso8859-1", "ascii") else codec)
    except (LookupError, UnicodeError, ValueError):
        return None


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    upper = [c for c in sample.decode("cp1252", "replace") if c > "\x7f"]
    if sum(c in _WESTERN for c in upper) >= 0.95 * len(upper):
        return "cp1252"
    # Only for the rare rest: importing it costs more than reading most files.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
