"""The workbench: a question tried as somebody of the organisation, with all that is behind it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from backoffice.absence import documents_named, why_absent
from backoffice.access import curator_only
from backoffice.paging import Address
from backoffice.workbench import try_question
from backoffice.workbench_form import WorkbenchForm


@require_safe
@curator_only
def workbench(request: AuthenticatedRequest) -> HttpResponse:
    form = WorkbenchForm(request.user, request.GET if "q" in request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        tried = try_question(request.user, form.asked())
        context["tried"] = tried
        name = form.cleaned_data["document"].strip()
        if name:
            named = documents_named(request.user, name)
            address = Address(request.GET)
            context["named"] = [(each, address.with_(document=each.pk)) for each in named]
            context["checks"] = why_absent(named[0], tried) if len(named) == 1 else None
    return render(request, "backoffice/workbench.html", context)
