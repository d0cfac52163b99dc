"""Backups: which were made, where they are, whether somebody has read them through."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import operator_only
from backoffice.paging import page_of
from backups.selectors import last_backup_shown_to, records_shown_to


@require_safe
@operator_only
def backups(request: AuthenticatedRequest) -> HttpResponse:
    context = {
        "page": page_of(records_shown_to(request.user), request.GET),
        "last": last_backup_shown_to(request.user),
        "reminder_days": settings.BACKUP_REMINDER_DAYS,
    }
    return render(request, "backoffice/backups.html", context)
