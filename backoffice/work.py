"""What the panel of files under way shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from backoffice.steps import progress_of
from documents.models import DocumentVersion
from documents.queue_selectors import ingestion_pause
from documents.selectors import corpora_curated_by
from documents.under_way import passage_counts, recent_work

State = DocumentVersion.State

# How long a finished file stays in the panel, and how many rows it shows at most.
SHOWN_FOR = timedelta(hours=1)
ROWS = 8
# Of these: however many have failed, what is under way stays in view.
FAILURES = 4


def work_context(user: User) -> dict[str, Any]:
    found = recent_work(user, since=timezone.now() - SHOWN_FOR)
    counts = dict(found.order_by().values_list("state").annotate(Count("pk")))
    failures = list(found.filter(state=State.FAILED)[:FAILURES])
    others = found.exclude(state=State.FAILED)
    versions = [*failures, *others[: ROWS - len(failures)]]
    passages = passage_counts([version for version in versions if version.state == State.READY])
    total = sum(counts.values())
    return {
        "work_rows": [
            {
                "version": version,
                "progress": progress_of(
                    version,
                    passages.get(version.pk),
                    is_paused=version.document.corpus.paused_at is not None,
                ),
            }
            for version in versions
        ],
        "held_by": ingestion_pause(user),
        "paused_corpora": corpora_curated_by(user).exclude(paused_at=None),
        "work_total": total,
        "work_more": total - len(versions),
        "work_active": counts.get(State.QUEUED, 0) + counts.get(State.RUNNING, 0),
        "work_summary": _summary(counts),
    }


def _summary(counts: dict[str, int]) -> str:
    """“9 files: 5 ready, 2 in progress, 2 failed”."""
    active = counts.get(State.QUEUED, 0) + counts.get(State.RUNNING, 0)
    parts = [
        _("%(count)d ready") % {"count": counts.get(State.READY, 0)},
        _("%(count)d in progress") % {"count": active},
        _("%(count)d failed") % {"count": counts.get(State.FAILED, 0)},
    ]
    said = [part for part in parts if not part.startswith("0 ")]
    total = sum(counts.values())
    files = ngettext("%(count)d file", "%(count)d files", total) % {"count": total}
    if not said:  # none, or all of them cancelled
        return files if total else ""
    return _("%(files)s: %(states)s") % {"files": files, "states": ", ".join(said)}
