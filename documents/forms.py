"""What the addresses of the source viewer may hold."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SourceForm(forms.Form):
    """All optional: by default the first page of the live version, nothing marked."""

    version = forms.UUIDField(required=False)
    page = forms.IntegerField(required=False, min_value=1)
    start = forms.IntegerField(required=False, min_value=0)
    end = forms.IntegerField(required=False, min_value=1)
    # What of it to mark, where that is not all: "12-80_100-140".
    marks = forms.RegexField(r"^\d{1,9}-\d{1,9}(_\d{1,9}-\d{1,9}){0,49}$", required=False)
    # The wording of the citation was looked for and could not be found.
    unlocated = forms.BooleanField(required=False)
    answer = forms.UUIDField(required=False)
    # Of an image, the pages that were made of it for the viewer.
    drawn = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if not self.errors and (start is None) != (end is None):
            self.add_error("end" if end is None else "start", _("start and end belong together"))
        elif start is not None and end is not None and start >= end:
            self.add_error("end", _("the end must lie behind the start"))
        cleaned["spans"] = _spans(cleaned)
        return cleaned


def _spans(cleaned: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    """What to mark, in order; empty where nothing is to be."""
    if cleaned.get("start") is None or cleaned.get("end") is None:
        return ()
    whole = (cleaned["start"], cleaned["end"])
    if not cleaned.get("marks"):
        return (whole,)
    pairs = (part.split("-") for part in cleaned["marks"].split("_"))
    return tuple(sorted((int(start), int(end)) for start, end in pairs if int(start) < int(end)))
