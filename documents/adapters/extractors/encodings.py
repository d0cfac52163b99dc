"""Bytes to text without being told the encoding, or being told wrongly."""

from __future__ import annotations

import codecs
import unicodedata

_SAMPLE_BYTES = 65_536
# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
# What the upper half of windows-1252 holds in running text of Western Europe.
_WESTERN = frozenset(
    "àâäãáåæçèéêëìíîïñòóôöõøùúûüýÿœßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜŸŒ«»‘’“”–—…•·€£§°²³½¼©®™\xa0¿¡ªº"
)
# The first that reads most of the upper half as such text; the last two are of old Macs and DOS.
_WESTERN_ENCODINGS = ("cp1252", "mac_roman", "cp850")
_PLAUSIBLE = 0.9
# A byte that is no UTF-8 among many that are: somebody has pasted from an older file.
_STRAY_SHARE = 0.1
_SHORT = 12
_NOT_FOR_FILES = frozenset(
    {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"}
)


def decode(data: bytes, declared: str = "") -> str:
    """Never fails: bytes that fit no encoding become replacement characters."""
    marked = encoding_by_mark(data)
    if marked:
        return data.decode(marked, "replace")
    wide = unmarked_wide(data[:_SAMPLE_BYTES])
    if wide:
        return data.decode(wide, "replace")
    # What is valid UTF-8 and not ASCII is UTF-8, whatever it says of itself.
    text = _strictly(data, "utf-8")
    if text is not None and not text.isascii():
        return text
    for found in (_strictly(data, declared), text, _mended_utf8(data)):
        if found is not None:
            return found
    return data.decode(_guess(data), "replace")


def encoding_by_mark(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def unmarked_wide(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a mark. Only they hold zero bytes in text: those of blanks, line
    ends and Latin letters, which read as themselves in the right byte order only."""
    if b"\0" not in sample:
        return ""
    best, found = 0, ""
    for name in _WIDE:
        width = 4 if "32" in name else 2
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        plain = sum(character.isascii() for character in text)
        if len(text) > _SHORT and plain < max(3, len(text) // 100):
            continue  # binary data holds a zero byte now and then
        if plain > best and len(text) >= len(sample) // width - 1 and _is_readable(text[:4_000]):
            best, found = plain, name
    return found


def _is_readable(text: str) -> bool:
    """Whether it holds hardly any control character and nothing that stands for no character."""
    odd = sum(
        character not in "\t\n\r\f\x0b" and unicodedata.category(character) in ("Cc", "Cn", "Co")
        for character in text
    )
    return bool(text) and odd <= len(text) // 200


def _strictly(data: bytes, name: str) -> str | None:
    if not name:
        return None
    try:
        codec = codecs.lookup(name).name
        # A page cannot say in ASCII that it is UTF-16.
        if codec in _NOT_FOR_FILES or codec.startswith(("utf-16", "utf-32")):
            return None
        # Pages that say latin-1 are written in windows-1252, as browsers know.
        return data.decode("cp1252" if codec in ("iso8859-1", "ascii") else codec)
    except (LookupError, UnicodeError, ValueError):
        return None


def _mended_utf8(data: bytes) -> str | None:
    """UTF-8 but for a few bytes, which are read as windows-1252; None where most are not."""
    text = data.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= character <= "\udcff" for character in text)
    whole = sum(character > "\x7f" for character in text) - stray
    if stray > _STRAY_SHARE * whole:
        return None
    return "".join(
        bytes([ord(character) - 0xDC00]).decode("cp1252", "replace")
        if "\udc80" <= character <= "\udcff"
        else character
        for character in text
    )


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    if _is_shift_jis(sample):
        return "cp932"
    western = {name: _western_share(sample.decode(name, "replace")) for name in _WESTERN_ENCODINGS}
    best_western = max(western, key=lambda name: western[name])
    if western[best_western] >= _PLAUSIBLE:
        return best_western
    # Only for the rare rest: importing it costs more than reading most files.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def _western_share(text: str) -> float:
    """Of the characters beyond ASCII, those that Western text holds where it holds them: a
    capital does not follow a small letter, and most letters have no accent."""
    upper = good = letters = 0
    before = ""
    for character in text:
        if character > "\x7f":
            upper += 1
            misplaced = character.isupper() and before.islower()
            good += character in _WESTERN and not misplaced
        letters += character.isalpha()
        before = character
    accented = sum(character > "\x7f" and character.isalpha() for character in text)
    if upper >= 12 and accented > letters / 2:
        return 0.0  # an alphabet of its own
    return good / upper if upper else 1.0


def _is_shift_jis(sample: bytes) -> bool:
    """Told from Western text by runs of common kanji and kana, where that has single letters."""
    try:
        text = codecs.getincrementaldecoder("cp932")().decode(sample)
    except UnicodeDecodeError:
        return False
    if not text:
        return False  # half a character
    japanese = [character > "\x7f" for character in text]
    upper = sum(japanese)
    in_runs = sum(
        here and (before or after)
        for before, here, after in zip(
            [False, *japanese[:-1]], japanese, [*japanese[1:], False], strict=True
        )
    )
    common = sum(character > "\x7f" and _is_common_japanese(character) for character in text)
    return upper > 1 and in_runs >= 0.7 * upper and common >= _PLAUSIBLE * upper


def _is_common_japanese(character: str) -> bool:
    try:
        lead = character.encode("cp932")[0]
    except UnicodeEncodeError:
        return False
    # Signs, kana and the kanji of the first level; half-width katakana are of one byte.
    return 0x81 <= lead <= 0x98
