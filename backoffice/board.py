"""What the list of documents shows, for its page and its fragments."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.durations import duration_text, rough_text
from backoffice.paging import Address, page_of, size_links, size_of, sort_links
from backoffice.requests import board_filter
from backoffice.steps import progress_of, reason_in_short
from documents.board import (
    ALL,
    BoardFilter,
    BoardRow,
    BoardState,
    BoardTotals,
    board_choices,
    board_documents,
    board_rows,
    board_totals,
)
from documents.kinds import key_of, label_of
from documents.models import Corpus, DocumentVersion
from documents.selectors import corpora_curated_by
from documents.under_way import time_left
from documents.validity import validity_note

# States that are always offered as a filter; the others only while they hold documents.
_ALWAYS_OFFERED = ("", BoardState.ONLINE, BoardState.WORKING, BoardState.FAILED)
# The rows that a browser asks for again while one of them is under way: so many a second.
_ROWS_PER_SECOND = 15


def board_context(request: AuthenticatedRequest, corpus: Corpus | None = None) -> dict[str, Any]:
    """The page of documents that the address asks for, of one corpus or of all."""
    chosen = board_filter(request.GET, corpus.pk if corpus else None)
    address = Address(request.GET)
    totals = board_totals(request.user, chosen)
    corpora = list(corpora_curated_by(request.user))
    columns = {"title": _("Title"), "corpus": _("Corpus"), "pages": _("Pages"), "time": _("Time")}
    return {
        **rows_context(request, corpus),
        "limit_mb": settings.MAX_UPLOAD_MB,
        "corpora": corpora,
        "line": _line(chosen, totals.counts[ALL], len(corpora)),
        "totals": _totals(request.user, totals),
        "tabs": _tabs(chosen, totals.counts, address),
        "narrowing": _narrowing(request.user, chosen, corpus),
        "sorts": {
            link["key"]: link
            for link in sort_links(address, chosen.sort, {**columns, "changed": _("Changed")})
        },
        "sizes": size_links(address, size_of(request.GET)),
        "export_query": address.with_(),
    }


def rows_context(request: AuthenticatedRequest, corpus: Corpus | None = None) -> dict[str, Any]:
    """The rows alone, which load themselves again while one of them is under way."""
    chosen = board_filter(request.GET, corpus.pk if corpus else None)
    size = size_of(request.GET)
    page = page_of(board_documents(request.user, chosen), request.GET, size)
    rows = [row_view(row) for row in board_rows(page.object_list)]
    under_way = any(row["progress"] for row in rows)
    return {
        "corpus": corpus,
        "chosen": chosen,
        "page": page,
        "rows": rows,
        "address": request.get_full_path(),
        "again_s": max(2, len(rows) // _ROWS_PER_SECOND) if under_way else 0,
    }


def _line(chosen: BoardFilter, documents: int, corpora: int) -> str:
    """“1,284 documents in 4 corpora”, or how many were found."""
    if chosen != BoardFilter(state=chosen.state, sort=chosen.sort):
        found = ngettext("%(count)s document found", "%(count)s documents found", documents)
        return found % {"count": intcomma(documents)}
    counted = ngettext("%(count)s document", "%(count)s documents", documents)
    inside = ngettext("in %(count)s corpus", "in %(count)s corpora", corpora)
    return f"{counted % {'count': intcomma(documents)}} {inside % {'count': corpora}}"


def _totals(user: User, totals: BoardTotals) -> list[str]:
    """“12,480 pages”, “30 waiting”, “2 in progress”, “some 6 min left”."""
    pages = ngettext("%(count)s page", "%(count)s pages", totals.pages)
    said = [pages % {"count": intcomma(totals.pages)}]
    if totals.waiting:
        said.append(_("%(count)s waiting") % {"count": intcomma(totals.waiting)})
    if totals.running:
        said.append(_("%(count)s in progress") % {"count": intcomma(totals.running)})
    left = time_left(user, totals.waiting + totals.running)
    if left is not None:
        said.append(_("%(time)s left at the present pace") % {"time": rough_text(left)})
    return said


def _tabs(chosen: BoardFilter, counts: dict[str, int], address: Address) -> list[dict[str, Any]]:
    labels = {"": _("All"), **{state.value: state.label for state in BoardState}}
    return [
        {
            "label": label,
            "count": counts[state or ALL],
            "href": address.with_(state=state),
            "current": chosen.state == state,
        }
        for state, label in labels.items()
        if state in _ALWAYS_OFFERED or counts[state or ALL] or chosen.state == state
    ]


def _narrowing(user: User, chosen: BoardFilter, corpus: Corpus | None) -> dict[str, Any]:
    """What the list can be narrowed down to; a choice that leaves nothing out is not offered."""
    found = board_choices(user, corpus.pk if corpus else None)
    types = sorted({(key_of(each), label_of(each)) for each in found.media_types if key_of(each)})
    offered: list[tuple[str, str, object, list[tuple[Any, str]]]] = [
        ("person", _("Brought by"), chosen.person, [*found.people]),
        ("type", _("Format"), key_of(chosen.media_type), [*types]),
        ("folder", _("Folder"), chosen.folder, [(each, each) for each in found.folders]),
        ("source", _("Source"), chosen.source, [*found.sources]),
    ]
    fields = [
        {"name": name, "label": label, "chosen": value, "options": options}
        for name, label, value, options in offered
        if value or len(options) > 1 or (options and name in {"folder", "source"})
    ]
    return {"fields": fields, "count": sum(1 for field in fields if field["chosen"])}


def row_view(row: BoardRow) -> dict[str, Any]:
    document, version = row.document, row.version
    is_working = row.state == BoardState.WORKING
    return {
        "document": document,
        "version": version,
        "state": row.state.value,
        "label": row.state.label,
        "detail": _detail(row),
        "progress": progress_of(version, is_paused=document.corpus.paused_at is not None)
        if version and is_working
        else None,
        "sentence": version.error_sentence if version else "",
        "remarks": version.remark_sentences if version and not document.deleted_at else [],
        "has_live": row.has_live,
        "format": format_of(version.file_name) if version else "",
        "pages": version.page_count if version else 0,
        "time": _time(row),
        "changed": version.created_at if version else document.created_at,
        "can_unlock": bool(version and version.can_be_unlocked and not document.deleted_at),
        "can_retry": bool(version and version.can_be_retried),
    }


def _time(row: BoardRow) -> dict[str, str]:
    """For how long it has been waiting or read, or how long it was."""
    version = row.version
    if version is None or row.state in {BoardState.CANCELLED, BoardState.DELETED}:
        return {}
    if version.state == DocumentVersion.State.QUEUED:
        length = timezone.now() - version.created_at
        return {"text": duration_text(length), "label": _("since it arrived")}
    begun = version.started_at or version.created_at
    if version.state == DocumentVersion.State.RUNNING:
        length = timezone.now() - begun
        return {"text": duration_text(length), "label": _("since its turn came")}
    took = work_time(version)
    return {"text": duration_text(took), "label": _("of work")} if took else {}


def work_time(version: DocumentVersion) -> timedelta | None:
    """From its turn to its end; None where that is not known, or long past: of one that came back
    in place of a newer one."""
    begun = version.started_at or version.created_at
    if version.finished_at is None or begun < version.created_at:
        return None
    return version.finished_at - begun


def _detail(row: BoardRow) -> str:
    """What there is to say about the state, in one line."""
    if row.state == BoardState.DELETED and row.document.deleted_at:
        return _("Can be restored until %(day)s") % {"day": _purge_day(row.document.deleted_at)}
    if row.version is None:
        return ""
    if row.state == BoardState.ONLINE:
        note = validity_note(row.document.valid_from, row.document.valid_until)
        return note.text if note else ""
    said = reason_in_short(row.version.error_code) if row.state == BoardState.FAILED else ""
    if row.has_live:
        online = _("earlier version online")
        return _("%(detail)s, %(online)s") % {"detail": said, "online": online} if said else online
    return said


def _purge_day(deleted_at: datetime) -> str:
    return date_format(deleted_at + timedelta(days=settings.PURGE_AFTER_DAYS), "j N")


def format_of(file_name: str) -> str:
    return PurePath(file_name).suffix.removeprefix(".").upper()[:5]
