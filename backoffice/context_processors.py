"""What the frame around every page needs."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from ai.services import answering_models
from backoffice.access import standing
from chat.banners import banners
from chat.enquiries import unread_replies
from chat.frames import BannerView
from documents.selectors import Standing


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a fragment which does not show the frame asks the database nothing."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    may = standing(request)
    return {
        "may_curate": may.may_curate,
        "is_admin": may.is_admin,
        "banners": _banners(request, may) if user.is_authenticated else [],
        "initials": user.initials if user.is_authenticated else "",
        "display_name": str(user) if user.is_authenticated else "",
        "unread_replies": unread_replies(user) if user.is_authenticated else 0,
        "websocket_url": settings.WEBSOCKET_URL,
        "version": _version(),
    }


def _banners(request: HttpRequest, may: Standing) -> list[BannerView]:
    """Worst first, without those that their reader has put away. That there is no language model
    is for those who can do something about it."""
    away = unquote(request.COOKIES.get("put-away", "")).split(",")
    found = [banner for banner in banners() if banner.key not in away]
    if may.may_curate and not answering_models():
        text = _("No language model is configured. Cassandre quotes the best sentences instead.")
        found.append(BannerView("no-model", level="info", title="", text=text, dismissible=False))
    return found


@cache
def _version() -> str:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])
