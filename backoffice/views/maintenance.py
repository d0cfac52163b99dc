"""Maintenance of the whole installation: on, announced, over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthenticatedRequest
from backoffice.access import operator_only
from backoffice.maintenance_form import MaintenanceForm
from backoffice.nights import nights
from common import maintenance as switch


@require_http_methods(["GET", "HEAD", "POST"])
@operator_only
def maintenance(request: AuthenticatedRequest) -> HttpResponseBase:
    state = switch.current()
    initial = (
        {name: getattr(state, name) for name in ("level", "starts_at", "until", "message")}
        if state
        else None
    )
    form = MaintenanceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        begun = switch.begin(**form.cleaned_data, by=str(request.user))
        said = _("Maintenance is on.") if begun.is_on else _("Maintenance is announced.")
        messages.success(request, said)
        return redirect("backoffice:maintenance")
    return _page(request, form)


def _page(request: AuthenticatedRequest, form: MaintenanceForm) -> HttpResponse:
    context = {"form": form, "state": switch.current(), "nights": nights(request.user)}
    return render(request, "backoffice/maintenance.html", context)


@require_POST
@operator_only
def end(request: AuthenticatedRequest) -> HttpResponseBase:
    if switch.end():
        messages.success(request, _("Maintenance is over. Everything is open again."))
    return redirect("backoffice:maintenance")
