"""A file's way online in words and in five steps."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents.models import DocumentVersion

State = DocumentVersion.State
Step = DocumentVersion.Step


@dataclass(frozen=True, slots=True)
class Progress:
    done: int  # steps that are over, 0 to 5
    percent: int  # of the step under way
    sentence: str


def progress_of(
    version: DocumentVersion, passages: int | None = None, *, is_paused: bool = False
) -> Progress:
    """`passages` of a version that is ready, where known; `is_paused`: its corpus is."""
    waits = is_paused and version.state == State.QUEUED
    return Progress(
        done=max(1, version.steps_done),  # the row exists because the upload has ended
        percent=_percent(version),
        sentence=_("Waiting: paused") if waits else _sentence(version, passages),
    )


def _percent(version: DocumentVersion) -> int:
    total = version.progress_total
    return min(100, 100 * version.progress_done // total) if total else 0


def _sentence(version: DocumentVersion, passages: int | None) -> str:
    match version.state:
        case State.READY if passages is not None:
            return ngettext("Ready, %(count)d passage", "Ready, %(count)d passages", passages) % {
                "count": passages
            }
        case State.READY:
            return _("Ready")
        case State.RUNNING:
            return _running(version)
        case State.QUEUED if version.error_code:
            return _("Waiting for another attempt")
        case State.QUEUED:
            return _("Waiting")
        case State.FAILED:
            return version.error_sentence
        case _:
            return _("Cancelled")


def _running(version: DocumentVersion) -> str:
    numbers = {"done": version.progress_done, "total": version.progress_total}
    if version.step == Step.EXTRACT and version.progress_total:
        return _("Extraction, page %(done)d of %(total)d") % numbers
    if version.step == Step.OCR and version.progress_total:
        return _("Reading of scans, page %(done)d of %(total)d") % numbers
    if version.step == Step.INDEX and version.progress_total:
        return _("Indexing, %(done)d of %(total)d passages") % numbers
    return str(Step(version.step).label)


# The error in three words, for a table's cell; the whole sentence is one click away.
_REASONS: dict[str, str | Promise] = {
    "file-refused": gettext_lazy("Not readable"),
    "file-empty": gettext_lazy("Empty file"),
    "file-no-text": gettext_lazy("No readable text"),
    "file-encrypted": gettext_lazy("Protected by a password"),
    "file-corrupt": gettext_lazy("Damaged file"),
    "file-unknown-type": gettext_lazy("Unknown type"),
    "file-type-mismatch": gettext_lazy("Not what its name says"),
    "file-too-large": gettext_lazy("Too large"),
    "file-too-many-pages": gettext_lazy("Too many pages"),
    "file-archive-bomb": gettext_lazy("Unpacks to too much"),
    "file-extraction-exceeded": gettext_lazy("Too long to read"),
    "file-duplicate": gettext_lazy("Already there"),
    "file-unread-format": gettext_lazy("Format not read here"),
    "file-image-only": gettext_lazy("Images only, no OCR"),
    "file-needs-libreoffice": gettext_lazy("Needs LibreOffice"),
    "file-password-wrong": gettext_lazy("Wrong password"),
    "file-repaired": gettext_lazy("Repaired"),
    "file-unlocked": gettext_lazy("Opened with its password"),
    "file-infected": gettext_lazy("Virus found"),
    "file-unscannable": gettext_lazy("Not scanned for viruses"),
    "file-not-scanned": gettext_lazy("Virus scanner silent"),
    "source-entry-outside": gettext_lazy("Outside of the archive"),
    "source-empty-archive": gettext_lazy("Empty archive"),
    "source-nested-archive": gettext_lazy("Archive in an archive"),
    "ingestion-failed": gettext_lazy("Indexing failed"),
    "ingestion-worker-lost": gettext_lazy("Ended before it was done"),
    "storage-full": gettext_lazy("Disk full"),
}


def reason_in_short(code: str) -> str:
    return str(_REASONS.get(code, ""))
