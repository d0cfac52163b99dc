"""What the page of the installation shows of the jobs that are done each night."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from common.errors import sentence_for
from common.models import PeriodicRun
from documents.index_selectors import require_index_management

LEAKS = "cassandre.leak_check"
BACKUP = "cassandre.remind_of_backup"
_LABELS = {
    LEAKS: gettext_lazy("Looked whether anybody finds what they may not read"),
    BACKUP: gettext_lazy("Looked how old the last backup is"),
    "documents.purge_deleted_documents": gettext_lazy("Deleted documents removed for good"),
    "chat.purge_conversations": gettext_lazy("Conversations that are kept no longer removed"),
    "chat.purge_turn_log": gettext_lazy("Old logs of answers removed"),
    "cassandre.clear_sessions": gettext_lazy("Sessions that have run out removed"),
}


@dataclass(frozen=True, slots=True)
class Night:
    """A job: when it last came to its end, and what came of it."""

    label: str
    finished_at: datetime | None
    outcome: str
    is_alarming: bool = False
    # What was found: [{"kind", "what", "mended"}]
    faults: list[dict[str, Any]] = field(default_factory=list)


def nights(user: User) -> list[Night]:
    """For who looks after the installation. Raises NotAllowed for anybody else."""
    require_index_management(user)
    rows = {row.name: row for row in PeriodicRun.objects.filter(name__in=_LABELS)}
    return [_night(rows[name], str(label)) for name, label in _LABELS.items() if name in rows]


def alarms(user: User) -> list[Night]:
    """Of these, what somebody has to do something about."""
    return [night for night in nights(user) if night.is_alarming]


def _night(row: PeriodicRun, label: str) -> Night:
    if row.error_code:
        sentence = sentence_for(row.error_code, {})
        return Night(label, row.finished_at, sentence, is_alarming=row.name in {LEAKS, BACKUP})
    if row.finished_at is None:
        return Night(label, None, _("Waits for the first night"))
    found = row.result
    if row.name == LEAKS:
        number = found["found"]
        return Night(label, row.finished_at, _looked(found), bool(number), found["faults"])
    if row.name == BACKUP:
        return Night(label, row.finished_at, _age_of_backup(found), found["overdue"])
    count = found.get("count", 0)
    return Night(
        label,
        row.finished_at,
        ngettext("%(count)d removed", "%(count)d removed", count) % {"count": count},
    )


def _looked(found: dict[str, Any]) -> str:
    if found["found"]:
        return ngettext("%(count)d fault found", "%(count)d faults found", found["found"]) % {
            "count": found["found"]
        }
    return ngettext(
        "Nothing found, in %(count)d search",
        "Nothing found, in %(count)d searches",
        found["searches"],
    ) % {"count": found["searches"]}


def _age_of_backup(found: dict[str, Any]) -> str:
    if not found["has_backup"]:
        return _("No backup was made yet")
    days = found["days"]
    return ngettext("%(count)d day old", "%(count)d days old", days) % {"count": days}
