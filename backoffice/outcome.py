"""How a change answers: the page again for a plain form, the words alone for a script."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from accounts.http import AuthenticatedRequest
from documents.models import Document


def changed(
    request: AuthenticatedRequest,
    text: str,
    *,
    to: str,
    undo: str = "",
    chosen: Sequence[Document] = (),
) -> HttpResponseBase:
    """Say that it was done. `to` is the page for browsers without scripts; `undo` is the address
    that takes it back for the `chosen` documents (backoffice-actions.js offers it)."""
    if request.accepts("text/html"):
        messages.success(request, text)
        return redirect(to)
    return JsonResponse({"text": text, "undo": undo, "chosen": [str(each.pk) for each in chosen]})
