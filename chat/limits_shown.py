"""What a question is limited to, in the words that its reader is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from chat.filters import Filters
from documents.kinds import label_of
from documents.models import Language


@dataclass(frozen=True, slots=True)
class Limit:
    """One of them; `name` and `value` as in the frame `ask`."""

    name: str
    value: str
    label: str | Promise


def limits_of(filters: Filters, titles: Mapping[UUID, str]) -> tuple[Limit, ...]:
    """All but the day. `titles`: of the documents that are open to the reader."""
    closed = _("A document that is not open to you")
    return (
        *(Limit("documents", str(pk), titles.get(pk, closed)) for pk in filters.documents),
        *(Limit("media_types", each, label_of(each)) for each in filters.media_types),
        *(Limit("languages", each, Language(each).label) for each in filters.languages),
        *(Limit("sections", each, each) for each in filters.sections),
    )


def documents_of(filters: Iterable[Filters]) -> set[UUID]:
    return {pk for each in filters for pk in each.documents}


def answered_as_of(filters: Filters) -> str:
    """ "" where it was answered from what is in force."""
    if filters.as_of is None:
        return ""
    return _("Answered as of %(day)s") % {"day": date_format(filters.as_of)}
