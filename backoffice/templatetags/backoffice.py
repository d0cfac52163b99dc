"""Tags of the back office's own pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.access import standing
from chat.inbox import count_open
from documents.approved_selectors import count_waiting

register = template.Library()

# The first word of a URL's name tells the place it belongs to.
_PLACES = {
    "overview": "overview",
    "corpora": "corpora",
    "corpus": "corpora",
    "documents": "documents",
    "document": "documents",
    "turns": "turns",
    "turn": "turns",
    "inbox": "inbox",
    "enquiry": "inbox",
    "approved": "approved",
    "workbench": "workbench",
    "people": "people",
    "index": "index",
    "backups": "backups",
    "maintenance": "maintenance",
    "person": "people",
    "teams": "people",
    "team": "people",
}


@register.simple_tag(takes_context=True)
def admin_places(context: template.Context) -> list[dict[str, Any]]:
    """The places of the back office that are open to this person."""
    request = context["request"]
    word = request.resolver_match.url_name.partition("_")[0]
    places = [
        ("overview", _("Overview"), "gauge"),
        ("corpora", _("Corpora"), "library"),
        ("documents", _("Documents"), "files"),
        ("turns", pgettext("back office", "Questions"), "message-circle-question-mark"),
        ("inbox", _("Inbox"), "inbox"),
        ("approved", _("Approved answers"), "badge-check"),
        ("workbench", _("Workbench"), "text-search"),
    ]
    counts = {"inbox": count_open(request.user), "approved": count_waiting(request.user)}
    if standing(request).is_admin:
        places.append(("people", _("People"), "users"))
    if standing(request).manages_index:
        places.append(("index", _("Search index"), "server"))
        places.append(("backups", _("Backups"), "archive"))
        places.append(("maintenance", _("Maintenance"), "wrench"))
    return [
        {
            "url": reverse(f"backoffice:{name}"),
            "label": label,
            "icon": icon,
            "count": counts.get(name),
            "current": _PLACES.get(word) == name,
        }
        for name, label, icon in places
    ]


@register.simple_tag
def way_back(name: str) -> list[dict[str, str]]:
    """The list that a page belongs to, for theme/parts/breadcrumbs.html."""
    labels = {
        "corpora": _("Corpora"),
        "documents": _("Documents"),
        "turns": pgettext("back office", "Questions"),
        "inbox": _("Inbox"),
        "approved": _("Approved answers"),
        "people": _("People"),
        "teams": _("Teams"),
    }
    return [{"url": reverse(f"backoffice:{name}"), "label": labels[name]}]


@register.simple_tag
def document_way_back(document: Any) -> list[dict[str, str]]:
    """From a page about a document to the document itself."""
    url = reverse("backoffice:document", args=[document.pk])
    return [*way_back("documents"), {"url": url, "label": document.title}]


@register.simple_tag
def corpus_tabs(corpus: Any, tab: str, documents: int) -> list[dict[str, Any]]:
    """The pages of one corpus."""
    tabs = [
        ("settings", "corpus", _("Settings"), 0),
        ("people", "corpus_people", _("People"), 0),
        ("documents", "corpus_documents", _("Documents"), documents),
        ("sources", "corpus_sources", _("Sources"), 0),
        ("glossary", "corpus_glossary", _("Glossary"), 0),
        ("questions", "corpus_questions", _("Question sets"), 0),
    ]
    return [
        {
            "url": reverse(f"backoffice:{name}", args=[corpus.pk]),
            "label": label,
            "count": count,
            "current": key == tab,
        }
        for key, name, label, count in tabs
    ]


@register.simple_tag
def people_tabs(tab: str) -> list[dict[str, Any]]:
    return [
        {"url": reverse(f"backoffice:{name}"), "label": label, "current": name == tab}
        for name, label in [("people", _("People")), ("teams", _("Teams"))]
    ]


@register.filter
def short_moment(moment: datetime) -> str:
    """When something changed, as short as a table's cell: “just now”, “2 min ago”, “13 March”."""
    now = timezone.now()
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)d min ago") % {"count": minutes}
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, "TIME_FORMAT")
    return date_format(local, "j N" if local.year == today.year else "SHORT_DATE_FORMAT")
