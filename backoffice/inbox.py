"""What the inbox and the page of one enquiry show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.paging import Address, page_of
from backoffice.requests import inbox_filter
from chat.inbox import InboxFilter, counts_by_status, listed_enquiries
from chat.models import Enquiry
from documents.selectors import corpora_curated_by

Status = Enquiry.Status

_TABS: dict[str, Promise] = {
    Status.OPEN: pgettext_lazy("enquiries", "Open"),
    Status.ANSWERED: pgettext_lazy("enquiries", "Answered"),
    Status.CLOSED: pgettext_lazy("enquiries", "Closed"),
}

EXPORT_HEAD = (
    gettext_lazy("Date"),
    gettext_lazy("Question"),
    gettext_lazy("Note"),
    gettext_lazy("Kind"),
    gettext_lazy("State"),
    gettext_lazy("Taken on by"),
    gettext_lazy("Reply"),
)


def inbox_context(request: AuthenticatedRequest) -> dict[str, Any]:
    chosen, address = inbox_filter(request.GET), Address(request.GET)
    page = page_of(listed_enquiries(request.user, chosen), request.GET)
    return {
        "chosen": chosen,
        "corpora": list(corpora_curated_by(request.user)),
        "tabs": _tabs(request.user, chosen, address),
        "page": page,
        "rows": page.object_list,
        "export_query": address.with_(),
    }


def _tabs(user: User, chosen: InboxFilter, address: Address) -> list[dict[str, Any]]:
    counts = counts_by_status(user, chosen)
    all_ = {"label": pgettext("enquiries", "All"), "count": sum(counts.values()), "status": "all"}
    each = [
        {"label": label, "count": counts[status], "status": status}
        for status, label in _TABS.items()
    ]
    return [
        {
            **tab,
            "href": address.with_(status=tab["status"]),
            "current": (chosen.status or "all") == tab["status"],
        }
        for tab in (*each, all_)
    ]


def export_rows(user: User, chosen: InboxFilter) -> Iterable[list[object]]:
    """Without the names of those who asked: a list of questions is personal data enough."""
    for enquiry in listed_enquiries(user, chosen):
        yield [
            f"{timezone.localtime(enquiry.created_at):%Y-%m-%d %H:%M}",
            enquiry.question,
            enquiry.note,
            enquiry.get_kind_display(),
            enquiry.get_status_display(),
            enquiry.assignee or "",
            enquiry.reply,
        ]
