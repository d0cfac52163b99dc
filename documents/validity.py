"""What readers and curators are told about the days on which a document is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class ValidityNote:
    text: str
    is_in_force: bool  # today


def validity_note(valid_from: date | None, valid_until: date | None) -> ValidityNote | None:
    """None where there is nothing to say: in force, without an end. Both days are included."""
    today = timezone.localdate()
    if valid_until is not None and valid_until < today:
        since = date_format(valid_until + timedelta(days=1))
        return ValidityNote(_("No longer in force since %(day)s") % {"day": since}, False)
    if valid_from is not None and valid_from > today:
        text = _("In force from %(day)s") % {"day": date_format(valid_from)}
        return ValidityNote(text, False)
    if valid_until is not None:
        text = _("In force until %(day)s") % {"day": date_format(valid_until)}
        return ValidityNote(text, True)
    return None
