"""CSV files as spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from common.errors import InvalidInput

# Excel writes what the country's lists are separated with.
_DELIMITERS = ";,\t"
# Written before what a spreadsheet would take for a formula (backoffice.exports).
_GUARDED = re.compile(r"^'(?=[=+\-@])")


def read_csv(content: bytes, max_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty: its number, from 1, and its cells without spaces around them.

    UTF-8, or what Excel writes in Western Europe; separated by semicolons, commas or tabs.
    Raises InvalidInput for the field `file`.
    """
    if len(content) > max_bytes:
        raise wrong_file(_("The file is too large."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise wrong_file(_("This is not a CSV file."))
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    try:
        for number, line in enumerate(lines, start=1):
            cells = [_GUARDED.sub("", cell.strip()) for cell in line]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise wrong_file(_("This is not a CSV file."), cause=str(error)) from error


def wrong_line(number: int, reason: str) -> InvalidInput:
    """What to raise for a line of the file."""
    line = _("Line %(number)s: %(reason)s")
    return wrong_file(line % {"number": number, "reason": reason})


def wrong_file(reason: str, *, cause: str = "") -> InvalidInput:
    return InvalidInput(field="file", reason=reason, cause=cause)
