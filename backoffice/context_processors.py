"""What the frame around every page needs."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from ai.services import get_chat_model
from backoffice.access import standing
from chat.enquiries import unread_replies


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a fragment which does not show the frame asks the database nothing."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    may = standing(request)
    return {
        "may_curate": may.may_curate,
        "is_admin": may.is_admin,
        "banners": _banners() if may.may_curate else [],
        "initials": user.initials if user.is_authenticated else "",
        "display_name": str(user) if user.is_authenticated else "",
        "unread_replies": unread_replies(user) if user.is_authenticated else 0,
        "websocket_url": settings.WEBSOCKET_URL,
        "version": _version(),
    }


def _banners() -> list[dict[str, str]]:
    """For those who can do something about it; at most one, the worst."""
    if get_chat_model().is_language_model:
        return []
    text = _("No language model is configured. Cassandre quotes the best sentences instead.")
    return [{"level": "info", "text": text}]


@cache
def _version() -> str:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])
