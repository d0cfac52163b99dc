"""What is wrong with the installation now, for pages that have no socket to be told by."""

from __future__ import annotations

import msgspec
from django.http import JsonResponse
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from chat.banners import banners


@require_safe
def status(request: AuthenticatedRequest) -> JsonResponse:
    return JsonResponse({"banners": msgspec.to_builtins(banners())})
