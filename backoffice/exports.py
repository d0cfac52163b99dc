"""Lists as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils import timezone

# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_response(
    name: str, head: Iterable[object], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """A file to download, `name` with today's date. The mark at its head tells Excel UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([str(name) for name in head])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    response = HttpResponse(
        text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
    )
    file_name = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
