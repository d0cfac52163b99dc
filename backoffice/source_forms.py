"""Forms of the sources that a corpus takes files from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.forms import Refusable
from documents.models import Source

Kind = Source.Kind

# In hours; one that is set by other means is offered beside them.
EVERY = {
    "": _("Once"),
    "1": _("Every hour"),
    "24": _("Every day"),
    "168": _("Every week"),
    "720": _("Every month"),
}


class ScheduleForm(Refusable):
    main_field = "every_hours"

    every_hours = forms.TypedChoiceField(
        label=_("Look again"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, current: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {key: str(label) for key, label in EVERY.items()}
        if current:
            hours = gettext("Every %(hours)d hours") % {"hours": current}
            choices.setdefault(str(current), hours)
            self.initial.setdefault("every_hours", str(current))
        self.fields["every_hours"].choices = list(choices.items())  # type: ignore[attr-defined]


class SourceForm(ScheduleForm):
    main_field = "address"

    kind = forms.ChoiceField(label=_("Kind"))
    address = forms.CharField(label=_("Address"), max_length=1000)

    field_order = ["kind", "address", "every_hours"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [Kind.PAGE, Kind.SITEMAP]
        help_text = _("The page or the sitemap, with https://.")
        if settings.SOURCES_S3_ENDPOINT and settings.SOURCES_S3_BUCKETS:
            kinds.append(Kind.BUCKET)
            help_text = _(
                "The page or the sitemap, with https://; of an object store bucket/prefix."
            )
        self.fields["kind"].choices = [(k.value, k.label) for k in kinds]  # type: ignore[attr-defined]
        self.fields["address"].help_text = help_text
