from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from ai.health import failing
from backoffice.access import curator_only, standing
from backoffice.nights import alarms
from backups.selectors import last_backup_shown_to
from chat.figures import questions_by_day
from documents.board import ALL, BoardState, counts_by_corpus
from documents.selectors import corpora_curated_by

DAYS = 7


@require_safe
@curator_only
def overview(request: AuthenticatedRequest) -> HttpResponse:
    corpora = list(corpora_curated_by(request.user))
    counts = counts_by_corpus(request.user)
    nothing = dict.fromkeys([ALL, *BoardState.values], 0)
    total = {key: sum(of[key] for of in counts.values()) for key in nothing}
    days = questions_by_day(request.user, days=DAYS) if standing(request).is_admin else []
    context = {
        "corpora": [(corpus, counts.get(corpus.pk, nothing)) for corpus in corpora],
        "total": total[ALL],
        "states": _states(total),
        "online": total[BoardState.ONLINE],
        "working": total[BoardState.WORKING],
        "failed": total[BoardState.FAILED],
        "today": days[0] if days else None,
        "days": days,
        "alarms": alarms(request.user) if standing(request).manages_index else (),
        "is_operator": standing(request).manages_index,
        "last_backup": last_backup_shown_to(request.user),
        "failing_models": failing() if standing(request).is_admin else (),
    }
    return render(request, "backoffice/overview.html", context)


def _states(total: dict[str, int]) -> list[dict[str, object]]:
    """Each state that holds documents, and online always, with its share of the bar."""
    states = []
    offset = 0.0
    for state in BoardState:
        if state == BoardState.DELETED or not (total[state] or state == BoardState.ONLINE):
            continue
        # A sliver stays visible however few they are.
        width = max(2.0, 100 * total[state] / total[ALL]) if total[state] else 0.0
        states.append(
            {
                "key": state.value,
                "label": state.label,
                "count": total[state],
                "offset": f"{offset:.2f}",
                "width": f"{width:.2f}",
            }
        )
        offset += width
    return states
