from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """What a view gets behind LoginRequiredMiddleware."""

    user: User
    htmx: HtmxDetails
