"""The search index: what is live, what is being built, the way back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import operator_only
from backoffice.index_page import build_of, index_context
from common.errors import CassandreError, NotAllowed, NotFound
from documents.index_services import begin_generation, change_generation
from documents.models import IndexGeneration
from evaluation.comparing_services import begin_comparison

State = IndexGeneration.State


@require_safe
@operator_only
def index(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/index.html", index_context(request.user))


@require_safe
@operator_only
def progress(request: AuthenticatedRequest) -> HttpResponse:
    """How far it has come; where more than a number has changed, htmx loads the page again."""
    build = build_of(request.user)
    response = render(request, "backoffice/_index_progress.html", {"build": build})
    if build is None or build.mark != request.GET.get("mark"):
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@operator_only
def build(request: AuthenticatedRequest) -> HttpResponseBase:
    try:
        begin_generation(by=request.user)
    except CassandreError as error:
        return _refused(request, error)
    messages.success(request, _("The new index is being built. Search goes on in the live one."))
    return redirect("backoffice:index")


@require_POST
@operator_only
def change(request: AuthenticatedRequest, generation: UUID, action: str) -> HttpResponseBase:
    try:
        row = change_generation(by=request.user, generation=generation, action=action)
    except CassandreError as error:
        return _refused(request, error)
    if action == "switch":
        done, later = _("Search now uses this index."), _("It is used as soon as it has caught up.")
        messages.success(request, done if row.state == State.LIVE else later)
    return redirect("backoffice:index")


@require_POST
@operator_only
def compare(request: AuthenticatedRequest, generation: UUID) -> HttpResponseBase:
    try:
        begin_comparison(by=request.user, generation=generation)
    except CassandreError as error:
        return _refused(request, error)
    return redirect("backoffice:index")


def _refused(request: AuthenticatedRequest, error: CassandreError) -> HttpResponseBase:
    """On the page itself, but for who or what must not be here at all."""
    if isinstance(error, NotAllowed | NotFound):
        raise error
    messages.error(request, error.user_sentence)
    return redirect("backoffice:index")
