"""A file's way online in words and in five steps."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from documents.models import DocumentVersion

State = DocumentVersion.State
Step = DocumentVersion.Step


@dataclass(frozen=True, slots=True)
class Progress:
    done: int  # steps that are over, 0 to 5
    percent: int  # of the step under way
    sentence: str


def progress_of(version: DocumentVersion, passages: int | None = None) -> Progress:
    return Progress(
        done=max(1, version.steps_done),  # the row exists because the upload has ended
        percent=_percent(version),
        sentence=_sentence(version, passages),
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
    if version.step == Step.INDEX and version.progress_total:
        return _("Indexing, %(done)d of %(total)d passages") % numbers
    return str(Step(version.step).label)


# The error in three words, for a table's cell; the whole sentence is one click away.
_REASONS: dict[str, str | Promise] = {
    "file-refused": _lazy("Not readable"),
    "file-empty": _lazy("Empty file"),
    "file-no-text": _lazy("No readable text"),
    "file-encrypted": _lazy("Protected by a password"),
    "file-corrupt": _lazy("Damaged file"),
    "file-unknown-type": _lazy("Unknown type"),
    "file-type-mismatch": _lazy("Not what its name says"),
    "file-too-large": _lazy("Too large"),
    "file-too-many-pages": _lazy("Too many pages"),
    "file-archive-bomb": _lazy("Unpacks to too much"),
    "file-extraction-exceeded": _lazy("Too long to read"),
    "file-duplicate": _lazy("Already there"),
    "ingestion-failed": _lazy("Indexing failed"),
}


def reason_in_short(code: str) -> str:
    return str(_REASONS.get(code, ""))
