"""Forms about one or more documents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.forms import Refusable
from documents.models import Document

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class HintsForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable
    main_field = "hints"

    class Meta:
        model = Document
        fields = ["hints"]
        widgets = {
            "hints": forms.Textarea(
                attrs={"rows": 5, "placeholder": _("page 3: pay scale; pages 1-4: leave")}
            )
        }
        help_texts = {
            "hints": _(
                "Words that these pages are found by, for the search alone: “page 3: …; "
                "pages 1-4: …; all pages: …”. They are never shown or quoted."
            )
        }


class ValidityForm(Refusable):
    main_field = "valid_until"

    valid_from = forms.DateField(label=_("In force from"), required=False, widget=DAY)
    valid_until = forms.DateField(label=_("In force until"), required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", _("It ends before it begins."))
        return cleaned
