"""Numbers as a spreadsheet shows them, without the separators that differ from place to place."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import NamedTuple

_LITERALS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.')
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_DIGITS = re.compile(r"[0#?](?:[0#?,\s]*[0#?])?(?:\.([0#?]+))?")
_SYMBOLS = "€$£¥%"


class _Shape(NamedTuple):
    decimals: int | None  # None: as many as there are
    unit: str


def shown(value: object, number_format: str) -> str:
    """What the cell says, the sheet's own format kept as far as it bears on the meaning."""
    match value:
        case bool():
            return str(value).upper()
        case int() | float():
            return _number(value, number_format)
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(" ", "minutes")
        case dt.time():
            return value.isoformat("minutes")
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            clock = f"{minutes // 60}:{minutes % 60:02}"
            return f"{clock}:{seconds:02}" if seconds else clock
        case _:
            return str(value)


def _number(value: float, number_format: str) -> str:
    decimals, unit = _shape_of(number_format)
    if unit == "%":
        value *= 100
    if decimals is not None and abs(value) < 1e15:
        digits = f"{value:.{decimals}f}"
    elif float(value).is_integer() and abs(value) < 1e15:
        digits = str(int(value))
    else:
        digits = f"{value:.12g}"
    return f"{digits} {unit}" if unit else digits


@lru_cache(maxsize=256)
def _shape_of(number_format: str) -> _Shape:
    positive = number_format.split(";", 1)[0]
    unit = "".join(_CURRENCY.findall(positive)[:1]).strip()
    bare = _CURRENCY.sub("", positive)
    literals = " ".join(text for text, _ in _LITERALS.findall(bare)).strip()
    bare = _BRACKETS.sub("", _LITERALS.sub("", bare))
    unit = unit or next((symbol for symbol in _SYMBOLS if symbol in bare), "") or literals
    digits = _DIGITS.search(bare)
    if digits is None or "E" in bare.upper() or "/" in bare or digits[0].endswith(","):
        return _Shape(None, unit if digits else "")
    return _Shape(len(digits[1] or ""), unit)
