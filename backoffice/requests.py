"""What addresses and forms say, as values; nonsense is not found rather than a crash."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from chat import turns
from chat.inbox import InboxFilter
from chat.models import Enquiry, Message
from chat.turns import TurnFilter
from common.errors import InvalidInput, NotFound
from documents.approved_selectors import DUE, ApprovedFilter
from documents.board import SORTS, BoardFilter, BoardState
from documents.kinds import KEYS
from documents.models import ApprovedAnswer, Document, DocumentVersion

_MAX_QUERY_CHARACTERS = 200
_MAX_FOLDER_CHARACTERS = 500
# Of a page's number: more do not fit the database's integer.
_MAX_DIGITS = 10


def uuids(values: Iterable[str]) -> list[UUID]:
    try:
        return [UUID(value) for value in values]
    except ValueError as error:
        raise NotFound(cause=str(error)) from error


def board_filter(query: QueryDict, corpus: UUID | None = None) -> BoardFilter:
    """The filter in a list's address; what is not understood is left out."""
    state, sort = query.get("state", ""), query.get("sort", "")
    return BoardFilter(
        state=state if state in BoardState.values else "",
        corpus=corpus or uuid_or_none(query.get("corpus", "")),
        query=query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS],
        sort=sort if sort.removeprefix("-") in SORTS else "-changed",
        person=uuid_or_none(query.get("person", "")),
        source=uuid_or_none(query.get("source", "")),
        folder=query.get("folder", "")[:_MAX_FOLDER_CHARACTERS],
        media_type=KEYS.get(query.get("type", ""), ""),
    )


def turn_filter(query: QueryDict) -> TurnFilter:
    """The same for the list of questions."""
    status, sort = query.get("status", ""), query.get("sort", "")
    return TurnFilter(
        status=status if status in Message.Status.values else "",
        corpus=uuid_or_none(query.get("corpus", "")),
        query=query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS],
        sort=sort if sort.removeprefix("-") in turns.SORTS else "-created",
    )


def inbox_filter(query: QueryDict) -> InboxFilter:
    """The same for the inbox, which opens with what waits for a reply."""
    status = query.get("status", Enquiry.Status.OPEN)
    return InboxFilter(
        status=status if status in Enquiry.Status.values else "",
        corpus=uuid_or_none(query.get("corpus", "")),
        query=query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS],
    )


def chosen_among(query: QueryDict, among: QuerySet[Document]) -> list[Document]:
    """All of the documents that the form names, or none: one that is not open refuses them all."""
    wanted = set(uuids(query.getlist("document")))
    if not wanted:
        raise InvalidInput(field=_("Documents"), reason=_("Choose at least one."))
    found = list(among.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise NotFound(cause=f"{len(wanted) - len(found)} of the chosen documents")
    return found


def approved_filter(query: QueryDict) -> ApprovedFilter:
    """The same for approved answers."""
    status = query.get("status", "")
    return ApprovedFilter(
        status=status if status in {*ApprovedAnswer.Status.values, DUE} else "",
        corpus=uuid_or_none(query.get("corpus", "")),
        query=query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS],
    )


def chosen_version(versions: list[DocumentVersion], asked: str) -> DocumentVersion | None:
    """The version asked for, else the live one, else the newest; `versions` are newest first."""
    for version in versions:
        if str(version.pk) == asked:
            return version
    return next(
        (version for version in versions if version.live), versions[0] if versions else None
    )


def page_asked(query: QueryDict) -> int:
    """The number in ?page=; 1 where that is none."""
    asked = query.get("page", "")
    return max(int(asked), 1) if asked.isdecimal() and len(asked) < _MAX_DIGITS else 1


def uuid_or_none(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def typed_name(query: QueryDict, wanted: str) -> bool:
    """Whether the form's confirmation is `wanted`, as theme/js/confirm-name.js judges it."""
    return _folded(query.get("confirmation", "")) == _folded(wanted)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
