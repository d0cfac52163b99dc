"""The list of documents as a CSV file: all that is known of each."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from backoffice.board import work_time
from documents.board import BoardFilter, BoardRow, board_documents, board_rows
from documents.kinds import label_of
from documents.models import DocumentVersion


def export_head() -> list[str]:
    return [
        _("Title"),
        _("File"),
        _("Corpus"),
        _("State"),
        _("Step"),
        _("Done of the step"),
        _("All of the step"),
        _("Pages"),
        _("Bytes"),
        _("Format"),
        _("Language"),
        _("Folder"),
        _("Source"),
        _("Attached to"),
        _("Brought by"),
        _("Arrived"),
        _("Begun"),
        _("Ended"),
        _("Seconds"),
        _("Attempts"),
        _("In force from"),
        _("In force until"),
        _("Gone from its source"),
        _("Remarks"),
        _("Reason"),
    ]


def export_rows(user: User, chosen: BoardFilter) -> list[list[object]]:
    return [_cells(row) for row in board_rows(board_documents(user, chosen))]


def _cells(row: BoardRow) -> list[object]:
    document, version = row.document, row.version
    return [
        document.title,
        document.source_path,
        document.corpus.name,
        row.state.label,
        *(_of_version(version) if version else [""] * 7),
        document.folder,
        document.source.address if document.source else "",
        document.parent.title if document.parent else "",
        document.created_by.name if document.created_by else "",
        *(_times(version) if version else [""] * 5),
        document.valid_from,
        document.valid_until,
        _moment(document.vanished_at),
        " ".join(version.remark_sentences) if version else "",
        version.error_sentence if version else "",
    ]


def _of_version(version: DocumentVersion) -> list[object]:
    return [
        DocumentVersion.Step(version.step).label,
        version.progress_done,
        version.progress_total,
        version.page_count,
        version.bytes,
        label_of(version.media_type),
        version.get_language_display() if version.language else "",
    ]


def _times(version: DocumentVersion) -> list[object]:
    begun, end = version.started_at, version.finished_at
    took = work_time(version)
    seconds = round(took.total_seconds(), 1) if took else ""
    return [_moment(version.created_at), _moment(begun), _moment(end), seconds, version.attempts]


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
