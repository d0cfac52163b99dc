"""What is asked of whoever switches maintenance on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.models import MaintenanceNotice

_MOMENT = "%Y-%m-%dT%H:%M"


class _MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=_MOMENT)


def _moment(label: Any, help_text: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=False,
        input_formats=[_MOMENT],
        widget=_MomentInput(),
    )


class MaintenanceForm(forms.Form):
    level = forms.ChoiceField(
        label=_("What is left open"),
        choices=MaintenanceNotice.Level,
        initial=MaintenanceNotice.Level.READ_ONLY,
        widget=forms.RadioSelect,
    )
    starts_at = _moment(_("From"), _("Empty: at once. Until then people read that it is coming."))
    until = _moment(_("Until"), _("Only said to people: it goes on until somebody ends it."))
    message = forms.CharField(
        label=_("Message"),
        help_text=_("As you write it: why, whom to ask. At most 300 characters."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        until: datetime | None = cleaned.get("until")
        begins = cleaned.get("starts_at") or timezone.now()
        if until is not None and until <= begins:
            self.add_error("until", _("The end must lie behind the beginning."))
        return cleaned
