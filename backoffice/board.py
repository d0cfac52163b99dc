"""What the list of documents shows, for its page, its fragment and its file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.paging import Address, page_of, sort_links
from backoffice.requests import board_filter
from backoffice.steps import progress_of, reason_in_short
from documents.board import (
    ALL,
    BoardFilter,
    BoardRow,
    BoardState,
    board_counts,
    board_documents,
    board_rows,
)
from documents.models import Corpus
from documents.selectors import corpora_curated_by
from documents.validity import validity_note

# States that are always offered as a filter; the others only while they hold documents.
_ALWAYS_OFFERED = ("", BoardState.ONLINE, BoardState.WORKING, BoardState.FAILED)


def board_context(request: AuthenticatedRequest, corpus: Corpus | None = None) -> dict[str, Any]:
    """The page of documents that the address asks for, of one corpus or of all."""
    chosen = board_filter(request.GET, corpus.pk if corpus else None)
    address = Address(request.GET)
    page = page_of(board_documents(request.user, chosen), request.GET)
    counts = board_counts(request.user, chosen)
    corpora = list(corpora_curated_by(request.user))
    columns = {"title": _("Title"), "corpus": _("Corpus"), "pages": _("Pages")}
    return {
        "corpus": corpus,
        "limit_mb": settings.MAX_UPLOAD_MB,
        "corpora": corpora,
        "chosen": chosen,
        "line": _line(chosen, counts[ALL], len(corpora)),
        "tabs": _tabs(chosen, counts, address),
        "sorts": {
            link["key"]: link
            for link in sort_links(address, chosen.sort, {**columns, "changed": _("Changed")})
        },
        "page": page,
        "rows": [row_view(row) for row in board_rows(page.object_list)],
        "address": request.get_full_path(),
        "export_query": address.with_(),
    }


def _line(chosen: BoardFilter, documents: int, corpora: int) -> str:
    """“1,284 documents in 4 corpora”, or how many were found."""
    if chosen.query or chosen.corpus:
        found = ngettext("%(count)s document found", "%(count)s documents found", documents)
        return found % {"count": intcomma(documents)}
    counted = ngettext("%(count)s document", "%(count)s documents", documents)
    inside = ngettext("in %(count)s corpus", "in %(count)s corpora", corpora)
    return f"{counted % {'count': intcomma(documents)}} {inside % {'count': corpora}}"


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


def row_view(row: BoardRow) -> dict[str, Any]:
    document, version = row.document, row.version
    return {
        "document": document,
        "version": version,
        "state": row.state.value,
        "label": row.state.label,
        "detail": _detail(row),
        "sentence": version.error_sentence if version else "",
        "has_live": row.has_live,
        "format": format_of(version.file_name) if version else "",
        "pages": version.page_count if version else 0,
        "changed": version.created_at if version else document.created_at,
        "can_retry": bool(version and version.can_be_retried),
    }


def _detail(row: BoardRow) -> str:
    """What there is to say about the state, in one line."""
    if row.state == BoardState.DELETED and row.document.deleted_at:
        gone = row.document.deleted_at + timedelta(days=settings.PURGE_AFTER_DAYS)
        return _("Can be restored until %(day)s") % {"day": date_format(gone, "j N")}
    if row.version is None:
        return ""
    if row.state == BoardState.ONLINE:
        note = validity_note(row.document.valid_from, row.document.valid_until)
        return note.text if note else ""
    if row.state == BoardState.FAILED:
        said = reason_in_short(row.version.error_code)
    else:
        said = progress_of(row.version).sentence
    if row.has_live:
        return _("%(detail)s, earlier version online") % {"detail": said}
    return said


def format_of(file_name: str) -> str:
    return PurePath(file_name).suffix.removeprefix(".").upper()[:5]


def export_rows(user: User, chosen: BoardFilter) -> list[list[object]]:
    rows = []
    for row in board_rows(board_documents(user, chosen)):
        version = row.version
        rows.append(
            [
                row.document.title,
                row.document.source_path,
                row.document.corpus.name,
                row.state.label,
                version.page_count if version else 0,
                version.bytes if version else 0,
                f"{version.created_at:%Y-%m-%d %H:%M}" if version else "",
                version.error_sentence if version else "",
            ]
        )
    return rows
