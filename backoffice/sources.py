"""What the pages of a corpus's sources show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.paging import Address, page_of
from backoffice.source_forms import EVERY
from backoffice.work import ROWS, SHOWN_FOR
from documents.models import Corpus, Source, SourceEntry
from documents.sources.selectors import (
    archives_under_way,
    entries_of,
    sources_of_corpus,
    vanished_documents,
)

State = Source.State
Kind = Source.Kind
Seen = SourceEntry.State

PAGE_SIZE = 50
# As theme/parts/state.html calls them.
_LOOKS = {
    State.IDLE: "online",
    State.QUEUED: "queued",
    State.RUNNING: "working",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}
AGAIN = frozenset({Kind.PAGE, Kind.SITEMAP, Kind.FOLDER, Kind.BUCKET})


def list_context(user: User, corpus: Corpus) -> dict[str, Any]:
    rows = [source_view(source) for source in sources_of_corpus(user, corpus)]
    return {"sources": rows, "moving": any(row["is_active"] for row in rows), "corpus": corpus}


def dropped_context(user: User) -> dict[str, Any]:
    """The zips beside the files under way (backoffice/work.py): what is said there of each."""
    found = archives_under_way(user, timezone.now() - SHOWN_FOR)[:ROWS]
    rows = [
        {
            "source": source,
            "state": _LOOKS[State(source.state)],
            "is_active": source.state in {State.QUEUED, State.RUNNING},
        }
        for source in found
    ]
    return {"dropped": rows, "unpacking": any(row["is_active"] for row in rows)}


def source_view(source: Any) -> dict[str, Any]:
    """A row of the list; `source` is annotated by `sources_of_corpus`."""
    active = source.state in {State.QUEUED, State.RUNNING}
    return {
        "source": source,
        "state": _LOOKS[State(source.state)],
        "label": State(source.state).label,
        "is_active": active,
        "sentence": source.error_sentence if source.state == State.FAILED else "",
        "schedule": schedule_of(source),
        "counts": {state: getattr(source, f"count_{state}") for state in Seen.values},
        "can_look": not active and (source.kind in AGAIN or bool(source.file)),
        "can_be_scheduled": source.kind in AGAIN - {Kind.FOLDER},
    }


def schedule_of(source: Source) -> str:
    if not source.every_hours:
        return ""
    known = EVERY.get(str(source.every_hours))
    said = str(known or _("Every %(hours)d hours") % {"hours": source.every_hours})
    if source.next_at is None or source.state in {State.QUEUED, State.RUNNING}:
        return said
    moment = date_format(localtime(source.next_at), "SHORT_DATETIME_FORMAT")
    return _("%(every)s, next on %(moment)s") % {"every": said, "moment": moment}


def source_context(request: AuthenticatedRequest, source: Source) -> dict[str, Any]:
    """The page of one source, with the entries that its address asks for."""
    annotated = sources_of_corpus(request.user, source.corpus).get(pk=source.pk)
    chosen = chosen_state(request)
    address = Address(request.GET)
    return {
        "corpus": source.corpus,
        "row": source_view(annotated),
        "vanished": vanished_documents(request.user, source).count(),
        "chosen": chosen,
        "tabs": _tabs(request.user, source, chosen, address),
        "page": page_of(chosen_entries(request, source), request.GET, PAGE_SIZE),
        "export_query": address.with_(),
    }


def chosen_state(request: AuthenticatedRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in Seen.values else ""


def chosen_entries(request: AuthenticatedRequest, source: Source) -> Any:
    entries = entries_of(request.user, source)
    chosen = chosen_state(request)
    return entries.filter(state=chosen) if chosen else entries


def _tabs(user: User, source: Source, chosen: str, address: Address) -> list[dict[str, Any]]:
    found = entries_of(user, source).order_by().values_list("state").annotate(Count("pk"))
    counts: dict[str, int] = dict(found)
    labels = {"": _("All"), **{state.value: str(state.label) for state in Seen}}
    return [
        {
            "label": label,
            "count": counts.get(state, 0) if state else sum(counts.values()),
            "href": address.with_(state=state),
            "current": chosen == state,
        }
        for state, label in labels.items()
    ]


def export_list_rows(user: User, corpus: Corpus) -> Iterable[list[object]]:
    for source in sources_of_corpus(user, corpus):
        row, ended = source_view(source), source.finished_at
        yield [
            source.get_kind_display(),
            source.address,
            row["label"],
            f"{localtime(ended):%Y-%m-%d %H:%M}" if ended else "",
            row["schedule"],
            *row["counts"].values(),
            row["sentence"],
        ]


def export_rows(entries: Iterable[SourceEntry]) -> Iterable[list[object]]:
    for entry in entries:
        yield [
            entry.path,
            entry.get_state_display(),
            entry.document.title if entry.document else "",
            f"{localtime(entry.seen_at):%Y-%m-%d %H:%M}",
            entry.error_sentence,
        ]
