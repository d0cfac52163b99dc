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
    answer = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if not self.errors and (start is None) != (end is None):
            self.add_error("end" if end is None else "start", _("start and end belong together"))
        elif start is not None and end is not None and start >= end:
            self.add_error("end", _("the end must lie behind the start"))
        return cleaned
